"""Bookings of a need, or of an order of it, that has ended otherwise than served: the system gives them back."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.bookings import Purpose
from app.domain.needs import UNSERVED, NeedState
from app.domain.orders import GIVEN_UP, OrderState, Outcome
from app.models import Booking, Need, Order
from app.services import bookings, bookings_end


def moot() -> ColumnElement[bool]:
    """Of a booking: what it is for will not be done. Use that has begun is left to whoever saw to it."""
    unserved = or_(Need.state.in_(UNSERVED), and_(Need.state == NeedState.CLOSED, Need.met_at.is_(None)))
    need = exists().where(Need.district_id == Booking.district_id, Need.id == Booking.purpose_id, unserved)
    explained = and_(Order.state == OrderState.CLOSED, Order.outcome == Outcome.EXPLAINED)
    undone = or_(Order.state.in_(GIVEN_UP), explained)
    order = exists().where(Order.district_id == Booking.district_id, Order.id == Booking.purpose_id, undone)
    of_need, of_order = Booking.purpose == Purpose.NEED, Booking.purpose == Purpose.ORDER
    to_come = or_(Booking.during.is_(None), func.lower(Booking.during) > now())
    return and_(to_come, or_(and_(of_need, need), and_(of_order, order)))


async def give_back(session: AsyncSession, booking_id: UUID) -> None:
    """Free it for others. Need and order are held before the resource, as by whoever books for them."""
    about = select(Booking.purpose_id).where(Booking.id == booking_id).scalar_subquery()
    for table in (Need, Order):
        await session.execute(select(table.id).where(table.id == about).with_for_update(read=True))
    case = await bookings.load(session, None, booking_id, "bookings:release")
    if await session.scalar(select(Booking.id).where(Booking.id == booking_id, moot())) is None:
        raise Conflict("预订仍然有效")
    await bookings_end.give_back(session, None, case)
