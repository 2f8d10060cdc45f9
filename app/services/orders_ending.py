"""What ends with an order: whatever stands beside it and still waits. A noun beside the order that must end adds its line."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people import Actor
from app.models import Order
from app.services import co_handlings_end, objections, whistles_steps

_End = Callable[[AsyncSession, Order, Actor | None], Awaitable[None]]
ENDS: tuple[_End, ...] = (objections.end, co_handlings_end.end, whistles_steps.end)
"""Each locks its own rows; all run within the step that ends the order, by whoever takes it."""


async def end_beside(session: AsyncSession, order: Order, actor: Actor | None) -> None:
    """Called by every step after which nothing is being done about the order."""
    for end in ENDS:
        await end(session, order, actor)
