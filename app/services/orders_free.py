"""The order of a need that is still to be had, for whoever takes it by a claim, a project or a match."""

from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.orders import OrderState
from app.models import Assignment, Need, Order

_FREE = frozenset({OrderState.OPEN, OrderState.PUBLISHED})


async def free_order(session: AsyncSession, need_id: UUID) -> UUID | None:
    """The oldest order of the need, as it is asked now, that nobody has, has a place in, or thinks about. Need and order are
    locked, so it stays free until whoever asks has taken it.
    """
    asked = await session.scalar(select(Need.round).where(Need.id == need_id).with_for_update())
    had = exists().where(
        Assignment.district_id == Order.district_id,
        Assignment.order_id == Order.id,
        Assignment.state.in_(ACTIVE | {AssignmentState.INVITED}),
    )
    nobodys = (Order.state.in_(_FREE), Order.people_accepted == 0, ~had)
    rows = select(Order.id).where(Order.need_id == need_id, Order.need_round == asked, *nobodys)
    found: UUID | None = await session.scalar(rows.order_by(Order.id).limit(1).with_for_update())
    return found
