"""What a resource looks like, and to whom: one, the list, its free times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, RuleBroken
from app.core.paging import Page, id_after, id_cursor
from app.domain import access
from app.domain.bookings import FREE_RANGE, LONGEST_USE, free_spans, must_be_given_out, must_fit
from app.domain.catalogue import parent_of
from app.domain.people import Actor
from app.domain.places import ancestors
from app.domain.resources import RESOURCE, USABLE, Nature, ResourceState
from app.models import Organization, Resource
from app.schemas.people_availability import ExceptionRead, WindowRead
from app.schemas.resources import FreeQuery, ResourceQuery, ResourceRead
from app.services.access import at
from app.services.people_names import names_of
from app.services.places import paged, place_of
from app.services.resources import shown_place
from app.services.resources_case import (
    ResourceCase,
    Times,
    load,
    own,
    parties_of,
    placed_for,
    times_of,
    visible,
    week_of,
)

_DERIVED = {
    "organization_name",
    "owner_name",
    "windows",
    "exceptions",
    "actions",
    "place_id",
    "lon",
    "lat",
    "person_id",
}
_FIELDS = tuple(name for name in ResourceRead.model_fields if name not in _DERIVED)
_WINDOW, _EXCEPTION = tuple(WindowRead.model_fields), tuple(ExceptionRead.model_fields)
_A_WEEK = timedelta(days=7)
_LOOKED_AT_MOST = 500
"""How many resources one page looks through for those that are free; the cursor goes on from there."""


async def present(session: AsyncSession, sealer: Sealer, cases: Sequence[ResourceCase]) -> list[dict[str, Any]]:
    """The fields of ResourceReads; people masked, and where they are only for whoever may know."""
    rows = [case.resource for case in cases]
    names = await names_of(session, sealer, {r.person_id for r in rows if r.person_id})
    units = await session.execute(
        select(Organization.id, Organization.name).where(Organization.id.in_({r.organization_id for r in rows}))
    )
    named = {unit.id: unit.name for unit in units}
    times = await week_of(session, [row.id for row in rows])
    return [_shown(case, names, named, times) for case in cases]


def _shown(case: ResourceCase, names: dict[UUID, str], units: dict[UUID, str], times: Times) -> dict[str, Any]:
    resource = case.resource
    shown = {name: getattr(resource, name) for name in _FIELDS} | shown_place(case)
    shown["owner_name"] = names.get(resource.person_id) if resource.person_id else None
    shown["organization_name"] = units.get(resource.organization_id) if resource.organization_id else None
    shown["windows"] = [{name: getattr(row, name) for name in _WINDOW} for row in times.windows[resource.id]]
    shown["exceptions"] = [{name: getattr(row, name) for name in _EXCEPTION} for row in times.exceptions[resource.id]]
    shown["actions"] = RESOURCE.offered(resource.state, case.parties)
    return shown


async def read(session: AsyncSession, actor: Actor, resource_id: UUID) -> ResourceCase:
    return await load(session, actor, resource_id, "resources:read", lock=False)


async def page(session: AsyncSession, actor: Actor, query: ResourceQuery) -> Page[ResourceCase]:
    """Newest first. Asked for free ones, it looks through so many, and says where to go on."""
    access.require_anywhere(actor, "resources:list")
    rows = await _filtered(session, actor, query)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Resource.id < after)
    rows = rows.order_by(Resource.id.desc())
    if query.free_from is None:
        found: Page[Resource] = paged((await session.scalars(rows.limit(query.limit + 1))).all(), query.limit)
    else:
        found = await _free_page(session, rows, query)
    return Page([ResourceCase(row, parties_of(actor, row)) for row in found.items], found.next_cursor)


async def _filtered(session: AsyncSession, actor: Actor, query: ResourceQuery) -> Select[Resource]:
    rows = select(Resource).where(visible(actor))
    if query.mine:
        rows = rows.where(own(actor))
    if query.kind is not None:
        rows = rows.where(Resource.kind == query.kind)
    if query.state is not None:
        rows = rows.where(Resource.state == query.state)
    if query.organization_id is not None:
        rows = rows.where(Resource.organization_id == query.organization_id)
    if query.category is not None:
        rows = rows.where(
            Resource.categories.op("&&")(cast(literal(lineage(query.category), ARRAY(Text)), ARRAY(Text)))
        )
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Resource, place.kind, place.id, place.path), placed_for(actor))
    if query.serves is not None:
        rows = rows.where(Resource.service_path.in_(ancestors((await place_of(session, query.serves)).path)))
    return rows


def lineage(code: str) -> list[str]:
    """A category's code and those above it: what serves the whole branch serves its twig."""
    found, above = [code], parent_of(code)
    while above is not None:
        found.append(above)
        above = parent_of(above)
    return found


async def _free_page(session: AsyncSession, rows: Select[Resource], query: ResourceQuery) -> Page[Resource]:
    start, end = query.free_from, query.free_until
    if start and end and end - start > LONGEST_USE:
        raise RuleBroken("查询空闲的时段不超过 31 天", field="free_until")
    looked = (await session.scalars(rows.where(Resource.state.in_(USABLE)).limit(_LOOKED_AT_MOST + 1))).all()
    chosen, more = looked[:_LOOKED_AT_MOST], len(looked) > _LOOKED_AT_MOST
    times = await times_of(session, [row.id for row in chosen])
    found: list[Resource] = []
    for row in chosen:
        if len(found) == query.limit:
            return Page(found, id_cursor(found[-1].id))
        if start and end and _has_room(times, row, start, end):
            found.append(row)
    return Page(found, id_cursor(chosen[-1].id) if more else None)


def _has_room(times: Times, row: Resource, start: Any, end: Any) -> bool:
    timed, offer = row.nature is not Nature.STOCK, times.offer(row)
    try:
        must_be_given_out(offer, max(start, now()))
        must_fit(offer, times.taking(row.id), start if timed else None, end if timed else None, 1)
    except Conflict:
        return False
    return True


@dataclass(frozen=True, slots=True)
class FreeTimes:
    resource_id: UUID
    items: list[Any]


async def free(session: AsyncSession, actor: Actor, resource_id: UUID, query: FreeQuery) -> FreeTimes:
    """When how much is free; of a resource that cannot be booked now, never."""
    case = await load(session, actor, resource_id, "resources:free", lock=False)
    start = query.from_at or now()
    end = query.until_at or start + _A_WEEK
    if end <= start or end - start > FREE_RANGE:
        raise RuleBroken("时间范围须为正，且不超过 62 天", field="until_at")
    if case.resource.state is not ResourceState.LISTED:
        return FreeTimes(resource_id, [])
    times = await times_of(session, [resource_id])
    return FreeTimes(
        resource_id, free_spans(times.offer(case.resource), times.taking(resource_id), max(start, now()), end)
    )
