"""A resource with what the actor is to it, and who sees it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.domain import access
from app.domain.availability import DayException, Window
from app.domain.bookings import TAKING, Offer, Taken
from app.domain.lifecycle import Step
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation, Role
from app.domain.places import ancestors, below
from app.domain.resources import RESOURCE, SHOWN, STAFF, ResourceAction, ResourceState
from app.models import Booking, Resource, ResourceException, ResourceWindow
from app.models.base import literal_in
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
READERS: frozenset[Role] = STAFF | {Role.AUDITOR}
"""Who sees all offers of their place, also those not listed."""


@dataclass(slots=True)
class ResourceCase:
    resource: Resource
    parties: Parties


async def load(
    session: AsyncSession, actor: Actor | None, resource_id: UUID, permission: str, *, lock: bool = True
) -> ResourceCase:
    """Read a resource for a verb; 404 when it does not show itself to this actor. ``actor`` None is the system."""
    query = select(Resource).where(Resource.id == resource_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    resource = await session.scalar(query)
    if resource is None:
        raise NotFound()
    if actor is None:
        return ResourceCase(resource, SYSTEM)
    parties = parties_of(actor, resource)
    actor.checked.add(permission)
    if not readable(actor, resource, parties):
        raise NotFound()
    return ResourceCase(resource, parties)


def parties_of(actor: Actor, resource: Resource) -> Parties:
    """Roles at the place where it is, and whether it is theirs."""
    return actor.roles_at(resource.path) | ({Relation.OWNER} if owns(actor, resource) else frozenset())


def owns(actor: Actor, resource: Resource) -> bool:
    """Their own offer, or that of the unit they act for."""
    if actor.client:
        return False
    if resource.person_id is not None:
        return resource.person_id == actor.person_id
    return acts_for(actor, resource.organization_id)


def acts_for(actor: Actor, organization_id: UUID | None) -> bool:
    return organization_id is not None and actor.organization_id == organization_id and bool(actor.roles & UNIT_ROLES)


def readable(actor: Actor, resource: Resource, parties: Parties) -> bool:
    """To its owner and the staff of its place always; while listed to everyone whom it serves."""
    if parties & (READERS | {Relation.OWNER}):
        return True
    serves = any(_meets(grant.path, resource.service_path) for grant in _taking_part(actor))
    return resource.state in SHOWN and serves


def _taking_part(actor: Actor) -> list[Any]:
    return [grant for grant in actor.grants if grant.role in access.holders("resources:read")]


def _meets(mine: str, area: str) -> bool:
    return mine.startswith(area) or area.startswith(mine)


def visible(actor: Actor) -> ColumnElement[bool]:
    """The same for a list, as conditions on rows."""
    return or_(
        own(actor),
        *(_under(Resource.path, grant.path) for grant in actor.grants if grant.role in READERS),
        and_(Resource.state.in_(SHOWN), or_(false(), *(serving(grant.path) for grant in _taking_part(actor)))),
    )


def placed_for(actor: Actor) -> ColumnElement[bool]:
    """Rows whose place the actor may know: a list asked for a place must not tell where a person's offer is either."""
    staffed = (_under(Resource.path, grant.path) for grant in actor.grants_of(STAFF))
    return or_(Resource.person_id.is_(None), own(actor), *staffed)


def serving(path: str) -> ColumnElement[bool]:
    """Resources whose service area meets a place: the place lies in it, or it lies in the place."""
    return or_(Resource.service_path.in_(ancestors(path)), _under(Resource.service_path, path))


def _under(column: Any, path: str) -> ColumnElement[bool]:
    low, high = below(path)
    return and_(column >= low, column < high)


def own(actor: Actor) -> ColumnElement[bool]:
    mine = [Resource.person_id == actor.person_id]
    if actor.organization_id is not None and actor.roles & UNIT_ROLES:
        mine.append(Resource.organization_id == actor.organization_id)
    return or_(*mine)


def decide(case: ResourceCase, action: ResourceAction) -> Step[ResourceState, ResourceAction]:
    return RESOURCE.decide(case.resource.state, action, case.parties)


def move(
    session: AsyncSession,
    case: ResourceCase,
    step: Step[ResourceState, ResourceAction],
    actor: Actor | None,
) -> None:
    """Take the step: the new state and its event together. Reasons stand in the row, which can forget them; events cannot."""
    source, case.resource.state = case.resource.state, step.target
    publish(
        session,
        RESOURCE.noun,
        case.resource,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
    )


@dataclass(slots=True)
class Times:
    """What some resources have open and what is taken of them, read for all of them at once. ``taken`` is empty of ``week_of``."""

    windows: dict[UUID, list[ResourceWindow]]
    exceptions: dict[UUID, list[ResourceException]]
    taken: dict[UUID, list[Booking]]

    def offer(self, resource: Resource) -> Offer:
        return Offer(
            nature=resource.nature,
            quantity=resource.quantity,
            starts_at=resource.starts_at,
            ends_at=resource.ends_at,
            windows=tuple(Window(w.weekday, w.from_minute, w.until_minute) for w in self.windows[resource.id]),
            exceptions=tuple(
                DayException(e.on, e.free, e.from_minute, e.until_minute) for e in self.exceptions[resource.id]
            ),
            reserved=resource.reserved,
        )

    def taking(self, resource_id: UUID) -> list[Taken]:
        return [Taken(b.during.lower, b.during.upper, b.quantity, b.id) for b in self.taken[resource_id]]


async def week_of(session: AsyncSession, ids: list[UUID]) -> Times:
    """Windows and exceptions: what is open."""
    found = Times({i: [] for i in ids}, {i: [] for i in ids}, {i: [] for i in ids})
    week = select(ResourceWindow).where(ResourceWindow.resource_id.in_(ids))
    for window in await session.scalars(week.order_by(ResourceWindow.weekday, ResourceWindow.from_minute)):
        found.windows[window.resource_id].append(window)
    days = select(ResourceException).where(ResourceException.resource_id.in_(ids))
    for day in await session.scalars(days.order_by(ResourceException.on, ResourceException.from_minute)):
        found.exceptions[day.resource_id].append(day)
    return found


async def times_of(session: AsyncSession, ids: list[UUID]) -> Times:
    """Windows, exceptions, and bookings that take over a time that is not over yet."""
    found = await week_of(session, ids)
    taking = (Booking.resource_id.in_(ids), text(literal_in("bookings.state", TAKING)))
    for booking in await session.scalars(
        select(Booking).where(*taking, func.upper(Booking.during) > now()).order_by(Booking.id)
    ):
        found.taken[booking.resource_id].append(booking)
    return found
