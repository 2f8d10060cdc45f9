"""What is on record of seeded volunteers and party members: registration, membership, and the basis for it.

Written for people who are new only: whoever has left since, or withdrawn, is not made a member again by the next start.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.core.ids import seeded_id
from app.domain.catalogue import Skill
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.people import PartyStatus, Role
from app.services.seeding_people import SeededPerson

Row = dict[str, Any]
_OFFERS = {
    Skill.PLUMBING: "repair.plumbing",
    Skill.ELECTRICITY: "repair.electric",
    Skill.NURSING: "care.nursing",
    Skill.COUNSELLING: "counselling",
    Skill.LAW: "law.advice",
    Skill.TEACHING: "children.study",
    Skill.DIGITAL: "digital.help",
    Skill.HAIRCUT: "elder.haircut",
    Skill.ARTS: "culture",
}
"""skill → what a volunteer who has it registers for."""
_SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def volunteers(district: int, people: Iterable[SeededPerson], stamp: Row) -> list[Row]:
    """Registered by themselves."""
    return [
        {
            "district_id": district,
            "id": person.id,
            "categories": _categories(person),
            "entered_by": GivenBy.PERSON,
            "registered_at": _SINCE,
            **stamp,
        }
        for person in people
        if person.id_number is not None and any(role is Role.VOLUNTEER for role, _ in person.charges)
    ]


def _categories(person: SeededPerson) -> list[str]:
    """What their skills are asked for, and helping out."""
    return sorted({_OFFERS[skill] for skill in person.skills if skill in _OFFERS} | {"errand", "elder.visit"})


def members(people: Iterable[SeededPerson]) -> list[SeededPerson]:
    return [person for person in people if person.party_status is not PartyStatus.NONE]


def memberships(district: int, people: Iterable[SeededPerson], stamp: Row) -> list[Row]:
    """Since when; who reported in has made the three entries in the days after."""
    rows = []
    for person in members(people):
        dice = Random(f"{person.id}/membership")  # noqa: S311 - invents people, guards nothing
        since = date(2019, 1, 1) + timedelta(days=dice.randrange(5 * 365))
        entered = since + timedelta(days=dice.randrange(1, 14))
        reported = person.party_status is PartyStatus.REPORTED_IN
        names = ("grid_entered_on", "center_entered_on", "wechat_entered_on")
        entries = dict.fromkeys(names, entered if reported else None)
        rows.append({"district_id": district, "id": person.id, "since_on": since, **entries, **stamp})
    return rows


def consents(district: int, people: Iterable[SeededPerson], notice_id: UUID, stamp: Row) -> list[Row]:
    """Every member has agreed, by themselves and separately, to the first notice about it."""
    return [
        {
            "district_id": district,
            "id": seeded_id("consent", person.id, Purpose.PARTY),
            "person_id": person.id,
            "purpose": Purpose.PARTY,
            "basis": LegalBasis.CONSENT,
            "notice_id": notice_id,
            "separate": True,
            "given_by": GivenBy.PERSON,
            "giver_id": person.id,
            "path": person.home.path,
            "given_at": _SINCE,
            **stamp,
        }
        for person in members(people)
    ]
