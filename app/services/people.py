"""People: record, correct, find, list; who I am.

Whatever changes a person locks their record first. Erased and merged records are read, and never changed again.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.crypto import Sealer, new_secret
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Gone, NotFound, RuleBroken, StaleVersion
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access, identity_numbers
from app.domain.authority import EXCLUSIVE
from app.domain.limits import PERSON_FIND
from app.domain.organizations import acting_role
from app.domain.people import ROLE_NAMES, UNIT_ROLES, Actor, Parties, Relation, Role
from app.domain.sensitive import LOCATES
from app.models import Grant, Organization, Person
from app.schemas.people import MeUpdate, PersonCreate, PersonFind, PersonQuery, PersonRead, PersonUpdate
from app.services import (
    grants,
    grants_end,
    grants_holders,
    minors,
    people_corrections,
    people_identity,
    people_phone,
    people_roles,
    people_seal,
    people_volunteers_fields,
    rate_limits,
    subjects,
)
from app.services.access import at, in_force, reads_all, under
from app.services.outbox import publish
from app.services.places import located, paged, place_of
from app.services.subjects import Subject

_OPEN_FIELDS = tuple(name for name in PersonRead.model_fields if name not in people_identity.SEALED)
_STILL_A_MINOR = "更正后此人不再是未成年人：须有更正请求且由登记请求以外的人员办理，或先获批准查阅其档案"
_SUBJECT: Parties = frozenset({Relation.SUBJECT})
_TOLD_HOME = LOCATES | _SUBJECT
"""Who is told where somebody lives to the door, which is as good as the address; others learn the grid."""


def present(person: Person, sealer: Sealer, parties: Parties) -> dict[str, Any]:
    """The fields of a PersonRead, masked, for whoever is this to the person."""
    shown = {name: getattr(person, name) for name in _OPEN_FIELDS}
    for name in people_seal.FIELDS:
        shown[name] = people_seal.masked(sealer, person, name)
    return shown if parties & _TOLD_HOME else shown | _around(person)


def _around(person: Person) -> dict[str, Any]:
    return {"place_id": person.grid_id or person.community_id or person.place_id}


def present_in_list(actor: Actor, person: Person, sealer: Sealer) -> dict[str, Any]:
    """The same in a list, where of a minor hardly more shows than that they are there."""
    own = _SUBJECT if person.id == actor.person_id and not actor.client else frozenset()
    shown = present(person, sealer, actor.roles_at(person.path) | own)
    return minors.in_list(person, shown) | (_around(person) if person.minor else {})


async def present_to(session: AsyncSession, actor: Actor, sealer: Sealer, person: Person) -> dict[str, Any]:
    """A person by themselves. To whoever changed a minor's record it opens no more of it than a list does."""
    if not await minors.may_read(session, actor, person):
        return present_in_list(actor, person, sealer)
    return present(person, sealer, actor.roles_at(person.path) | await minors.relations_to(session, actor, person))


async def read(session: AsyncSession, actor: Actor, person_id: UUID) -> Person:
    """One person: at a place the actor looks after, themselves, or their ward; of a minor, with an approval."""
    person = (await subjects.load(session, actor, person_id, "people:read")).person
    await minors.must_be_approved(session, actor, person)
    return person


async def load(session: AsyncSession, actor: Actor, person_id: UUID, permission: str) -> Person:
    """A person as somebody with this permission sees them; 404 for whoever does not."""
    return (await subjects.load(session, actor, person_id, permission)).person


async def hold(
    session: AsyncSession, actor: Actor, person_id: UUID | None, permission: str, version: int | None = None
) -> Subject:
    """A person to be changed, locked; by default the actor. 412 when the client has seen another version."""
    subject = await subjects.load(session, actor, person_id, permission, lock=True)
    must_live(subject.person)
    if version is not None and subject.person.version != version:
        raise StaleVersion()
    return subject


def must_live(person: Person) -> None:
    if person.erased_at is not None:
        raise Gone()
    if person.merged_into_id is not None:
        raise Conflict("此档案已并入另一份档案", merged_into_id=str(person.merged_into_id))


async def me(session: AsyncSession, actor: Actor, sealer: Sealer) -> dict[str, Any]:
    """The caller's own record and grants."""
    actor.checked.add(access.SELF)
    person = await session.scalar(select(Person).where(Person.id == actor.person_id))
    if person is None:
        raise NotFound()
    return await _as_me(session, actor, sealer, person)


async def _as_me(session: AsyncSession, actor: Actor, sealer: Sealer, person: Person) -> dict[str, Any]:
    held = await grants.mine(session, actor, sealer)
    return {"person": present(person, sealer, _SUBJECT), "district_id": actor.district_id, "grants": held}


async def _listed(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """Whom a list shows: everyone at the reader's places; and the reader with their wards, who may live elsewhere."""
    inside = under(Person, reads_all(actor))
    own = [actor.person_id, *await minors.wards_of(session, actor.person_id)]
    elsewhere = (await session.scalars(select(Person.id).where(Person.id.in_(own), ~inside))).all()
    return or_(inside, Person.id.in_(elsewhere)) if elsewhere else inside


async def page(session: AsyncSession, actor: Actor, query: PersonQuery) -> Page[Person]:
    access.require_anywhere(actor, "people:list")
    rows = select(Person).where(await _listed(session, actor), Person.merged_into_id.is_(None))
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


async def find(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, form: PersonFind
) -> dict[str, Any]:
    """Whoever has this phone or identity number, masked; 404 for nobody and for somebody out of sight alike.

    Each try counts against the actor's limit: a telephone book is not to be read out of it.
    """
    scope = access.require_anywhere(actor, "people:find")
    if (form.phone is None) == (form.id_number is None):
        raise RuleBroken("电话与身份证件号码恰给其一", field="phone")
    await rate_limits.spend(database, sealer, actor.district_id, PERSON_FIND, str(actor.person_id))
    if form.phone is not None:
        found = await people_seal.find(session, sealer, actor.district_id, "phone", form.phone)
    else:
        number = identity_numbers.read(form.id_number or "", today()).value
        found = await people_seal.find(session, sealer, actor.district_id, "id_number", number)
    person = await _living(session, found)
    if person is None or not any(person.path.startswith(grant.path) for grant in scope):
        raise NotFound()
    actor.trace.person_id = person.id
    return present_in_list(actor, person, sealer)


async def _living(session: AsyncSession, person_id: UUID | None) -> Person | None:
    """The record somebody lives on in."""
    person = await session.scalar(select(Person).where(Person.id == person_id))
    if person is None or person.merged_into_id is None:
        return person
    return await session.scalar(select(Person).where(Person.id == person.merged_into_id))


async def create(session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, form: PersonCreate) -> Person:
    """Record a person; they become a resident of the community they live in."""
    place = await place_of(session, form.place_id)
    access.require(actor, "people:create", place.path)
    await _check_organization(session, actor, form.organization_id)
    person = Person(
        district_id=actor.district_id,
        id=new_id(),
        secret=new_secret(),
        organization_id=form.organization_id,
        skills=[skill.value for skill in form.skills],
        languages=list(form.languages),
        service_radius_m=form.service_radius_m,
        load_limit=form.load_limit,
        created_at=now(),
        **located(place),
    )
    await people_identity.count(database, sealer, actor, person, form)
    await people_identity.write(session, actor, sealer, person, form)
    session.add(person)
    actor.trace.person_id = person.id
    publish(session, "person", person, "create", actor=actor, data={"fields": sorted(form.model_fields_set)})
    await session.flush()
    home = await people_roles.community_of(session, person)
    session.add(people_roles.new_grant(actor, person, Role.RESIDENT, home))
    return person


async def update(
    session: AsyncSession,
    database: Database,
    actor: Actor,
    sealer: Sealer,
    person_id: UUID,
    version: int,
    form: PersonUpdate,
) -> Person:
    """Correct what was sent; the rest stays as it is."""
    person = (await hold(session, actor, person_id, "people:update", version)).person
    await people_identity.count(database, sealer, actor, person, form)
    if "organization_id" in form.model_fields_set:
        await _check_organization(session, actor, form.organization_id)
        await may_change_unit(session, actor, person, form.organization_id)
    if "phone" in form.model_fields_set:
        await people_phone.may_change(session, actor, sealer, person, form.phone)
    stays_minor = person.minor and not await people_corrections.may_end_minority(session, actor, person)
    await _write(session, actor, sealer, person, form)
    if stays_minor and not person.minor:
        raise Forbidden(_STILL_A_MINOR)
    if "organization_id" in form.model_fields_set:
        await grants_end.refit(session, actor, person.id)
    return person


async def update_me(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, version: int, form: MeUpdate
) -> dict[str, Any]:
    """Complete one's own record. What says who and how old somebody is they state once: what is wrong is corrected by staff who
    see the card, so that no minor comes of age by saying so.
    """
    actor.checked.add(access.SELF)
    person = await session.scalar(
        select(Person)
        .where(Person.id == actor.person_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if person is None:
        raise NotFound()
    must_live(person)
    if person.version != version:
        raise StaleVersion()
    if "id_number" in form.model_fields_set and person.id_number_sealed is not None:
        raise RuleBroken("身份证件号码已登记，更正请到社区办理", field="id_number")
    if "birth_date" in form.model_fields_set and person.birth_date_sealed is not None:
        raise RuleBroken("出生日期已登记，更正请到社区办理", field="birth_date")
    actor.trace.person_id = person.id
    await people_identity.count(database, sealer, actor, person, form)
    await _write(session, actor, sealer, person, form)
    if person.minor and any(
        charge.role in EXCLUSIVE for charge in await grants_holders.charges_of(session, person.id, now())
    ):
        raise RuleBroken("您有岗位在身，出生日期有误", field="birth_date")
    return await _as_me(session, actor, sealer, person)


async def _write(
    session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, form: PersonUpdate | MeUpdate
) -> None:
    await people_identity.write(session, actor, sealer, person, form)
    fields = form.model_dump(exclude_unset=True, exclude=set(people_identity.WRITTEN))
    for name, value in fields.items():
        setattr(person, name, [str(item) for item in value] if isinstance(value, list) else value)
    await people_volunteers_fields.must_stay_complete(session, person)
    publish(session, "person", person, "update", actor=actor, data={"fields": sorted(form.model_fields_set)})
    await session.flush()


async def _check_organization(session: AsyncSession, actor: Actor, organization_id: UUID | None) -> None:
    """Nobody attaches a person to a unit they do not see."""
    if organization_id is not None:
        await unit_of(session, actor, organization_id)


async def may_change_unit(session: AsyncSession, actor: Actor, person: Person, organization_id: UUID | None) -> None:
    """Whoever acts for a unit acts for the one in their record: another one is given by those who could give the role."""
    if organization_id == person.organization_id:
        return
    unit = await session.get(Organization, (person.district_id, organization_id)) if organization_id else None
    and_also = acting_role(unit.kind) if unit else None
    if held := await grants_holders.role_beyond(session, actor, [person.id], UNIT_ROLES, and_also):
        raise Forbidden(f"此人是{ROLE_NAMES[held]}，须由能授予该单位角色的人变更单位")


async def unit_of(session: AsyncSession, actor: Actor, organization_id: UUID) -> Organization:
    """A unit the actor sees; 404 otherwise."""
    unit = await session.scalar(select(Organization).where(Organization.id == organization_id))
    if unit is None or not access.may("organizations:read", actor.roles_at(unit.path)):
        raise NotFound("没有这个单位")
    return unit
