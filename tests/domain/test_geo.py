"""Coordinates: GCJ-02 there and back, and distances."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.geo import Datum, LonLat, metres_between, to_gcj02, to_wgs84


def test_the_known_point() -> None:
    """Beijing, as public implementations of the offset print it."""
    lon, lat = to_gcj02(116.404, 39.915)
    assert isclose(lon, 116.41024449916938, abs_tol=1e-9)
    assert isclose(lat, 39.91640428150164, abs_tol=1e-9)


@given(st.floats(73.6, 135), st.floats(18, 53.5))
def test_there_and_back_is_within_a_millimetre(lon: float, lat: float) -> None:
    spot = to_wgs84(*to_gcj02(lon, lat), Datum.GCJ02)
    assert metres_between(spot, LonLat(lon, lat)) < 0.001


@given(st.floats(73.6, 135), st.floats(18, 53.5))
def test_the_offset_matters_and_is_bounded(lon: float, lat: float) -> None:
    """Taking one datum for the other would put a check-in hundreds of metres off."""
    assert 1 < metres_between(LonLat(lon, lat), LonLat(*to_gcj02(lon, lat))) < 1_500


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.86), (-74.0, 40.7), (151.2, -33.9), (180.0, 90.0), (-180.0, -90.0)])
def test_abroad_the_two_are_the_same(lon: float, lat: float) -> None:
    assert to_gcj02(lon, lat) == (lon, lat)
    assert to_wgs84(lon, lat, Datum.GCJ02) == LonLat(lon, lat)


def test_what_is_wgs84_stays() -> None:
    assert to_wgs84(111.65, 40.82, Datum.WGS84) == LonLat(111.65, 40.82)


def test_distances() -> None:
    assert isclose(metres_between(LonLat(0, 0), LonLat(0, 1)), 111_195, rel_tol=1e-5)
    assert isclose(metres_between(LonLat(0, 0), LonLat(180, 0)), 20_015_115, rel_tol=1e-6)
    assert metres_between(LonLat(111.65, 40.82), LonLat(111.65, 40.82)) == 0


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90))
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_around(
    lon: float, lat: float, other_lon: float, other_lat: float
) -> None:
    a, b = LonLat(lon, lat), LonLat(other_lon, other_lat)
    assert isclose(metres_between(a, b), metres_between(b, a), rel_tol=1e-9, abs_tol=1e-6)
    assert 0 <= metres_between(a, b) < 20_016_000
