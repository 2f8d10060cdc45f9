"""What becomes of the bookings of an activity or a project when it is moved, called off or over.

The caller holds the activity or the project, so that nothing more is booked for it meanwhile. Of several resources all are locked
in one sequence, so that no two such steps wait for each other in a ring.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.bookings import PENDING, BookingAction, BookingState
from app.domain.people import Actor
from app.models import Booking, Resource
from app.models.base import literal_in
from app.services.bookings import BOOKER, BookingCase, decide, move

_PENDING = text(literal_in("bookings.state", PENDING))


async def pending(
    session: AsyncSession, purposes: Collection[UUID], besides: Collection[UUID | None] = ()
) -> list[BookingCase]:
    """The bookings of these purposes that are still to come, held; with them the resources named ``besides``."""
    named = select(Booking.resource_id).where(Booking.purpose_id.in_(purposes), _PENDING)
    both = Resource.id.in_(named) | Resource.id.in_([row for row in besides if row])
    locked = select(Resource).where(both).order_by(Resource.id).with_for_update(key_share=True)
    resources = {row.id: row for row in await session.scalars(locked.execution_options(populate_existing=True))}
    rows = (
        select(Booking)
        .where(Booking.purpose_id.in_(purposes), _PENDING)
        .order_by(Booking.id)
        .with_for_update(key_share=True)
    )
    found = await session.scalars(rows.execution_options(populate_existing=True))
    return [BookingCase(row, resources[row.resource_id], BOOKER) for row in found]


async def give_back(session: AsyncSession, actor: Actor | None, case: BookingCase) -> None:
    await move(session, case, decide(case, BookingAction.RELEASE), actor)


async def give_back_all(session: AsyncSession, actor: Actor | None, purpose_id: UUID) -> None:
    """It does not take place."""
    for case in await pending(session, [purpose_id]):
        await give_back(session, actor, case)


async def settle(session: AsyncSession, actor: Actor | None, purpose_id: UUID) -> None:
    """It is over: what was confirmed for it and has begun was used, the rest is not needed any more."""
    for case in await pending(session, [purpose_id]):
        during = case.booking.during
        begun = during is None or during.lower <= now()
        used = begun and case.booking.state is BookingState.CONFIRMED
        await move(session, case, decide(case, BookingAction.FULFILL if used else BookingAction.RELEASE), actor)
