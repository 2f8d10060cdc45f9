"""Coordinates. Everything stored and answered is WGS-84; GCJ-02 is converted where it comes in.

The GCJ-02 offset has no published standard text; the formula below is the one that public implementations agree on
(Krasovsky 1940 ellipsoid, a = 6378245 m, e² = 0.00669342162296594323). Its inverse is found by fixed-point iteration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, degrees, pi, radians, sin, sqrt

_A = 6_378_245.0
_E2 = 0.006_693_421_622_965_943_23
_EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class LonLat:
    """A position in degrees, WGS-84."""

    lon: float
    lat: float


def _wave(value: float, *periods: tuple[float, float]) -> float:
    return sum(amplitude * sin(value * pi * factor) for amplitude, factor in periods) * 2 / 3


def _offset(lon: float, lat: float) -> tuple[float, float]:
    """The GCJ-02 shift in degrees (lon, lat) at a WGS-84 position."""
    x, y = lon - 105.0, lat - 35.0
    root, ripple = sqrt(abs(x)), _wave(x, (20, 6), (20, 2))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += _wave(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += _wave(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    flat = 1 - _E2 * sin(radians(lat)) ** 2
    d_lat = north * 180 / (_A * (1 - _E2) / (flat * sqrt(flat)) * pi)
    d_lon = east * 180 / (_A / sqrt(flat) * cos(radians(lat)) * pi)
    return d_lon, d_lat


def _inside_china(lon: float, lat: float) -> bool:
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """WGS-84 to GCJ-02; outside China the two are the same."""
    if not _inside_china(lon, lat):
        return lon, lat
    d_lon, d_lat = _offset(lon, lat)
    return lon + d_lon, lat + d_lat


def to_wgs84(lon: float, lat: float, datum: Datum) -> LonLat:
    """A position in the given datum as WGS-84, to better than a millimetre."""
    if datum is Datum.WGS84:
        return LonLat(lon, lat)
    x, y = lon, lat
    for _ in range(6):
        gx, gy = to_gcj02(x, y)
        x, y = x + lon - gx, y + lat - gy
    return LonLat(x, y)


def metres_between(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres (haversine)."""
    return metres_from(a)(b.lon, b.lat)


def metres_from(a: LonLat) -> Callable[[float, float], float]:
    """The distances of many positions, given as (lon, lat), from one."""
    lon_a, lat_a = radians(a.lon), radians(a.lat)
    cos_a = cos(lat_a)

    def metres(lon: float, lat: float) -> float:
        lat_b = radians(lat)
        h = sin((lat_b - lat_a) / 2) ** 2 + cos_a * cos(lat_b) * sin((radians(lon) - lon_a) / 2) ** 2
        return 2 * _EARTH_M * asin(sqrt(min(1.0, h)))

    return metres


_MILLIMETRE = 0.001
"""Nearer than that, points far apart in floats have no distance any more."""


def box_around(centre: LonLat, metres: float) -> tuple[LonLat, LonLat]:
    """Its south-western and north-eastern corners: everything within so many metres lies in it, and some more.

    The meridian through the centre is the shortest way to a parallel. To a meridian it is asin(sin r / cos φ) for the angle r
    of the distance, as long as that reaches over no pole.
    """
    angle = min((metres * (1 + 1e-9) + _MILLIMETRE) / _EARTH_M, pi)
    lat, wide = radians(centre.lat), pi
    if abs(lat) + angle < pi / 2:
        wide = asin(min(1.0, sin(angle) / cos(lat)))
    high, far = degrees(angle), degrees(wide)
    return LonLat(centre.lon - far, centre.lat - high), LonLat(centre.lon + far, centre.lat + high)
