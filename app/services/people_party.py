"""Party members 党员: registered here (在册) or reported in from their unit (报到), with the three entries of the latter.

Whose data it is has been asked: without a consent for this purpose, or a duty by law on record, nothing is written.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound, RuleBroken
from app.domain.consents import Purpose
from app.domain.organizations import MEMBERS_UNITS, PARTY_BODIES
from app.domain.pairings import PairingEnd
from app.domain.people import Actor, PartyStatus, Role
from app.domain.profiles import PartyEntry
from app.models import Organization, PartyMembership, Person
from app.schemas.people_party import PersonEnter, PersonLeaveParty, PersonRegisterMember, PersonReportIn
from app.services import consents, grants_end, minors, pairings, people, people_roles
from app.services.outbox import publish
from app.services.people_home import not_later_than_today

_COLUMN = {
    PartyEntry.GRID: "grid_entered_on",
    PartyEntry.CENTER: "center_entered_on",
    PartyEntry.WECHAT: "wechat_entered_on",
}
_DATES = ("since_on", *_COLUMN.values())


def present(person: Person, row: PartyMembership | None) -> dict[str, Any]:
    """The fields of a MembershipRead."""
    return {name: getattr(row, name, None) for name in _DATES} | {
        "person_id": person.id,
        "party_status": person.party_status,
        "organization_id": person.organization_id if row is not None else None,
        "version": person.version,
    }


async def read(session: AsyncSession, actor: Actor, person_id: UUID) -> dict[str, Any]:
    """404 for somebody who is no party member, as for somebody who is not there."""
    person = await people.load(session, actor, person_id, "people:read_membership")
    await minors.must_be_approved(session, actor, person)
    row = await _membership(session, person)
    if row is None:
        raise NotFound()
    return present(person, row)


async def _membership(session: AsyncSession, person: Person) -> PartyMembership | None:
    return await session.get(PartyMembership, (person.district_id, person.id))


async def register(session: AsyncSession, actor: Actor, person_id: UUID, form: PersonRegisterMember) -> dict[str, Any]:
    """Note a member of a party body here; they may be asked to help from then on."""
    person, unit = await _newcomer(session, actor, person_id, "people:register_member", form.organization_id)
    if unit.kind not in PARTY_BODIES:
        raise RuleBroken("在册党员须登记在党委、党总支或党支部", field="organization_id")
    return await _admit(session, actor, person, PartyStatus.REGISTERED, form)


async def report_in(session: AsyncSession, actor: Actor, person_id: UUID, form: PersonReportIn) -> dict[str, Any]:
    """Note a member of a unit who reports to the community they live in."""
    person, unit = await _newcomer(session, actor, person_id, "people:report_in", form.organization_id)
    if unit.kind not in MEMBERS_UNITS:
        raise RuleBroken("报到党员须写明所在单位", field="organization_id")
    return await _admit(session, actor, person, PartyStatus.REPORTED_IN, form)


async def _newcomer(
    session: AsyncSession, actor: Actor, person_id: UUID, permission: str, organization_id: UUID
) -> tuple[Person, Organization]:
    person = (await people.hold(session, actor, person_id, permission)).person
    if person.party_status is not PartyStatus.NONE:
        raise Conflict("此人已登记为党员；组织关系变动请先办理转出")
    unit = await people.unit_of(session, actor, organization_id)
    await people.may_change_unit(session, actor, person, unit.id)
    return person, unit


async def _admit(
    session: AsyncSession,
    actor: Actor,
    person: Person,
    status: PartyStatus,
    form: PersonRegisterMember | PersonReportIn,
) -> dict[str, Any]:
    not_later_than_today(form.since_on, "since_on")
    await consents.require_basis(session, person, Purpose.PARTY)
    row = PartyMembership(district_id=person.district_id, id=person.id, since_on=form.since_on, created_at=now())
    session.add(row)
    person.party_status, person.organization_id = status, form.organization_id
    await people_roles.give(session, actor, person, Role.PARTY_MEMBER)
    await grants_end.refit(session, actor, person.id)
    action = "register_member" if status is PartyStatus.REGISTERED else "report_in"
    data = {"organization_id": str(form.organization_id), "since_on": form.since_on.isoformat()}
    publish(session, "person", person, action, actor=actor, data=data)
    await session.flush()
    return present(person, row)


async def enter(session: AsyncSession, actor: Actor, person_id: UUID, form: PersonEnter) -> dict[str, Any]:
    """One of the three entries, with its day; entering again corrects the day."""
    person = (await people.hold(session, actor, person_id, "people:enter")).person
    row = await _membership(session, person)
    if row is None or person.party_status is not PartyStatus.REPORTED_IN:
        raise Conflict("只有报到党员才登记三进")
    not_later_than_today(form.on, "on")
    await consents.require_basis(session, person, Purpose.PARTY)
    setattr(row, _COLUMN[form.entry], form.on)
    _touch(row)
    data = {"entry": form.entry.value, "on": form.on.isoformat()}
    publish(session, "person", person, "enter", actor=actor, data=data)
    await session.flush()
    return present(person, row)


def _touch(row: PartyMembership) -> None:
    row.version += 1
    row.updated_at = now()


async def leave(session: AsyncSession, actor: Actor, person_id: UUID, form: PersonLeaveParty) -> dict[str, Any]:
    """No longer a member here: the record of it goes, what was done as one stays in the orders and hours, and no household is
    looked after any more.
    """
    person = (await people.hold(session, actor, person_id, "people:leave_party")).person
    if person.party_status is PartyStatus.NONE:
        raise Conflict("此人未登记为党员")
    row = await _membership(session, person)
    if row is not None:
        await session.delete(row)
    source, person.party_status, person.organization_id = person.party_status, PartyStatus.NONE, None
    await people_roles.end(session, actor, person, Role.PARTY_MEMBER)
    await pairings.end_of_member(session, actor, [person.id], PairingEnd.LEFT)
    await grants_end.refit(session, actor, person.id)
    told = {"words": form.words} if form.words else {}
    publish(session, "person", person, "leave_party", actor=actor, source=source.value, target="none", data=told)
    await session.flush()
    return present(person, None)
