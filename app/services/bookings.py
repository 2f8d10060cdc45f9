"""Bookings: hold, confirm, give back, cancel; who sees them.

Whoever books locks the resource before anything else, and every step of a booking locks its resource first, so that what is seen
to be free is free. The database refuses on its own what would not fit (I3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.core.errors import Conflict, NotFound, RuleBroken, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.bookings import (
    BOOKING,
    HOLD_MINUTES,
    BookingAction,
    BookingState,
    check_span,
    must_be_given_out,
    must_fit,
)
from app.domain.lifecycle import Step
from app.domain.people import Actor, Grant, Parties, Relation
from app.domain.places import below
from app.domain.resources import USABLE
from app.models import Booking, Resource
from app.schemas.bookings import (
    BookingCancel,
    BookingConfirm,
    BookingFulfill,
    BookingHold,
    BookingQuery,
    BookingRead,
    BookingRelease,
)
from app.services import bookings_use
from app.services.access import under_path
from app.services.bookings_use import Use
from app.services.due import must_be_due
from app.services.outbox import publish
from app.services.places import paged
from app.services.resources_case import READERS, SYSTEM, own, owns, times_of
from app.services.resources_case import load as load_resource

_DERIVED = {"resource_name", "unit", "starts_at", "ends_at", "use_place_id", "actions"}
_FIELDS = tuple(name for name in BookingRead.model_fields if name not in _DERIVED)
BOOKER: Parties = frozenset({Relation.BOOKER})
"""Who runs what a booking is for does with it what its booker may."""


@dataclass(slots=True)
class BookingCase:
    booking: Booking
    resource: Resource
    parties: Parties
    sees_use: bool = False
    """Whether the actor is shown where it is used."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How much of what, when; the times are empty for stock."""

    resource_id: UUID
    quantity: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hold_minutes: int = HOLD_MINUTES


async def hold(session: AsyncSession, actor: Actor, form: BookingHold) -> BookingCase:
    """Hold a resource for a need or an order, until it is confirmed or the hold expires."""
    use = await bookings_use.load(session, actor, form.purpose, form.purpose_id)
    wish = Wish(form.resource_id, form.quantity, form.starts_at, form.ends_at, form.hold_minutes)
    return await take(session, actor, use, wish)


async def take(session: AsyncSession, actor: Actor | None, use: Use, wish: Wish) -> BookingCase:
    """The hold itself, for whatever purpose the caller has looked at; 409 when it does not fit, and nothing is written then.

    ``actor`` None is the system, which books for the purpose's own people.
    """
    try:
        found = await load_resource(session, actor, wish.resource_id, "resources:read")
    except NotFound as missing:
        raise NotFound("没有这个资源") from missing
    resource, moment = found.resource, now()
    if resource.state not in USABLE:
        raise WrongState("资源不在可预订的状态", state=resource.state.value)
    if not use.path.startswith(resource.service_path):
        raise Conflict("使用地点不在资源的服务范围内")
    check_span(resource.nature, wish.starts_at, wish.ends_at)
    if wish.ends_at is not None and wish.ends_at <= moment:
        raise RuleBroken("使用时间已过", field="ends_at")
    times = await times_of(session, [resource.id])
    offer = times.offer(resource)
    must_be_given_out(offer, moment)
    must_fit(offer, times.taking(resource.id), wish.starts_at, wish.ends_at, wish.quantity)
    booking = _booking(resource, use, wish, moment, booked_by=use.booker_id or (actor.person_id if actor else None))
    session.add(booking)
    data = {"resource_id": str(resource.id), "quantity": wish.quantity, "purpose": use.purpose.value}
    data |= {"purpose_id": str(use.purpose_id)}
    publish(session, BOOKING.noun, booking, "hold", actor=actor, target=booking.state.value, data=data)
    await session.flush()
    await session.refresh(resource, ["reserved"])
    return _case(actor, booking, resource) if actor else BookingCase(booking, resource, BOOKER)


def _booking(resource: Resource, use: Use, wish: Wish, moment: datetime, *, booked_by: UUID | None) -> Booking:
    return Booking(
        district_id=resource.district_id,
        id=new_id(),
        state=BOOKING.initial,
        resource_id=resource.id,
        path=resource.path,
        nature=resource.nature,
        quantity=wish.quantity,
        during=Range(wish.starts_at, wish.ends_at, bounds="[)") if wish.starts_at else None,
        purpose=use.purpose,
        purpose_id=use.purpose_id,
        use_place_id=use.place_id,
        use_path=use.path,
        booked_by=booked_by,
        expires_at=moment + timedelta(minutes=wish.hold_minutes),
        created_at=moment,
    )


def _case(actor: Actor, booking: Booking, resource: Resource) -> BookingCase:
    """Roles where the resource is and where it is used, and what the actor is to either end. Where it is used may be somebody's
    home: the booker and whoever looks after that place see it; the owner, and staff of where the resource is, do not.
    """
    found: set[Relation] = {Relation.OWNER} if owns(actor, resource) else set()
    if booking.booked_by == actor.person_id:
        found.add(Relation.BOOKER)
    there = actor.roles_at(booking.use_path)
    sees_use = Relation.BOOKER in found or bool(there & READERS)
    return BookingCase(booking, resource, actor.roles_at(booking.path) | there | found, sees_use)


async def load(
    session: AsyncSession, actor: Actor | None, booking_id: UUID, permission: str, *, lock: bool = True
) -> BookingCase:
    """Read a booking for a verb; 404 when it is not there for this actor. Resource before booking, like whoever books."""
    key = select(Booking.resource_id).where(Booking.id == booking_id).scalar_subquery()
    resource = await session.scalar(_locked(select(Resource).where(Resource.id == key), lock))
    booking = await session.scalar(_locked(select(Booking).where(Booking.id == booking_id), lock))
    if resource is None or booking is None:
        raise NotFound()
    if actor is None:
        return BookingCase(booking, resource, SYSTEM)
    case = _case(actor, booking, resource)
    actor.checked.add(permission)
    if not access.may("bookings:read", case.parties):
        raise NotFound()
    return case


def _locked(query: Any, lock: bool) -> Any:
    """Not against rows that only name this one, such as an activity its venue: they are written before it is locked."""
    return query.with_for_update(key_share=True).execution_options(populate_existing=True) if lock else query


async def read(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingCase:
    return await load(session, actor, booking_id, "bookings:read", lock=False)


async def page(session: AsyncSession, actor: Actor, query: BookingQuery) -> Page[BookingCase]:
    """Of the resources and places the actor looks after, of their own resources, and what they booked; newest first."""
    access.require_anywhere(actor, "bookings:list")
    rows = select(Booking, Resource).join(
        Resource, (Resource.district_id == Booking.district_id) & (Resource.id == Booking.resource_id)
    )
    rows = rows.where(Booking.booked_by == actor.person_id if query.mine else _in_sight(actor))
    if query.resource_id is not None:
        rows = rows.where(Booking.resource_id == query.resource_id)
    if query.purpose_id is not None:
        rows = rows.where(Booking.purpose_id == query.purpose_id)
    if query.state is not None:
        rows = rows.where(Booking.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Booking.id < after)
    found = (await session.execute(rows.order_by(Booking.id.desc()).limit(query.limit + 1))).all()
    resources = {booking.id: resource for booking, resource in found}
    cut: Page[Booking] = paged([booking for booking, _ in found], query.limit)
    return Page([_case(actor, b, resources[b.id]) for b in cut.items], cut.next_cursor)


def _in_sight(actor: Actor) -> ColumnElement[bool]:
    """What they booked and what was booked of theirs, by short index walks; of their places, both ends."""
    booked, offered = aliased(Booking), aliased(Booking)
    of_it = and_(Resource.district_id == offered.district_id, Resource.id == offered.resource_id)
    mine = select(booked.id).where(booked.booked_by == actor.person_id)
    mine_too = select(offered.id).join(Resource, of_it).where(own(actor))
    readers = actor.grants_of(READERS)
    return or_(Booking.id.in_(mine.union(mine_too)), under_path(Booking, readers), *_used_at(readers))


def _used_at(grants: Sequence[Grant]) -> list[ColumnElement[bool]]:
    ranges = (below(grant.path) for grant in grants)
    return [and_(Booking.use_path >= low, Booking.use_path < high) for low, high in ranges]


def present(case: BookingCase) -> dict[str, Any]:
    """The fields of a BookingRead."""
    booking = case.booking
    shown = {name: getattr(booking, name) for name in _FIELDS}
    shown |= {"resource_name": case.resource.name, "unit": case.resource.unit}
    shown["starts_at"] = booking.during.lower if booking.during else None
    shown["ends_at"] = booking.during.upper if booking.during else None
    shown["use_place_id"] = booking.use_place_id if case.sees_use else None
    shown["actions"] = BOOKING.offered(booking.state, case.parties)
    return shown


def present_all(cases: Sequence[BookingCase]) -> list[dict[str, Any]]:
    return [present(case) for case in cases]


def decide(case: BookingCase, action: BookingAction) -> Step[BookingState, BookingAction]:
    return BOOKING.decide(case.booking.state, action, case.parties)


async def move(
    session: AsyncSession,
    case: BookingCase,
    step: Step[BookingState, BookingAction],
    actor: Actor | None,
) -> BookingCase:
    """Take the step; what it gives back is free when this returns. Reasons stand in the row, which can forget them."""
    source, case.booking.state = case.booking.state, step.target
    publish(
        session,
        BOOKING.noun,
        case.booking,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data={"resource_id": str(case.resource.id)},
    )
    await session.flush()
    await session.refresh(case.resource, ["reserved"])
    return case


async def confirm(session: AsyncSession, actor: Actor, booking_id: UUID, _: BookingConfirm) -> BookingCase:
    case = await load(session, actor, booking_id, "bookings:confirm")
    return await confirm_case(session, actor, case)


async def confirm_case(session: AsyncSession, actor: Actor | None, case: BookingCase) -> BookingCase:
    """409 once the hold's time is over, whether or not the clock has come by."""
    step = decide(case, BookingAction.CONFIRM)
    if case.booking.expires_at is not None and case.booking.expires_at <= now():
        raise Conflict("暂留已到期，请重新预订")
    return await move(session, case, step, actor)


async def fulfill(session: AsyncSession, actor: Actor, booking_id: UUID, _: BookingFulfill) -> BookingCase:
    """It was used, or is being used; of stock, it is gone."""
    case = await load(session, actor, booking_id, "bookings:fulfill")
    step = decide(case, BookingAction.FULFILL)
    if case.booking.during is not None and case.booking.during.lower > now():
        raise Conflict("使用时间还没有开始")
    return await move(session, case, step, actor)


async def release(session: AsyncSession, actor: Actor, booking_id: UUID, _: BookingRelease) -> BookingCase:
    case = await load(session, actor, booking_id, "bookings:release")
    return await move(session, case, decide(case, BookingAction.RELEASE), actor)


async def cancel(session: AsyncSession, actor: Actor, booking_id: UUID, form: BookingCancel) -> BookingCase:
    """The owner cannot after all, or staff decide so: with the reason, which the booker is told."""
    case = await load(session, actor, booking_id, "bookings:cancel")
    step = decide(case, BookingAction.CANCEL)
    case.booking.cancel_words = form.words
    return await move(session, case, step, actor)


async def expire(session: AsyncSession, booking_id: UUID) -> None:
    """A hold that nobody confirmed in time."""
    case = await load(session, None, booking_id, "bookings:expire")
    step = decide(case, BookingAction.EXPIRE)
    must_be_due(None, case.booking.expires_at)
    await move(session, case, step, None)
