"""People: record, correct, list; who I am."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer, new_secret
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor, Role
from app.models import Grant, Organization, Person, Place
from app.schemas.people import PersonCreate, PersonQuery, PersonRead, PersonUpdate
from app.services import grants, people_seal
from app.services.access import at, in_force, reads_all, under
from app.services.outbox import hold, publish
from app.services.places import located, paged, place_of

_OPEN_FIELDS = tuple(name for name in PersonRead.model_fields if name not in {"name", "phone"})
_SECRET = frozenset({"name", "phone"})


def present(person: Person, sealer: Sealer) -> dict[str, Any]:
    """The fields of a PersonRead, masked."""
    shown = {name: getattr(person, name) for name in _OPEN_FIELDS}
    for name in ("name", "phone"):
        shown[name] = people_seal.masked(sealer, person, name)
    return shown


async def _find(session: AsyncSession, person_id: UUID) -> Person:
    person = await session.scalar(select(Person).where(Person.id == person_id))
    if person is None:
        raise NotFound()
    return person


async def load(session: AsyncSession, actor: Actor, person_id: UUID, permission: str) -> Person:
    """A person at a place the actor looks after; 404 otherwise."""
    person = await _find(session, person_id)
    if not access.may("people:read", actor.roles_at(person.path)):
        raise NotFound()
    access.require(actor, permission, person.path)
    return person


async def me(session: AsyncSession, actor: Actor, sealer: Sealer) -> dict[str, Any]:
    """The caller's own record and grants."""
    actor.checked.add(access.SELF)
    person = await _find(session, actor.person_id)
    held = await grants.mine(session, actor, sealer)
    return {"person": present(person, sealer), "district_id": actor.district_id, "grants": held}


async def page(session: AsyncSession, actor: Actor, query: PersonQuery) -> Page[Person]:
    access.require_anywhere(actor, "people:list")
    rows = select(Person).where(under(Person, reads_all(actor)))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Person, place.kind, place.id, place.path))
    if query.role is not None:
        rows = rows.where(exists().where(Grant.person_id == Person.id, Grant.role == query.role, in_force(now())))
    if query.party_status is not None:
        rows = rows.where(Person.party_status == query.party_status)
    if query.skill is not None:
        rows = rows.where(Person.skills.contains([query.skill.value]))
    if query.organization_id is not None:
        rows = rows.where(Person.organization_id == query.organization_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Person.id > after)
    return paged((await session.scalars(rows.order_by(Person.id).limit(query.limit + 1))).all(), query.limit)


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, form: PersonCreate) -> Person:
    """Record a person; they become a resident of the community they live in."""
    place = await place_of(session, form.place_id)
    access.require(actor, "people:create", place.path)
    await _check_organization(session, actor, form.organization_id)
    person = Person(
        district_id=actor.district_id,
        id=new_id(),
        secret=new_secret(),
        organization_id=form.organization_id,
        party_status=form.party_status,
        skills=[skill.value for skill in form.skills],
        languages=list(form.languages),
        created_at=now(),
        **located(place),
    )
    await _seal(session, person, sealer, form)
    session.add(person)
    publish(session, "person", person, "create", actor=actor, data={"fields": sorted(form.model_fields_set)})
    await session.flush()
    await _make_resident(session, actor, person, place)
    return person


async def update(
    session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, version: int, form: PersonUpdate
) -> Person:
    person = await load(session, actor, person_id, "people:update")
    await hold(session, person, version)
    fields = form.model_dump(exclude_unset=True, mode="json")
    if "organization_id" in fields:
        await _check_organization(session, actor, form.organization_id)
    await _seal(session, person, sealer, form)
    for name in fields.keys() - _SECRET:
        setattr(person, name, getattr(form, name) if name == "organization_id" else fields[name])
    publish(session, "person", person, "update", actor=actor, data={"fields": sorted(fields)})
    return person


async def _seal(session: AsyncSession, person: Person, sealer: Sealer, form: PersonCreate | PersonUpdate) -> None:
    """Seal what is given: name and phone never stand in clear; equal phones are found by their blind index."""
    if "name" in form.model_fields_set:
        people_seal.put(sealer, person, "name", form.name)
    if "phone" in form.model_fields_set:
        await people_seal.claim(session, sealer, person, "phone", form.phone)


async def _check_organization(session: AsyncSession, actor: Actor, organization_id: UUID | None) -> None:
    """Nobody attaches a person to a unit they do not see."""
    if organization_id is None:
        return
    unit = await session.scalar(select(Organization).where(Organization.id == organization_id))
    if unit is None or not access.may("organizations:read", actor.roles_at(unit.path)):
        raise NotFound("没有这个单位")


async def _make_resident(session: AsyncSession, actor: Actor, person: Person, place: Place) -> None:
    home = await place_of(session, place.community_id) if place.community_id else place
    session.add(
        Grant(
            district_id=person.district_id,
            id=new_id(),
            person_id=person.id,
            role=Role.RESIDENT,
            place_id=home.id,
            path=home.path,
            place_kind=home.kind.value,
            starts_at=now(),
            granted_by=actor.person_id,
            created_at=now(),
        )
    )
