"""Whom a need affects where they live, by its place's kind and its privacy."""

import pytest

from app.domain.affected import affects
from app.domain.needs import Privacy
from app.domain.places import PlaceKind

K = PlaceKind
GRID = "150103/001/01/02/"
COMPOUND, BUILDING, ENTRANCE, HOME = f"{GRID}03/", f"{GRID}03/1/", f"{GRID}03/1/2/", f"{GRID}03/1/2/301/"
NEXT_DOOR, NEXT_ENTRANCE = f"{ENTRANCE}302/", f"{BUILDING}3/101/"
NEXT_BUILDING, NEXT_COMPOUND = f"{COMPOUND}2/1/101/", f"{GRID}04/1/1/101/"
NEXT_GRID = "150103/001/01/03/01/1/1/101/"
HOMES = (HOME, NEXT_DOOR, NEXT_ENTRANCE, NEXT_BUILDING, NEXT_COMPOUND, NEXT_GRID)


@pytest.mark.parametrize(
    ("kind", "path", "near"),
    [
        (K.HOUSEHOLD, HOME, 1),
        (K.ENTRANCE, ENTRANCE, 2),
        (K.BUILDING, BUILDING, 3),
        (K.COMPOUND, COMPOUND, 4),
        (K.GRID, GRID, 5),
        (K.SHOP, f"{GRID}shop1/", 5),
        (K.OFFICE_BUILDING, f"{GRID}office1/", 5),
        (K.VENUE, f"{GRID}venue1/", 5),
        (K.VENUE, "150103/001/01/venue2/", 6),
        (K.COMMUNITY, "150103/001/01/", 6),
    ],
)
def test_it_affects_who_lives_where_it_is(kind: PlaceKind, path: str, near: int) -> None:
    """``near``: how many of the homes, from the nearest on, are of the area."""
    for privacy in (Privacy.PUBLIC, Privacy.COMMUNITY):
        assert [affects(privacy, kind, path, home) for home in HOMES] == [i < near for i in range(len(HOMES))]
    assert not any(affects(Privacy.HANDLERS, kind, path, home) for home in HOMES)


def test_who_has_no_home_on_record_lives_nowhere_near() -> None:
    """Of a record without a door the path is the community's: it lies in no building."""
    assert not affects(Privacy.PUBLIC, K.BUILDING, BUILDING, "150103/001/01/")
    assert not affects(Privacy.PUBLIC, K.ENTRANCE, f"{BUILDING}2/", f"{BUILDING}20/1/"), "codes are closed by a slash"
