"""What clocks look like, and to whom: whoever reads the place, and whoever takes part in what they are about."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.clocks import LATE, OPEN, ClockSubject
from app.domain.people import Actor, Parties
from app.domain.work_time import OfficeHours
from app.models import Clock
from app.models.base import literal_in
from app.schemas.clocks import ClockQuery, ClockRead
from app.services import needs_case, orders_case
from app.services.access import READER_ROLES, at, under
from app.services.clocks import count_of, ruler
from app.services.office_hours import hours_of
from app.services.places import paged, place_of

_WORKED_OUT = frozenset({"limit_minutes", "extended_minutes", "left_minutes"})
_FIELDS = tuple(name for name in ClockRead.model_fields if name not in _WORKED_OUT)


async def present(session: AsyncSession, clocks: Iterable[Clock]) -> list[dict[str, Any]]:
    """The fields of ClockReads."""
    hours = await hours_of(session)
    return [_shown(clock, hours) for clock in clocks]


def _shown(clock: Clock, hours: OfficeHours) -> dict[str, Any]:
    until = clock.paused_at or clock.ended_at or now()
    minutes = {
        "limit_minutes": clock.limit_time,
        "extended_minutes": clock.extended_time,
        "left_minutes": count_of(clock).left_at(ruler(clock, hours), until),
    }
    shown = {name: getattr(clock, name) for name in _FIELDS}
    return shown | {name: time // timedelta(minutes=1) for name, time in minutes.items()}


async def page(session: AsyncSession, actor: Actor, query: ClockQuery) -> Page[Clock]:
    """Clocks of the reader's places, newest first; those that run, unless others are asked for."""
    grants = access.require_anywhere(actor, "clocks:list")
    rows = select(Clock).where(under(Clock, grants))
    if query.state is not None:
        rows = rows.where(text(f"clocks.state = '{query.state.value}'"))
    elif query.late:
        rows = rows.where(text(literal_in("clocks.state", LATE)))
    if not query.ended and query.state is None:
        rows = rows.where(text(literal_in("clocks.state", OPEN)))
    if query.kind is not None:
        rows = rows.where(Clock.kind == query.kind)
    if query.subject_id is not None:
        rows = rows.where(Clock.subject_id == query.subject_id)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Clock, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Clock.id < after)
    found = await session.scalars(rows.order_by(Clock.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def read(session: AsyncSession, actor: Actor, clock_id: UUID, permission: str = "clocks:read") -> Clock:
    """One clock; 404 for whoever neither reads its place nor takes part."""
    clock = await session.scalar(select(Clock).where(Clock.id == clock_id))
    actor.checked.add(permission)
    if clock is None or not access.may(permission, await _parties(session, actor, clock, permission)):
        raise NotFound()
    return clock


async def _parties(session: AsyncSession, actor: Actor, clock: Clock, permission: str) -> Parties:
    """What the actor is to what the clock is about; at its place alone, where that says enough."""
    here = actor.roles_at(clock.path)
    if here & READER_ROLES:
        return here
    match clock.subject:
        case ClockSubject.ORDER:
            case_ = await orders_case.load(session, actor, clock.subject_id, permission, lock=False)
            return case_.parties
        case ClockSubject.NEED:
            need = await needs_case.load(session, actor, clock.subject_id, permission, lock=False)
            return need.parties
        case ClockSubject.WHISTLE:
            return here


async def of_order(session: AsyncSession, actor: Actor, order_id: UUID) -> list[Clock]:
    """All clocks an order has had, oldest first, for whoever takes part in it."""
    case = await orders_case.load(session, actor, order_id, "orders:clocks", lock=False)
    if not access.may("orders:clocks", case.parties):
        raise Forbidden()
    rows = select(Clock).where(Clock.subject_id == order_id).order_by(Clock.id).limit(100)
    return list(await session.scalars(rows))
