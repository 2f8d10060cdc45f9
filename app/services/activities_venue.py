"""The venue of an activity, where it is a resource: held while the activity is drawn up, confirmed once people see it.

It is moved with the activity or the activity is not moved, given back when it is cancelled, and used when it is concluded. Where a
single activity cannot have its venue nothing is written at all; one of a series is made without (docs/decisions/0019).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound, RuleBroken
from app.domain.activities import UPCOMING
from app.domain.bookings import LONGEST_HOLD_MINUTES, PENDING, BookingState, Purpose
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.domain.resources import Nature, ResourceKind
from app.models import Activity, Booking, Place
from app.services import bookings, resources_case
from app.services.bookings import BOOKER, BookingCase, Wish
from app.services.bookings_end import give_back, pending
from app.services.bookings_use import Use


@dataclass(frozen=True, slots=True)
class Spot:
    """What a booking of the venue says: another one is needed when any of it changes."""

    resource_id: UUID | None
    quantity: int
    responsible_id: UUID
    starts_at: datetime
    ends_at: datetime
    place_id: UUID
    booking_id: UUID | None = field(compare=False)

    @property
    def when_and_where(self) -> tuple[datetime, datetime, UUID]:
        return self.starts_at, self.ends_at, self.place_id


def spot_of(activity: Activity) -> Spot:
    return Spot(
        activity.venue_resource_id,
        activity.venue_quantity,
        activity.responsible_id,
        activity.starts_at,
        activity.ends_at,
        activity.place_id,
        activity.venue_booking_id,
    )


async def states_of(session: AsyncSession, activities: Sequence[Activity]) -> dict[UUID, BookingState]:
    """How the booking of each venue stands, by activity."""
    ids = {row.venue_booking_id: row.id for row in activities if row.venue_booking_id is not None}
    rows = await session.execute(select(Booking.id, Booking.state).where(Booking.id.in_(ids)))
    return {ids[row.id]: row.state for row in rows}


async def must_suit(session: AsyncSession, actor: Actor, resource_id: UUID | None, quantity: int) -> None:
    """404 for a venue the actor does not see; 422 for what is no venue, is somebody's home, or is not had so often."""
    if resource_id is None:
        return
    try:
        resource = (await resources_case.load(session, actor, resource_id, "resources:read", lock=False)).resource
    except NotFound as missing:
        raise NotFound("没有这个场地") from missing
    if resource.kind is not ResourceKind.VENUE:
        raise RuleBroken("此资源不是场地；其他物品请另行预订", field="venue_resource_id")
    at_home = select(Place.id).where(Place.id == resource.place_id, Place.kind == PlaceKind.HOUSEHOLD)
    if await session.scalar(at_home) is not None:
        raise RuleBroken("活动不能设在居民家中", field="venue_resource_id")
    if resource.nature is Nature.EXCLUSIVE and quantity != 1:
        raise RuleBroken("独占使用的场地数量为 1", field="venue_quantity")


async def book(session: AsyncSession, activity: Activity, actor: Actor | None) -> None:
    """Have the venue the activity names for its time, confirmed once people see it. 409 when it is not to be had."""
    if activity.venue_resource_id is None:
        return
    case = await _standing(session, activity)
    if case is not None and _ran_out(case.booking):
        await give_back(session, actor, case)
        case = None
    if case is None:
        case = await _take(session, activity, activity.venue_resource_id, actor)
    if activity.state in UPCOMING and case.booking.state is BookingState.HELD:
        await bookings.confirm_case(session, actor, case)


async def _standing(session: AsyncSession, activity: Activity) -> BookingCase | None:
    """Its booking that still counts. One that the owner cancelled is not taken again behind their back: 409."""
    if activity.venue_booking_id is None:
        return None
    case = await bookings.load(session, None, activity.venue_booking_id, "bookings:read")
    if case.booking.state is BookingState.CANCELLED:
        raise Conflict("场地的预订已被提供方取消，请另选场地，或重新填写此场地")
    case.parties = BOOKER
    return case if case.booking.state in PENDING else None


def _ran_out(booking: Booking) -> bool:
    held = booking.state is BookingState.HELD
    return held and booking.expires_at is not None and booking.expires_at <= now()


async def _take(session: AsyncSession, activity: Activity, resource_id: UUID, actor: Actor | None) -> BookingCase:
    use = Use(Purpose.ACTIVITY, activity.id, activity.place_id, activity.path, activity.responsible_id)
    wish = Wish(
        resource_id, activity.venue_quantity, activity.starts_at, activity.ends_at, hold_minutes=LONGEST_HOLD_MINUTES
    )
    try:
        case = await bookings.take(session, actor, use, wish)
    except NotFound as gone:
        raise Conflict("场地已不在库，请另选场地") from gone
    case.parties = BOOKER
    activity.venue_booking_id = case.booking.id
    return case


async def book_if_free(session: AsyncSession, activity: Activity, actor: Actor | None) -> bool:
    """For one of a series: where its venue is not to be had it has none, nor the words that would send people there."""
    try:
        await book(session, activity, actor)
    except Conflict:
        activity.venue_resource_id = activity.venue_booking_id = activity.venue = None
        return False
    return True


def name(activity: Activity, resource_id: UUID | None) -> None:
    """Another venue, or the same one asked for anew, as may be after its owner has cancelled: no booking is known of it yet."""
    activity.venue_resource_id, activity.venue_booking_id = resource_id, None


async def follow(session: AsyncSession, activity: Activity, before: Spot, actor: Actor) -> None:
    """After a change: give back what does not fit any more and book what does."""
    if await give_up_old(session, activity, before, actor):
        await book(session, activity, actor)


async def give_up_old(session: AsyncSession, activity: Activity, before: Spot, actor: Actor) -> bool:
    """Whether another booking is needed after a change; then the one there was is given back.

    What else is booked for the activity stands in the way of another time or place: nobody moves it unseen.
    """
    after = spot_of(activity)
    there = await pending(session, [activity.id], {activity.venue_resource_id})
    mine = [case for case in there if case.booking.id == before.booking_id]
    if before.when_and_where != after.when_and_where and len(there) > len(mine):
        others = [str(case.booking.id) for case in there if case not in mine]
        raise Conflict("活动另有预订，须先释放才能改时间或地点", booking_ids=others)
    if before == after and (mine or after.booking_id == before.booking_id):
        activity.venue_booking_id = before.booking_id
        return False
    for case in mine:
        activity.venue_booking_id = None
        await give_back(session, actor, case)
    return True
