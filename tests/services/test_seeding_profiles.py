"""Seeded volunteers and members are on record as such, with numbers that are nobody's; and stay out when they have left."""

from datetime import date
from typing import Any

from sqlalchemy import delete, func, select

from app.core.db import Database
from app.domain.consents import Purpose
from app.domain.identity_numbers import read
from app.domain.people import PartyStatus, Role
from app.domain.profiles import Sex
from app.models import Consent, PartyMembership, PrivacyNotice, Volunteer
from app.services import people_seal
from app.services.seeding_catalogue import catalogue
from tests.seeded import CODE, SEALER, SEEDS, Seeded, rows_of, seed

TODAY = date(2026, 11, 24)


async def test_volunteers_have_the_eight_fields(owner: Database, seeded: Seeded) -> None:
    people = {person.id: person for person in seeded.people}
    async with owner.transaction(CODE) as session:
        volunteers = await rows_of(session, Volunteer)
    assert {row.id for row in volunteers} == {g.person_id for g in seeded.grants if g.role is Role.VOLUNTEER}
    numbers = set()
    for row in volunteers:
        person = people[row.id]
        told = read(people_seal.opened(SEALER, person, "id_number") or "", TODAY)
        assert told.value[:6] == "150100", "the city's own code, which no person's number has"
        assert told.birth_date.isoformat() == people_seal.opened(SEALER, person, "birth_date")
        assert told.sex is person.sex
        assert people_seal.opened(SEALER, person, "phone")
        assert set(row.categories) <= {node["code"] for node in catalogue(SEEDS)}
        assert row.categories
        numbers.add(told.value)
    assert len(numbers) == len(volunteers)


async def test_members_are_on_record_on_a_basis(owner: Database, seeded: Seeded) -> None:
    members = {person.id: person for person in seeded.people if person.party_status is not PartyStatus.NONE}
    async with owner.transaction(CODE) as session:
        rows = await rows_of(session, PartyMembership)
        consents = await rows_of(session, Consent)
        notices = {notice.id: notice.purpose for notice in await rows_of(session, PrivacyNotice)}
    assert {row.id for row in rows} == members.keys() == {row.person_id for row in consents}
    assert {notices[row.notice_id] for row in consents} == {Purpose.PARTY}
    for row in rows:
        entries = [row.grid_entered_on, row.center_entered_on, row.wechat_entered_on]
        if members[row.id].party_status is PartyStatus.REPORTED_IN:
            assert all(entry > row.since_on for entry in entries)
        else:
            assert entries == [None, None, None]


def test_everybody_has_a_sex_and_a_birth_date_of_an_adult(seeded: Seeded) -> None:
    assert {person.sex for person in seeded.people} == set(Sex)
    born = [date.fromisoformat(people_seal.opened(SEALER, person, "birth_date") or "") for person in seeded.people]
    assert date(1943, 1, 1) <= min(born)
    assert max(born) < date(2004, 1, 1)
    assert not any(person.minor for person in seeded.people)
    assert all(person.name_birth_index for person in seeded.people)


async def test_who_has_left_is_not_brought_back(owner: Database, seeded: Seeded) -> None:
    """Consents withdrawn, memberships and volunteers deleted: the next start must not write them again."""
    models: tuple[Any, ...] = (PartyMembership, Volunteer)
    kept: dict[Any, Any] = {}
    async with owner.transaction(CODE) as session:
        for model in models:
            row = (await session.scalars(select(model).where(model.district_id == CODE).limit(1))).one()
            kept[model] = {column.key: getattr(row, column.key) for column in row.__mapper__.columns}
            await session.execute(delete(model).where(model.district_id == CODE, model.id == row.id))
    report, _ = await seed(owner)
    async with owner.transaction(CODE) as session:
        for model, values in kept.items():
            gone = select(func.count()).select_from(model).where(model.district_id == CODE, model.id == values["id"])
            assert await session.scalar(gone) == 0
            session.add(model(**values))
    assert not report.changed
