"""Households: who lives in one, as what to its head, from when to when. One head at a time.

Whoever lives in a household has it as their home place; moving house changes both together (``app.services.people_home``).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Conflict, NotFound, RuleBroken, StaleVersion
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.domain.profiles import HouseholdRelation
from app.models import HouseholdMember, Person, Place
from app.schemas.household_members import (
    HouseholdMemberCreate,
    HouseholdMemberEnd,
    HouseholdMemberQuery,
    HouseholdMemberRead,
    HouseholdMemberUpdate,
)
from app.services import minors, people, people_home, people_rows
from app.services.access import at
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

_FIELDS = tuple(name for name in HouseholdMemberRead.model_fields if name != "person_name")
_AT_PLACE = people_rows.beside(HouseholdMember, Place, "place_id")
_OF_PERSON = people_rows.beside(HouseholdMember, Person, "person_id")


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[HouseholdMember]) -> list[dict[str, Any]]:
    names = await names_of(session, sealer, {row.person_id for row in rows})
    return [people_rows.fields(row, _FIELDS) | {"person_name": names[row.person_id]} for row in rows]


async def page(session: AsyncSession, actor: Actor, query: HouseholdMemberQuery) -> Page[HouseholdMember]:
    """Of the households at the reader's places, newest first; of everyone else, their own. A minor's only where they are asked for:
    since when a child lives in a household is often when they were born.
    """
    access.require_anywhere(actor, "household-members:list")
    rows = select(HouseholdMember).join(Place, _AT_PLACE).join(Person, _OF_PERSON)
    rows = rows.where(await people_rows.in_sight(session, actor, HouseholdMember, Place))
    rows = rows.where(await people_rows.of_minors(session, actor, query.person_id))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Place, place.kind, place.id, place.path))
    if query.person_id is not None:
        rows = rows.where(HouseholdMember.person_id == query.person_id)
    if query.current is not None:
        ended = HouseholdMember.until_on.is_not(None)
        rows = rows.where(~ended if query.current else ended)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(HouseholdMember.id < after)
    found = await session.scalars(rows.order_by(HouseholdMember.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def read(session: AsyncSession, actor: Actor, row_id: UUID) -> HouseholdMember:
    """One person's place in a household; a minor's, with an approval."""
    row, person = await load(session, actor, row_id)
    await minors.must_be_approved(session, actor, person)
    return row


async def load(
    session: AsyncSession, actor: Actor, row_id: UUID, permission: str = "household-members:read"
) -> tuple[HouseholdMember, Person]:
    """One person's place in a household, with the person."""
    row = await session.scalar(select(HouseholdMember).where(HouseholdMember.id == row_id))
    if row is None:
        raise NotFound()
    path = (await place_of(session, row.place_id)).path
    person = (await session.scalars(select(Person).where(Person.id == row.person_id))).one()
    await people_rows.require(session, actor, permission, "household-members:read", person, path)
    return row, person


async def _hold(session: AsyncSession, actor: Actor, row_id: UUID, permission: str) -> tuple[HouseholdMember, Person]:
    row, _ = await load(session, actor, row_id, permission)
    return row, await people_rows.hold_person(session, row)


async def create(session: AsyncSession, actor: Actor, form: HouseholdMemberCreate) -> HouseholdMember:
    """Note somebody who lives in a household already. 409 when they are in one, or it has a head."""
    person = (await people.hold(session, actor, form.person_id, "household-members:create")).person
    place = await place_of(session, person.place_id)
    if place.kind is not PlaceKind.HOUSEHOLD:
        raise RuleBroken("此人的居住地点不是一户，请先办理搬家", field="person_id")
    people_home.not_later_than_today(form.since_on, "since_on")
    row = await people_home.join(session, person, place, form.relation, form.since_on)
    data = {"place_id": str(place.id), "relation": form.relation.value, "since_on": form.since_on.isoformat()}
    publish(session, "person", person, "join_household", actor=actor, data=data)
    return row


async def update(
    session: AsyncSession, actor: Actor, row_id: UUID, version: int, form: HouseholdMemberUpdate
) -> HouseholdMember:
    """Correct the relation to the head, or the day; 409 when there is another head."""
    row, person = await _hold(session, actor, row_id, "household-members:update")
    if row.version != version:
        raise StaleVersion()
    if "relation" in form.model_fields_set and form.relation is not row.relation:
        if form.relation is HouseholdRelation.HEAD and row.until_on is None:
            await people_home.must_have_no_head(session, row.place_id)
        row.relation = form.relation
    if "since_on" in form.model_fields_set:
        people_home.not_later_than_today(form.since_on, "since_on")
        if row.until_on is not None and form.since_on > row.until_on:
            raise RuleBroken("住入不能晚于离开", field="since_on")
        row.since_on = form.since_on
    people_rows.touch(row)
    data = {"household_member_id": str(row.id), "fields": sorted(form.model_fields_set)}
    publish(session, "person", person, "correct_household", actor=actor, data=data)
    await session.flush()
    return row


async def end(session: AsyncSession, actor: Actor, row_id: UUID, form: HouseholdMemberEnd) -> HouseholdMember:
    """Somebody no longer lives there, without a new home on record."""
    row, person = await _hold(session, actor, row_id, "household-members:end")
    if row.until_on is not None:
        raise Conflict("此人已离开该户")
    people_home.not_later_than_today(form.until_on, "until_on")
    people_home.leave(row, form.until_on)
    data = {"place_id": str(row.place_id), "until_on": form.until_on.isoformat()}
    publish(session, "person", person, "leave_household", actor=actor, data=data)
    await session.flush()
    return row
