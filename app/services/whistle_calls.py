"""What called departments do: look up, list. A department sees its own calls alone; the callers see all of their place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import UNIT_ROLES, Actor
from app.domain.whistle_calls import CALL
from app.models import Organization, Whistle, WhistleCall, WhistleClock
from app.schemas.whistle_calls import WhistleCallQuery, WhistleCallRead
from app.services.access import at, reads_all, under_path
from app.services.places import paged, place_of
from app.services.whistle_clocks import clocks_of
from app.services.whistles_case import CallCase, load_call, parties_to_call

_MADE = {"organization_name", "clocks", "actions"}
_FIELDS = tuple(name for name in WhistleCallRead.model_fields if name not in _MADE)


async def read(session: AsyncSession, actor: Actor, call_id: UUID) -> CallCase:
    return await load_call(session, actor, call_id, "whistle-calls:read", lock=False)


async def present(session: AsyncSession, case: CallCase) -> dict[str, Any]:
    (one,) = await shown(session, [case])
    return one


async def shown(session: AsyncSession, cases: Sequence[CallCase]) -> list[dict[str, Any]]:
    """The fields of a WhistleCallRead each."""
    await session.flush()
    named = select(Organization.id, Organization.name)
    rows = await session.execute(named.where(Organization.id.in_({case.call.organization_id for case in cases})))
    names = {row.id: row.name for row in rows}
    clocks = await clocks_of(session, [case.call.id for case in cases])
    return [
        {name: getattr(case.call, name) for name in _FIELDS}
        | {"organization_name": names[case.call.organization_id], "clocks": clocks[case.call.id]}
        | {"actions": CALL.offered(case.call.state, case.parties)}
        for case in cases
    ]


async def page(session: AsyncSession, actor: Actor, query: WhistleCallQuery) -> Page[CallCase]:
    """Newest first."""
    access.require_anywhere(actor, "whistle-calls:list")
    readers = under_path(WhistleCall, reads_all(actor))
    of = and_(Whistle.district_id == WhistleCall.district_id, Whistle.id == WhistleCall.whistle_id)
    rows = select(WhistleCall, Whistle).join(Whistle, of).where(or_(readers, _own(actor)))
    rows = rows.where(*await _wanted(session, actor, query))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(WhistleCall.id < after)
    found = (await session.execute(rows.order_by(WhistleCall.id.desc()).limit(query.limit + 1))).all()
    cut: Page[WhistleCall] = paged([call for call, _ in found], query.limit)
    whistles = {call.id: whistle for call, whistle in found}
    cases = [CallCase(call, whistles[call.id], parties_to_call(actor, whistles[call.id], call)) for call in cut.items]
    return Page(cases, cut.next_cursor)


def _own(actor: Actor) -> ColumnElement[bool]:
    mine = WhistleCall.organization_id == actor.organization_id
    return and_(mine, under_path(WhistleCall, actor.grants_of(UNIT_ROLES)))


async def _wanted(session: AsyncSession, actor: Actor, query: WhistleCallQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        getattr(WhistleCall, name) == value
        for name in ("whistle_id", "organization_id", "state")
        if (value := getattr(query, name)) is not None
    ]
    if query.mine:
        found.append(_own(actor))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        found.append(at(Whistle, place.kind, place.id, place.path))
    if query.overdue:
        found.append(WhistleCall.id.in_(_late()))
    return found


def _late() -> Any:
    running = (WhistleClock.met_at.is_(None), WhistleClock.stopped_at.is_(None))
    return select(WhistleClock.call_id).where(*running, WhistleClock.due_at < now())
