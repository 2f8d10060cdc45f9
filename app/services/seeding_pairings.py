"""The pairings 结对包联 of the demonstration's door: the unit of its compound, and the party member of its household.

The unit is the one that a neighbour with a demonstration account belongs to. No branch is paired: its members would be asked
before the neighbours that ``make demo`` can sign in as.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import seeded_id
from app.domain.pairings import PLACE_OF, PairingLevel
from app.domain.people import PartyStatus
from app.domain.places import PlaceKind
from app.models import Pairing
from app.services.seeding_people import SeededPerson, find_homes
from app.services.seeding_places import SeededCommunity, SeededDistrict, SeededPlace

_SINCE = date(2024, 1, 1)
"""When the authority of seeded people began."""


async def missing(
    session: AsyncSession,
    district: int,
    ground: SeededDistrict,
    people: Mapping[str, Sequence[SeededPerson]],
    stamp: dict[str, Any],
) -> list[dict[str, Any]]:
    """Rows of places that never had any: what people agreed on or ended since is theirs."""
    there = set(await session.scalars(select(Pairing.place_id).where(Pairing.district_id == district)))
    by_id = {place.id: place for place in ground.places}
    return [
        _row(district, level, place, unit, person) | stamp
        for community in ground.communities
        for level, place, unit, person in _of(community, people, by_id)
        if place.id not in there
    ]


def _of(
    ground: SeededCommunity,
    people: Mapping[str, Sequence[SeededPerson]],
    places: Mapping[UUID, SeededPlace],
) -> Iterator[tuple[PairingLevel, SeededPlace, UUID | None, UUID | None]]:
    """Level, place, organization, person."""
    door = find_homes(ground.grids).shown[0]
    above = {place.kind: place for place in _chain(door, places)}
    here = people[ground.community.code]
    members = [p for p in here if p.party_status is PartyStatus.REGISTERED]
    units = [p.organization_id for p in here if p.party_status is PartyStatus.REPORTED_IN and p.organization_id]
    if units:
        yield PairingLevel.WORK_UNIT, above[PLACE_OF[PairingLevel.WORK_UNIT]], units[0], None
    if members:
        yield PairingLevel.MEMBER, door, None, members[0].id


def _chain(door: SeededPlace, places: Mapping[UUID, SeededPlace]) -> Iterator[SeededPlace]:
    """The door and what stands above it, up to its compound."""
    place = door
    yield place
    while place.kind is not PlaceKind.COMPOUND and place.parent_id is not None:
        place = places[place.parent_id]
        yield place


def _row(
    district: int, level: PairingLevel, place: SeededPlace, unit: UUID | None, person: UUID | None
) -> dict[str, Any]:
    return {
        "district_id": district,
        "id": seeded_id("pairing", level.value, place.path),
        "level": level,
        "place_id": place.id,
        "path": place.path,
        "organization_id": unit,
        "person_id": person,
        "starts_on": _SINCE,
    }
