"""Where people live: moving house takes the home place, the household and the right of residence along together."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import Conflict, Duplicate, RuleBroken
from app.core.ids import new_id
from app.domain import access
from app.domain.people import Actor, Role
from app.domain.places import PlaceKind
from app.domain.profiles import HouseholdRelation
from app.models import HouseholdMember, Person, Place
from app.schemas.people import PersonMove
from app.services import people, people_roles
from app.services.outbox import publish
from app.services.places import located, must_be_in_a_community, place_of


async def move(session: AsyncSession, actor: Actor, person_id: UUID, form: PersonMove) -> Person:
    """Move house: 403 unless the actor looks after both places, 409 when they live there already or the household has a head.

    What somebody does as a volunteer or party member stays where it is: that does not follow from where they live.
    """
    place = await place_of(session, form.place_id)
    person = (await people.hold(session, actor, person_id, "people:move")).person
    access.require(actor, "people:move", place.path)
    must_be_in_a_community(place)
    if person.place_id == place.id:
        raise Conflict("此人已住在该处")
    if (place.kind is PlaceKind.HOUSEHOLD) != (form.relation is not None):
        raise RuleBroken("搬入一户须说明与户主的关系，其他地点则不说明", field="relation")
    not_later_than_today(form.on, "on")
    if (left := await household_of(session, person.id)) is not None:
        leave(left, form.on)
        await session.flush()
    community = person.community_id
    for name, value in located(place).items():
        setattr(person, name, value)
    if form.relation is not None:
        await join(session, person, place, form.relation, form.on)
    if community != person.community_id:
        await people_roles.end(session, actor, person, Role.RESIDENT)
        await people_roles.give(session, actor, person, Role.RESIDENT)
    data = {"place_id": str(place.id), "on": form.on.isoformat(), "relation": form.relation}
    publish(session, "person", person, "move", actor=actor, data=data)
    await session.flush()
    return person


async def household_of(session: AsyncSession, person_id: UUID) -> HouseholdMember | None:
    """The household somebody lives in now."""
    own = (HouseholdMember.person_id == person_id, HouseholdMember.until_on.is_(None))
    return await session.scalar(select(HouseholdMember).where(*own))


async def join(
    session: AsyncSession, person: Person, place: Place, relation: HouseholdRelation, on: date
) -> HouseholdMember:
    """A person's new place in a household. 409 when they live in one already, or it has a head."""
    if await household_of(session, person.id) is not None:
        raise Duplicate("此人已在一户之中")
    if relation is HouseholdRelation.HEAD:
        await must_have_no_head(session, place.id)
    row = HouseholdMember(
        district_id=person.district_id,
        id=new_id(),
        place_id=place.id,
        person_id=person.id,
        relation=relation,
        since_on=on,
        created_at=now(),
    )
    session.add(row)
    await session.flush()
    return row


async def must_have_no_head(session: AsyncSession, place_id: UUID) -> None:
    head = await session.scalar(
        select(HouseholdMember.id).where(
            HouseholdMember.place_id == place_id,
            HouseholdMember.until_on.is_(None),
            HouseholdMember.relation == HouseholdRelation.HEAD,
        )
    )
    if head is not None:
        raise Conflict("此户已有户主")


def leave(row: HouseholdMember, on: date) -> None:
    if on < row.since_on:
        raise RuleBroken("离开不能早于住入", field="on")
    row.until_on = on
    row.version += 1
    row.updated_at = now()


def not_later_than_today(on: date, field: str) -> None:
    """What has happened is recorded, not what is to happen; before 1900 nothing of a living person did."""
    if not date(1900, 1, 1) <= on <= today():
        raise RuleBroken("日期不能晚于今天，也不能早于 1900 年", field=field)
