"""Pairings 结对包联: who looks after a compound, a building, an entrance, a household. One at a place and level on any day.

单位包小区、党总支包楼栋、党支部包单元、党员包户: the practice of 体委小区.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from app.core.errors import RuleBroken
from app.domain.organizations import OrganizationKind
from app.domain.people import PartyStatus
from app.domain.places import PlaceKind


class PairingLevel(StrEnum):
    WORK_UNIT = "work_unit"
    GENERAL_BRANCH = "general_branch"
    BRANCH = "branch"
    MEMBER = "member"


class PairingEnd(StrEnum):
    TERM = "term"
    REPLACED = "replaced"
    MOVED = "moved"
    LEFT = "left"
    MISTAKE = "mistake"
    """It never was: the days it names are free for another."""


_L, _P, _O, _E = PairingLevel, PlaceKind, OrganizationKind, PairingEnd
LEVEL_NAMES = {
    _L.WORK_UNIT: "单位包小区",
    _L.GENERAL_BRANCH: "党总支包楼栋",
    _L.BRANCH: "党支部包单元",
    _L.MEMBER: "党员包户",
}
END_NAMES = {
    _E.TERM: "期满",
    _E.REPLACED: "调整",
    _E.MOVED: "搬离",
    _E.LEFT: "转出或退出",
    _E.MISTAKE: "误登",
}
PLACE_OF: dict[PairingLevel, PlaceKind] = {
    _L.WORK_UNIT: _P.COMPOUND,
    _L.GENERAL_BRANCH: _P.BUILDING,
    _L.BRANCH: _P.ENTRANCE,
    _L.MEMBER: _P.HOUSEHOLD,
}
PARTIES_OF: dict[PairingLevel, frozenset[OrganizationKind]] = {
    _L.WORK_UNIT: frozenset({_O.WORK_UNIT, _O.SPONSOR_UNIT, _O.PARTNER_UNIT, _O.DEPARTMENT, _O.PARTY_COMMITTEE}),
    _L.GENERAL_BRANCH: frozenset({_O.GENERAL_BRANCH}),
    _L.BRANCH: frozenset({_O.PARTY_BRANCH}),
    _L.MEMBER: frozenset(),
}
"""Which organizations may take a place of the level: of a household only a person does. A compound is taken by a unit or its party
committee (单位党委包联小区).
"""
NEAREST_FIRST = (_L.MEMBER, _L.BRANCH, _L.GENERAL_BRANCH, _L.WORK_UNIT)
AHEAD = timedelta(days=366)
"""How far ahead a pairing may be agreed on or end."""
T = TypeVar("T")


def must_fit(level: PairingLevel, place: PlaceKind, unit: OrganizationKind | None, member: PartyStatus | None) -> None:
    """Refuse a level that is not the place's, or a party that is not the level's. ``unit`` and ``member``: whichever is named."""
    if PLACE_OF[level] is not place:
        raise RuleBroken(f"“{LEVEL_NAMES[level]}”不对应这一级地点", field="place_id")
    if (unit is None) == (member is None):
        raise RuleBroken("结对方须是一个单位或一个人，二者择一", field="organization_id")
    if level is PairingLevel.MEMBER:
        _must_be_a_member(member)
    elif unit is None:
        raise RuleBroken(f"“{LEVEL_NAMES[level]}”的结对方是单位或党组织", field="organization_id")
    elif unit not in PARTIES_OF[level]:
        raise RuleBroken(f"此类单位不能承担“{LEVEL_NAMES[level]}”", field="organization_id")


def _must_be_a_member(member: PartyStatus | None) -> None:
    if member is None:
        raise RuleBroken("党员包户须写明是哪位党员", field="person_id")
    if member is PartyStatus.NONE:
        raise RuleBroken("此人未登记为在册党员或报到党员", field="person_id")


def must_span(starts_on: date, ends_on: date | None, today: date) -> None:
    """Refuse days that are the wrong way round or too far ahead."""
    if starts_on > today + AHEAD:
        raise RuleBroken("开始日期不能晚于一年以后", field="starts_on")
    if ends_on is not None and not starts_on <= ends_on <= today + AHEAD:
        raise RuleBroken("最后一日不能早于开始日期，也不能晚于一年以后", field="ends_on")


def day_before(starts_on: date) -> date:
    return starts_on - timedelta(days=1)


def nearest_first(rows: Iterable[tuple[PairingLevel, T]]) -> list[T]:
    """From the door outward: the household's, the entrance's, the building's, the compound's."""
    return [row for _, row in sorted(rows, key=lambda pair: NEAREST_FIRST.index(pair[0]))]
