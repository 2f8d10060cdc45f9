"""Which levels have taken the dispatching of orders over."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.levels import Level, highest
from app.models import Escalation, Order


async def taken_over(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, set[Level]]:
    """By order, the levels above that dispatch it in its present round; nothing where nobody has."""
    present = and_(
        Order.district_id == Escalation.district_id, Order.id == Escalation.order_id, Order.round == Escalation.round
    )
    rows = select(Escalation.order_id, Escalation.decided_level).join(Order, present)
    found: dict[UUID, set[Level]] = {}
    for order_id, level in await session.execute(rows.where(Escalation.order_id.in_(order_ids), Escalation.takes_over)):
        if level is not None:
            found.setdefault(order_id, set()).add(level)
    return found


async def handling(session: AsyncSession, order_id: UUID) -> Level:
    """The highest level that handles the order: its grid, unless one above has taken it over."""
    taken = await taken_over(session, [order_id])
    return highest(taken.get(order_id, ())) or Level.GRID
