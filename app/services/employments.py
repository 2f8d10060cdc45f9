"""Social workers and grid workers: a fact with its dates. What they may do in the system, grants say."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.domain.profiles import Employment
from app.models import EmploymentRecord, Person, Place
from app.schemas.employments import EmploymentCreate, EmploymentEnd, EmploymentQuery, EmploymentRead
from app.services import people, people_home, people_rows
from app.services.access import at
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

_FIELDS = tuple(name for name in EmploymentRead.model_fields if name != "person_name")
_AT_PLACE = people_rows.beside(EmploymentRecord, Place, "place_id")


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[EmploymentRecord]) -> list[dict[str, Any]]:
    names = await names_of(session, sealer, {row.person_id for row in rows})
    return [people_rows.fields(row, _FIELDS) | {"person_name": names[row.person_id]} for row in rows]


async def page(session: AsyncSession, actor: Actor, query: EmploymentQuery) -> Page[EmploymentRecord]:
    """At the reader's places, newest first; of everyone else, their own."""
    access.require_anywhere(actor, "employments:list")
    rows = select(EmploymentRecord).join(Place, _AT_PLACE)
    rows = rows.where(await people_rows.in_sight(session, actor, EmploymentRecord, Place))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Place, place.kind, place.id, place.path))
    if query.person_id is not None:
        rows = rows.where(EmploymentRecord.person_id == query.person_id)
    if query.kind is not None:
        rows = rows.where(EmploymentRecord.kind == query.kind)
    if query.current is not None:
        ended = EmploymentRecord.until_on.is_not(None)
        rows = rows.where(~ended if query.current else ended)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(EmploymentRecord.id < after)
    found = await session.scalars(rows.order_by(EmploymentRecord.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(
    session: AsyncSession, actor: Actor, row_id: UUID, permission: str = "employments:read"
) -> EmploymentRecord:
    row = await session.scalar(select(EmploymentRecord).where(EmploymentRecord.id == row_id))
    if row is None:
        raise NotFound()
    path = (await place_of(session, row.place_id)).path
    person = (await session.scalars(select(Person).where(Person.id == row.person_id))).one()
    await people_rows.require(session, actor, permission, "employments:read", person, path)
    return row


async def create(session: AsyncSession, actor: Actor, form: EmploymentCreate) -> EmploymentRecord:
    """Note an employment at a place the actor looks after, of a person they see. 409 while one of the kind is current."""
    place = await place_of(session, form.place_id)
    person = (await people.hold(session, actor, form.person_id, "employments:create")).person
    access.require(actor, "employments:create", place.path)
    if form.kind is Employment.GRID_WORKER and place.kind is not PlaceKind.GRID:
        raise RuleBroken("网格员任职于网格", field="place_id")
    people_home.not_later_than_today(form.since_on, "since_on")
    if form.organization_id is not None:
        await people.unit_of(session, actor, form.organization_id)
    if await _current(session, person.id, form.kind) is not None:
        raise Duplicate("此人已有一份在任的同类任职")
    row = EmploymentRecord(
        district_id=person.district_id,
        id=new_id(),
        created_at=now(),
        **form.model_dump(),
    )
    session.add(row)
    data = {"kind": form.kind.value, "place_id": str(place.id), "since_on": form.since_on.isoformat()}
    publish(session, "person", person, "employ", actor=actor, data=data)
    await session.flush()
    return row


async def _current(session: AsyncSession, person_id: UUID, kind: Employment) -> UUID | None:
    own = (EmploymentRecord.person_id == person_id, EmploymentRecord.kind == kind, EmploymentRecord.until_on.is_(None))
    found: UUID | None = await session.scalar(select(EmploymentRecord.id).where(*own))
    return found


async def end(session: AsyncSession, actor: Actor, row_id: UUID, form: EmploymentEnd) -> EmploymentRecord:
    """The employment has ended; grants that came with it are taken away by themselves."""
    row = await load(session, actor, row_id, "employments:end")
    person = await people_rows.hold_person(session, row)
    if row.until_on is not None:
        raise Conflict("这份任职已经结束")
    people_home.not_later_than_today(form.until_on, "until_on")
    if form.until_on < row.since_on:
        raise RuleBroken("离任不能早于到任", field="until_on")
    row.until_on = form.until_on
    people_rows.touch(row)
    data = {"kind": row.kind.value, "until_on": form.until_on.isoformat()}
    publish(session, "person", person, "end_employment", actor=actor, data=data)
    await session.flush()
    return row
