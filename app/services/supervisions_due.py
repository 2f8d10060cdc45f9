"""What time does to supervisions: overdue they climb, one level at a time; of orders that were given up they lapse."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.domain.levels import above
from app.domain.orders import GIVEN_UP
from app.domain.supervisions import SupervisionAction, SupervisionState, first_told, tells_next
from app.models import Order, Supervision
from app.services.due import must_be_due
from app.services.orders_case import SYSTEM
from app.services.supervisions import move


async def due(session: AsyncSession, supervision_id: UUID) -> None:
    """Nobody has answered by the day: the level above the setter is told, and from then on the next above the told one."""
    row = await session.scalar(select(Supervision).where(Supervision.id == supervision_id).with_for_update())
    if row is None:
        raise NotFound()
    must_be_due(None, row.tell_at)
    if await session.scalar(select(Order.state).where(Order.id == row.order_id)) in GIVEN_UP:
        row.tell_at = None
        move(session, row, SupervisionAction.LAPSE, SYSTEM, None)
        return
    late = row.state is SupervisionState.OVERDUE
    told = above(row.told_level) if late and row.told_level else first_told(row.level)
    if told is None:
        raise Conflict("已报至区级")
    row.told_level, row.tell_at = told, tells_next(told, now())
    move(session, row, SupervisionAction.CLIMB if late else SupervisionAction.OVERDUE, SYSTEM, None)
