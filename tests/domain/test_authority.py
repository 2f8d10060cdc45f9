"""Who may give which role where: the whole table, and the rules around it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.core.errors import Forbidden, RuleBroken
from app.domain import authority
from app.domain.authority import EXCLUSIVE, GIVES, KINDS, LAID_DOWN, STAFF, Charge
from app.domain.people import SEPARATED, Role
from app.domain.places import PlaceKind

R, K = Role, PlaceKind
AT = {
    K.DISTRICT: "150103/",
    K.SUBDISTRICT: "150103/001/",
    K.COMMUNITY: "150103/001/005/",
    K.GRID: "150103/001/005/02/",
    K.COMPOUND: "150103/001/005/02/1/",
    K.BUILDING: "150103/001/005/02/1/1/",
    K.ENTRANCE: "150103/001/005/02/1/1/1/",
    K.HOUSEHOLD: "150103/001/005/02/1/1/1/101/",
    K.OFFICE_BUILDING: "150103/001/005/02/office/",
    K.SHOP: "150103/001/005/02/shop/",
    K.VENUE: "150103/001/005/venue/",
}
SEAT = {
    R.SECURITY_ADMIN: K.DISTRICT,
    R.DISTRICT_ADMIN: K.DISTRICT,
    R.SUBDISTRICT_ADMIN: K.SUBDISTRICT,
    R.COMMUNITY_ADMIN: K.COMMUNITY,
    R.GRID_WORKER: K.GRID,
}
NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)

WANTED: dict[tuple[Role, Role], set[PlaceKind]] = {
    (R.SECURITY_ADMIN, R.DISTRICT_ADMIN): {K.DISTRICT},
    (R.SECURITY_ADMIN, R.SUBDISTRICT_ADMIN): {K.SUBDISTRICT},
    (R.SECURITY_ADMIN, R.COMMUNITY_ADMIN): {K.COMMUNITY},
    (R.SECURITY_ADMIN, R.GRID_WORKER): {K.GRID},
    (R.SECURITY_ADMIN, R.AUDITOR): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.SECURITY_ADMIN, R.DEPARTMENT_STAFF): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.SECURITY_ADMIN, R.UNIT_LIAISON): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.SECURITY_ADMIN, R.SOCIAL_ORG_MANAGER): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.DISTRICT_ADMIN, R.SUBDISTRICT_ADMIN): {K.SUBDISTRICT},
    (R.DISTRICT_ADMIN, R.COMMUNITY_ADMIN): {K.COMMUNITY},
    (R.DISTRICT_ADMIN, R.GRID_WORKER): {K.GRID},
    (R.DISTRICT_ADMIN, R.DEPARTMENT_STAFF): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.DISTRICT_ADMIN, R.UNIT_LIAISON): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.DISTRICT_ADMIN, R.SOCIAL_ORG_MANAGER): {K.DISTRICT, K.SUBDISTRICT, K.COMMUNITY},
    (R.DISTRICT_ADMIN, R.VOLUNTEER): {K.COMMUNITY, K.GRID},
    (R.DISTRICT_ADMIN, R.PARTY_MEMBER): {K.COMMUNITY, K.GRID},
    (R.DISTRICT_ADMIN, R.RESIDENT): {K.COMMUNITY, K.GRID},
    (R.SUBDISTRICT_ADMIN, R.COMMUNITY_ADMIN): {K.COMMUNITY},
    (R.SUBDISTRICT_ADMIN, R.GRID_WORKER): {K.GRID},
    (R.SUBDISTRICT_ADMIN, R.DEPARTMENT_STAFF): {K.SUBDISTRICT, K.COMMUNITY},
    (R.SUBDISTRICT_ADMIN, R.UNIT_LIAISON): {K.SUBDISTRICT, K.COMMUNITY},
    (R.SUBDISTRICT_ADMIN, R.SOCIAL_ORG_MANAGER): {K.SUBDISTRICT, K.COMMUNITY},
    (R.SUBDISTRICT_ADMIN, R.VOLUNTEER): {K.COMMUNITY, K.GRID},
    (R.SUBDISTRICT_ADMIN, R.PARTY_MEMBER): {K.COMMUNITY, K.GRID},
    (R.SUBDISTRICT_ADMIN, R.RESIDENT): {K.COMMUNITY, K.GRID},
    (R.COMMUNITY_ADMIN, R.GRID_WORKER): {K.GRID},
    (R.COMMUNITY_ADMIN, R.UNIT_LIAISON): {K.COMMUNITY},
    (R.COMMUNITY_ADMIN, R.SOCIAL_ORG_MANAGER): {K.COMMUNITY},
    (R.COMMUNITY_ADMIN, R.VOLUNTEER): {K.COMMUNITY, K.GRID},
    (R.COMMUNITY_ADMIN, R.PARTY_MEMBER): {K.COMMUNITY, K.GRID},
    (R.COMMUNITY_ADMIN, R.RESIDENT): {K.COMMUNITY, K.GRID},
    (R.GRID_WORKER, R.RESIDENT): {K.GRID},
    (R.GRID_WORKER, R.VOLUNTEER): {K.GRID},
}
"""giver at their usual place, role → kinds of place; whatever is not here is refused."""


def refusal(charges: list[Charge], role: Role, kind: PlaceKind, ends_at: datetime | None = None) -> str:
    try:
        found = authority.check_giver(charges, role, AT[kind])
        authority.check_terms(found, role, kind, ends_at)
    except Forbidden:
        return "forbidden"
    except RuleBroken as broken:
        return str(broken.members["field"])
    return ""


@pytest.mark.parametrize("giver", Role)
def test_every_giver_every_role_every_kind_of_place(giver: Role) -> None:
    charge = Charge(giver, AT[SEAT.get(giver, K.DISTRICT)])
    for role, kind in product(Role, PlaceKind):
        allowed = kind in WANTED.get((giver, role), ())
        assert (refusal([charge], role, kind) == "") == allowed, (giver, role, kind)


def test_nobody_gives_what_outranks_them() -> None:
    """Ranks by the size of what the role rules; the separated administrators and the auditor are given by none of the line."""
    rank = {R.DISTRICT_ADMIN: 4, R.SUBDISTRICT_ADMIN: 3, R.COMMUNITY_ADMIN: 2, R.GRID_WORKER: 1}
    for giver in rank.keys() & GIVES.keys():
        assert {role for role in GIVES[giver] if rank.get(role, 0) >= rank[giver]} == set()
        assert R.AUDITOR not in GIVES[giver]
    given = frozenset().union(*GIVES.values())
    assert given & (SEPARATED | {R.CLIENT}) == set()
    assert GIVES[R.SECURITY_ADMIN] == STAFF


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_kinds_of_place(role: Role) -> None:
    assert bool(KINDS[role]) == (role is not R.CLIENT)


def test_the_place_lies_in_the_givers_own() -> None:
    admin = Charge(R.COMMUNITY_ADMIN, AT[K.COMMUNITY])
    for path in ("150103/001/006/01/", "150103/001/0055/01/", "150103/001/", "150104/001/005/02/"):
        with pytest.raises(Forbidden):
            authority.check_giver([admin], R.GRID_WORKER, path)


@pytest.mark.parametrize(
    ("own", "given", "refused"),
    [
        (None, None, ""),
        (None, NOON, ""),
        (NOON, NOON - DAY, ""),
        (NOON, NOON, ""),
        (NOON, NOON + timedelta(microseconds=1), "ends_at"),
        (NOON, None, "ends_at"),
    ],
)
def test_what_is_given_does_not_outlast_the_giver(own: datetime | None, given: datetime | None, refused: str) -> None:
    charge = Charge(R.COMMUNITY_ADMIN, AT[K.COMMUNITY], own)
    assert refusal([charge], R.GRID_WORKER, K.GRID, given) == refused
    lasting = Charge(R.SUBDISTRICT_ADMIN, AT[K.SUBDISTRICT])
    assert refusal([charge, lasting], R.GRID_WORKER, K.GRID, given) == "", "one charge that lasts is enough"


def test_a_lent_role_gives_nothing_and_takes() -> None:
    lent = Charge(R.COMMUNITY_ADMIN, AT[K.COMMUNITY], NOON, lent=True)
    assert refusal([lent], R.GRID_WORKER, K.GRID, NOON) == "forbidden"
    assert authority.may_take([lent], R.GRID_WORKER, AT[K.GRID])
    assert not authority.may_take([lent], R.COMMUNITY_ADMIN, AT[K.COMMUNITY])
    assert not authority.may_take([Charge(R.AUDITOR, AT[K.DISTRICT])], R.GRID_WORKER, AT[K.GRID])


def test_what_may_be_laid_down() -> None:
    assert frozenset(Role) - LAID_DOWN == SEPARATED | {R.CLIENT, R.RESIDENT}
    assert EXCLUSIVE == STAFF | SEPARATED
    assert STAFF & {R.RESIDENT, R.VOLUNTEER, R.PARTY_MEMBER, R.CLIENT} == set()


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (NOON, None, ""),
        (NOON, NOON + DAY, ""),
        (NOON + DAY, NOON + 2 * DAY, ""),
        (NOON - DAY, None, "starts_at"),
        (NOON, NOON, "ends_at"),
        (NOON + DAY, NOON, "ends_at"),
    ],
)
def test_a_span_begins_now_and_has_a_length(starts: datetime, ends: datetime | None, field: str) -> None:
    if not field:
        authority.check_span(starts, ends, NOON)
        return
    with pytest.raises(RuleBroken) as broken:
        authority.check_span(starts, ends, NOON)
    assert broken.value.members["field"] == field


@pytest.mark.parametrize(
    ("own", "lent"),
    [
        ((-9, None), (0, 5)),
        ((-9, 9), (0, 5)),
        ((-9, 3), (0, 3)),
        ((2, None), (2, 5)),
        ((2, 3), (2, 3)),
        ((-9, 0), None),
        ((5, None), None),
    ],
)
def test_lending_never_goes_beyond_the_role_or_the_absence(
    own: tuple[int, int | None], lent: tuple[int, int] | None
) -> None:
    start, end = NOON + own[0] * DAY, None if own[1] is None else NOON + own[1] * DAY
    wanted = None if lent is None else (NOON + lent[0] * DAY, NOON + lent[1] * DAY)
    assert authority.lent_until(start, end, NOON, NOON + 5 * DAY) == wanted


@pytest.mark.parametrize(
    ("absent", "substitute", "near"),
    [
        (K.GRID, Charge(R.GRID_WORKER, "150103/001/005/09/"), True),
        (K.GRID, Charge(R.COMMUNITY_ADMIN, AT[K.COMMUNITY]), True),
        (K.GRID, Charge(R.DISTRICT_ADMIN, AT[K.DISTRICT]), True),
        (K.GRID, Charge(R.GRID_WORKER, "150103/001/006/01/"), False),
        (K.COMMUNITY, Charge(R.GRID_WORKER, AT[K.GRID]), True),
        (K.COMMUNITY, Charge(R.COMMUNITY_ADMIN, "150103/001/006/"), False),
        (K.SUBDISTRICT, Charge(R.COMMUNITY_ADMIN, "150103/001/006/"), True),
        (K.SUBDISTRICT, Charge(R.COMMUNITY_ADMIN, "150103/002/001/"), False),
        (K.GRID, Charge(R.VOLUNTEER, AT[K.GRID]), False),
        (K.GRID, Charge(R.SECURITY_ADMIN, AT[K.DISTRICT]), False),
        (K.GRID, Charge(R.GRID_WORKER, AT[K.GRID], NOON, lent=True), False),
    ],
)
def test_a_substitute_is_staff_of_the_same_subtree(absent: PlaceKind, substitute: Charge, near: bool) -> None:
    assert bool(authority.standing_near(AT[absent], [substitute])) == near


@pytest.mark.parametrize(("days", "last"), [((1, 3, 2), 3), ((1, None), None), ((4,), 4), ((), None)])
def test_the_last_of_several_charges_ends(days: tuple[int | None, ...], last: int | None) -> None:
    def at(day: int | None) -> datetime | None:
        return None if day is None else NOON + day * DAY

    assert authority.last_end([Charge(R.GRID_WORKER, AT[K.GRID], at(day)) for day in days]) == at(last)


def test_what_is_lent_lies_in_one_place() -> None:
    assert authority.common_path([AT[K.GRID]]) == AT[K.GRID]
    assert authority.common_path([AT[K.GRID], "150103/001/005/09/"]) == AT[K.COMMUNITY]
    assert authority.common_path([AT[K.GRID], "150103/0011/"]) == AT[K.DISTRICT]
