"""The member units of a seeded community's joint committee, each with whoever speaks for it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import seeded_id
from app.models import CommitteeMember
from app.services.seeding_organizations import SeededOrganization
from app.services.seeding_people import SeededPerson

_SINCE = date(2024, 1, 1)
"""When seeded units joined: when the authority of seeded people began."""


async def missing(
    session: AsyncSession,
    district: int,
    organizations: Mapping[str, Sequence[SeededOrganization]],
    people: Mapping[str, Sequence[SeededPerson]],
    stamp: dict[str, Any],
) -> list[dict[str, Any]]:
    """Rows of those that were never in a committee: who left since does not come back by seeding again."""
    known = select(CommitteeMember.organization_id).where(CommitteeMember.district_id == district)
    there = set(await session.scalars(known))
    return [
        _row(district, code, unit, people[code]) | stamp
        for code, units in organizations.items()
        for unit in units
        if unit.joint_committee and unit.id not in there
    ]


def _row(district: int, code: str, unit: SeededOrganization, people: Sequence[SeededPerson]) -> dict[str, Any]:
    path = unit.place.path
    speaks = (p.id for p in people if p.organization_id == unit.id and unit.liaison_role in {r for r, _ in p.charges})
    return {
        "district_id": district,
        "id": seeded_id("committee-member", unit.id),
        "community_id": unit.place.community_id,
        "path": path[: path.index(f"/{code}/") + len(code) + 2],
        "organization_id": unit.id,
        "liaison_id": next(speaks, None),
        "joined_on": _SINCE,
    }
