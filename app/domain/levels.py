"""The levels 层级 at which an order is looked after: grid → community → subdistrict → district, one above the other.

Who answers for a level at a place is whoever holds its role there (DOMAIN.md, "authority"). What nobody at one level answers is
told to the next above, so that nothing is told to nobody.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from uuid import UUID

from app.domain.people import Role


class Level(StrEnum):
    """Named as the kind of place that it stands at."""

    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"


LEVEL_TITLES = {Level.GRID: "网格", Level.COMMUNITY: "社区", Level.SUBDISTRICT: "街道", Level.DISTRICT: "区"}
ROLE_OF = {
    Level.GRID: Role.GRID_WORKER,
    Level.COMMUNITY: Role.COMMUNITY_ADMIN,
    Level.SUBDISTRICT: Role.SUBDISTRICT_ADMIN,
    Level.DISTRICT: Role.DISTRICT_ADMIN,
}
LEVEL_OF = {role: level for level, role in ROLE_OF.items()}
_ORDER = tuple(Level)
DISPATCHES = frozenset({Level.GRID, Level.COMMUNITY})
"""Who sends orders out unless a level above has taken it over: the grid, and the community with it."""


def above(level: Level) -> Level | None:
    """The next level up; None above the district."""
    at = _ORDER.index(level) + 1
    return _ORDER[at] if at < len(_ORDER) else None


def is_above(level: Level, other: Level) -> bool:
    return _ORDER.index(level) > _ORDER.index(other)


def reaches(level: Level, lowest: Level, highest: Level) -> bool:
    """Whether a level lies between two others, both counted."""
    return _ORDER.index(lowest) <= _ORDER.index(level) <= _ORDER.index(highest)


def highest(levels: Iterable[Level]) -> Level | None:
    return max(levels, key=_ORDER.index, default=None)


def levels_of(roles: Iterable[Role]) -> list[Level]:
    """The levels that somebody with these roles answers for, the lowest first."""
    held = frozenset(roles)
    return [level for level in _ORDER if ROLE_OF[level] in held]


def answering(holders: Mapping[Role, set[UUID]], level: Level) -> set[UUID]:
    """Of those who hold roles at a place, whoever answers for the level; where there is nobody, for the next above."""
    at: Level | None = level
    while at is not None:
        if found := holders.get(ROLE_OF[at]):
            return found
        at = above(at)
    return set()
