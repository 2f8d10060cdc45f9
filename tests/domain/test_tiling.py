"""A community's grids leave no gap and do not overlap; the plane geometry that the rule stands on."""

from math import cos, radians

import pytest

from app.core.polygons import Ring, centre, contains, is_simple, metres_to_edge, opened, signed_area
from app.domain.tiling import tiling_fault

SQUARE: Ring = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0))
WEST: Ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0))
EAST: Ring = ((1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 2.0))
OUTER: Ring = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 2.0), (0.0, 2.0))


def test_cells_that_share_their_edges_tile() -> None:
    assert tiling_fault(OUTER, {"west": WEST, "east": EAST}) is None


def test_the_way_round_does_not_matter() -> None:
    assert tiling_fault(OUTER[::-1], {"west": WEST[::-1], "east": EAST}) is None


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"west": WEST}, "west leaves a gap"),
        ({"west": WEST, "again": WEST, "east": EAST}, "overlaps another grid"),
        ({"west": WEST, "east": ((1.1, 0.0), *EAST[1:])}, "west leaves a gap or an overlap"),
        ({"west": WEST, "east": ((0.9, 0.0), (2.0, 0.0), (2.0, 2.0), (0.9, 2.0))}, "west leaves a gap or an overlap"),
        ({"west": WEST, "east": ((1.0, 0.0), (2.0, 2.0), (2.0, 0.0), (1.0, 2.0))}, "east is not a simple polygon"),
        ({}, "no grid reaches the boundary"),
    ],
)
def test_gaps_and_overlaps_are_found(cells: dict[str, Ring], words: str) -> None:
    fault = tiling_fault(OUTER, cells)
    assert fault is not None
    assert words in fault


def test_a_hole_in_the_middle_is_found() -> None:
    ring: Ring = ((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (0.0, 3.0))
    inner: Ring = ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0))
    around = {
        "south": (ring[0], ring[1], inner[1], inner[0]),
        "east": (ring[1], ring[2], inner[2], inner[1]),
        "north": (ring[2], ring[3], inner[3], inner[2]),
        "west": (ring[3], ring[0], inner[0], inner[3]),
    }
    assert "leaves a gap" in (tiling_fault(ring, around) or "")
    assert tiling_fault(ring, around | {"middle": inner}) is None


def test_simple_rings_do_not_cross_themselves() -> None:
    assert is_simple(SQUARE)
    assert not is_simple(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)))
    assert not is_simple(((0.0, 0.0), (1.0, 0.0)))
    assert not is_simple(((0.0, 0.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0)))


def test_area_centre_inside_and_distance() -> None:
    block: Ring = tuple((111.65 + lon / 1000, 40.82 + lat / 1000) for lon, lat in SQUARE)
    assert signed_area(block) == pytest.approx(4 * 111.195**2 * cos(radians(40.82)), rel=1e-4)
    assert signed_area(block[::-1]) == pytest.approx(-signed_area(block), rel=1e-4)
    assert centre(SQUARE) == pytest.approx((1.0, 1.0))
    assert contains(SQUARE, (1.9, 0.1))
    assert not contains(SQUARE, (2.1, 1.0))
    assert metres_to_edge(SQUARE, (1.0, 0.001)) == pytest.approx(111.19493)


def test_geojson_rings_are_opened() -> None:
    assert opened([(0, 0), (2, 0), (2, 2), (0, 0)]) == ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0))
    assert opened(SQUARE) == SQUARE
