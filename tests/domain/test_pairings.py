"""Who may look after what, and from when to when."""

from datetime import date, timedelta

import pytest

from app.core.errors import RuleBroken
from app.domain.organizations import OrganizationKind
from app.domain.pairings import NEAREST_FIRST, PARTIES_OF, PLACE_OF, PairingLevel, must_fit, must_span, nearest_first
from app.domain.people import PartyStatus
from app.domain.places import PlaceKind

_L, _P, _O, _S = PairingLevel, PlaceKind, OrganizationKind, PartyStatus
TODAY = date(2026, 11, 29)


@pytest.mark.parametrize("level", list(PairingLevel))
@pytest.mark.parametrize("place", list(PlaceKind))
@pytest.mark.parametrize("unit", [*OrganizationKind, None])
def test_a_unit_fits_only_its_level_and_place(
    level: PairingLevel, place: PlaceKind, unit: OrganizationKind | None
) -> None:
    if PLACE_OF[level] is place and unit in PARTIES_OF[level]:
        must_fit(level, place, unit, None)
    else:
        with pytest.raises(RuleBroken):
            must_fit(level, place, unit, None)


@pytest.mark.parametrize(
    ("level", "place", "unit", "member", "fits"),
    [
        (_L.MEMBER, _P.HOUSEHOLD, None, _S.REGISTERED, True),
        (_L.MEMBER, _P.HOUSEHOLD, None, _S.REPORTED_IN, True),
        (_L.MEMBER, _P.HOUSEHOLD, None, _S.NONE, False),
        (_L.MEMBER, _P.ENTRANCE, None, _S.REGISTERED, False),
        (_L.BRANCH, _P.ENTRANCE, None, _S.REGISTERED, False),
        (_L.BRANCH, _P.ENTRANCE, _O.PARTY_BRANCH, _S.REGISTERED, False),
        (_L.MEMBER, _P.HOUSEHOLD, None, None, False),
    ],
)
def test_a_household_is_looked_after_by_one_party_member(
    level: PairingLevel, place: PlaceKind, unit: OrganizationKind | None, member: PartyStatus | None, fits: bool
) -> None:
    if fits:
        must_fit(level, place, unit, member)
    else:
        with pytest.raises(RuleBroken):
            must_fit(level, place, unit, member)


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(0, None, True), (-900, -1, True), (0, 0, True), (1, 0, False), (367, None, False), (0, 367, False)],
)
def test_days_go_forward_and_not_too_far(starts: int, ends: int | None, holds: bool) -> None:
    first = TODAY + timedelta(days=starts)
    last = None if ends is None else TODAY + timedelta(days=ends)
    if holds:
        must_span(first, last, TODAY)
    else:
        with pytest.raises(RuleBroken):
            must_span(first, last, TODAY)


def test_the_nearest_comes_first() -> None:
    assert nearest_first((level, level) for level in PairingLevel) == list(NEAREST_FIRST)
