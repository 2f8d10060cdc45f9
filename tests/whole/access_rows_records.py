"""The rows the access matrix tries operations on: what is recorded of people, on what basis, and what they may ask about it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.audit import Caller, Outcome
from app.domain.catalogue import Skill
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.organizations import OrganizationKind
from app.domain.people import PartyStatus
from app.domain.profiles import CareKind, Employment, GuardianRelation, HouseholdRelation, Sex
from app.domain.rights import RightsKind, RightsState
from app.models import (
    AuditEntry,
    CareFact,
    Certificate,
    Consent,
    EmploymentRecord,
    Guardianship,
    HouseholdMember,
    Organization,
    PartyMembership,
    PrivacyNotice,
    RightsRequest,
    Volunteer,
)
from tests.secrets_people import id_number
from tests.whole.access_ground import Ground, Row, add_row
from tests.whole.access_rows_people import newcomer, person_of
from tests.whole.document import Operation


async def _subject(ground: Ground, session: AsyncSession) -> tuple[str, dict[str, str], dict[str, Any]]:
    """A newcomer by name, their id for forms, and what every row of theirs begins with."""
    name = await newcomer(ground, session)
    person_id = ground.world.people[name]
    return name, {"person_id": str(person_id)}, {"district_id": ground.world.district_id, "id": new_id()}


async def member(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Somebody who agreed to be known as a party member, and is one but where they are to become one."""
    name = await newcomer(ground, session)
    agreed = await _agreed(ground, session, name, Purpose.PARTY)
    person = await person_of(ground, session, name)
    unit = ground.world.units["unit" if operation.name == "person_report_in" else "branch"] = new_id()
    kind = OrganizationKind.WORK_UNIT if operation.name == "person_report_in" else OrganizationKind.PARTY_BRANCH
    where = {"place_id": ground.world.places["community"], "path": ground.world.paths["community"]}
    community = {"community_id": ground.world.places["community"], "joint_committee": False}
    body = Organization(district_id=person.district_id, id=unit, kind=kind, name=f"支部{unit}", **where, **community)
    await add_row(session, body, "organization", "create")
    if operation.name not in {"person_register_member", "person_report_in"}:
        session.add(PartyMembership(district_id=person.district_id, id=person.id, since_on=agreed.given_at.date()))
        person.party_status, person.organization_id = PartyStatus.REPORTED_IN, unit
    return Row(person.id, party=name, ids={"organization_id": str(unit)})


async def volunteer(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Somebody who registered as a volunteer themselves; for registering, with all that is asked for (令第67号 §5)."""
    name, _, _ = await _subject(ground, session)
    person_id = ground.world.people[name]
    if operation.name == "person_volunteer":
        await _complete(ground, session, name)
    else:
        registered = {"categories": ["elder.visit"], "entered_by": GivenBy.PERSON}
        session.add(Volunteer(district_id=ground.world.district_id, id=person_id, **registered))
    return Row(person_id, party=name)


async def _complete(ground: Ground, session: AsyncSession, name: str) -> None:
    person = await person_of(ground, session, name)
    person.sex, person.skills = Sex.FEMALE, ["nursing"]
    known = {"phone": f"154{person.id.int % 10**8:08d}", "birth_date": "1958-03-07"}
    known["id_number"] = id_number(f"15010319580307{person.id.int % 1000:03d}")
    for field, value in known.items():
        column = f"{field}_sealed"
        setattr(
            person, column, ground.sealer.seal(value, person.district_id, "people", column, person.id, person.secret)
        )
    await session.flush()


async def guardianship(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer who answers for a child."""
    minor, guardian = await newcomer(ground, session, minor=True), await newcomer(ground, session)
    people = {"minor_id": ground.world.people[minor], "guardian_id": ground.world.people[guardian]}
    ids = {name: str(person) for name, person in people.items()} | {"person_id": str(people["guardian_id"])}
    row = Guardianship(
        district_id=ground.world.district_id,
        id=new_id(),
        relation=GuardianRelation.PARENT,
        evidence="户口簿",
        verified_by=ground.world.people["community"],
        **people,
    )
    if operation.name != "guardianship_create":
        await add_row(session, row, "guardianship", "create", ground.world.paths["home1"])
    return Row(row.id, party=guardian, ids=ids)


async def household_member(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    name, ids, columns = await _subject(ground, session)
    row = HouseholdMember(
        **columns,
        place_id=ground.world.places["home1"],
        person_id=ground.world.people[name],
        relation=HouseholdRelation.CHILD,
        since_on=now().date() - timedelta(days=30),
    )
    if operation.name == "household_member_create":
        return Row(row.id, ids=ids, form={"relation": "child"})
    await add_row(session, row, "household-member", "create", ground.world.paths["home1"])
    return Row(row.id, party=name)


async def employment(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    name, ids, columns = await _subject(ground, session)
    place = "grid" if operation.name != "employment_create" else "community"
    row = EmploymentRecord(
        **columns,
        person_id=ground.world.people[name],
        kind=Employment.GRID_WORKER,
        place_id=ground.world.places["grid"],
        since_on=now().date() - timedelta(days=30),
    )
    if operation.name == "employment_create":
        return Row(row.id, ids=ids | {"place_id": str(ground.world.places[place])})
    await add_row(session, row, "employment", "create", ground.world.paths[place])
    return Row(row.id, party=name)


async def certificate(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    name, ids, columns = await _subject(ground, session)
    paper = {"skill": Skill.NURSING, "title": "护士执业证", "issuer": "卫健委", "issued_on": now().date()}
    row = Certificate(**columns, person_id=ground.world.people[name], **paper)
    await add_row(session, row, "certificate", "create", ground.world.paths["home1"])
    return Row(row.id, party=name, ids=ids)


async def consent(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer's own; for giving one, with a signed sheet for those who record it."""
    name, ids, _ = await _subject(ground, session)
    notice = await _notice(ground, session, Purpose.SERVICE)
    if operation.name == "consent_give":
        form = {"purpose": "service", "evidence": "签字表 2026-7"}
        return Row(new_id(), party=name, ids=ids | {"notice_id": str(notice.id)}, form=form)
    row = await _agreed(ground, session, name, Purpose.SERVICE)
    return Row(row.id, party=name, ids=ids)


async def _notice(ground: Ground, session: AsyncSession, purpose: Purpose) -> PrivacyNotice:
    known = select(PrivacyNotice).where(
        PrivacyNotice.district_id == ground.world.district_id, PrivacyNotice.purpose == purpose
    )
    return (await session.scalars(known.order_by(PrivacyNotice.number).limit(1))).one()


async def _agreed(ground: Ground, session: AsyncSession, name: str, purpose: Purpose) -> Consent:
    person = ground.world.people[name]
    row = Consent(
        district_id=ground.world.district_id,
        id=new_id(),
        person_id=person,
        purpose=purpose,
        basis=LegalBasis.CONSENT,
        notice_id=(await _notice(ground, session, purpose)).id,
        separate=True,
        given_by=GivenBy.PERSON,
        giver_id=person,
        path=ground.world.paths["home1"],
    )
    await add_row(session, row, "consent", "give")
    return row


async def privacy_notice(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    found = await _notice(ground, session, Purpose.SERVICE)
    return Row(found.id, ids={"district_id": str(ground.world.district_id)})


async def rights_request(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer's, to have a copy of what is known of them."""
    name, ids, columns = await _subject(ground, session)
    row = RightsRequest(
        **columns,
        person_id=ground.world.people[name],
        asked_by=ground.world.people[name],
        kind=RightsKind.ACCESS,
        state=RightsState.RECEIVED,
        path=ground.world.paths["home1"],
        due_at=now() + timedelta(days=9),
    )
    if operation.name == "rights_request_submit":
        return Row(row.id, party=name, ids=ids, form={"kind": "access"})
    await add_row(session, row, "rights-request", "submit")
    return Row(row.id, party=name)


async def care_fact(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """An allergy of a newcomer who agreed to its being known."""
    name, ids, columns = await _subject(ground, session)
    agreed = await _agreed(ground, session, name, Purpose.HEALTH)
    if operation.name == "care_fact_create":
        return Row(columns["id"], party=name, ids=ids)
    person = await person_of(ground, session, name)
    facts = {"kind_sealed": CareKind.ALLERGY, "text_sealed": "青霉素过敏"}
    row = CareFact(
        **columns,
        person_id=person.id,
        **{
            column: ground.sealer.seal(text, person.district_id, "care_facts", column, columns["id"], person.secret)
            for column, text in facts.items()
        },
        consent_id=agreed.id,
        recorded_by=ground.world.people["community"],
    )
    await add_row(session, row, "care-fact", "create", ground.world.paths["home1"])
    return Row(row.id, party=name, ids=ids)


async def audit(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """An entry of the system's own."""
    entry = {"district_id": ground.world.district_id, "id": new_id(), "at": now(), "caller": Caller.SYSTEM}
    told = {"operation": "probe.look", "outcome": Outcome.DONE, "opened": [], "data": {}}
    await session.execute(insert(AuditEntry).values(entry | told))
    return Row(entry["id"])  # type: ignore[arg-type]
