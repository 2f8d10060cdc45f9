"""Plane geometry of small rings of (lon, lat) in WGS-84: area, inside or not, distance to the edge.

A ring is simple, without holes, and does not repeat its first corner at the end. Lengths are in metres on the plane that
touches the Earth at the ring: over a city district the error stays below one part in a thousand.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from math import cos, hypot, radians

Position = tuple[float, float]
"""(lon, lat) in degrees, WGS-84."""
Ring = tuple[Position, ...]
Edge = tuple[Position, Position]

METRES_A_DEGREE = 111_194.93
"""One degree of latitude on a sphere with the Earth's mean radius of 6 371 008.8 m."""


def opened(corners: Iterable[Position]) -> Ring:
    """The corners as a ring: GeoJSON repeats the first corner at the end (RFC 7946 §3.1.6), a ring here does not."""
    ring = tuple((float(lon), float(lat)) for lon, lat in corners)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def edges(ring: Ring) -> Iterator[Edge]:
    yield from zip(ring, (*ring[1:], *ring[:1]), strict=True)


def scale(ring: Ring) -> Position:
    """Metres of one degree of longitude and one of latitude at the ring."""
    return METRES_A_DEGREE * cos(radians(ring[0][1])), METRES_A_DEGREE


def signed_area(ring: Ring) -> float:
    """Square metres; positive when the corners run counter-clockwise."""
    lon_0, lat_0 = ring[0]
    twice = sum((ax - lon_0) * (by - lat_0) - (bx - lon_0) * (ay - lat_0) for (ax, ay), (bx, by) in edges(ring))
    per_lon, per_lat = scale(ring)
    return twice / 2 * per_lon * per_lat


def contains(ring: Ring, point: Position) -> bool:
    """Whether the point lies inside: a ray to the east crosses the ring an odd number of times."""
    lon, lat = point
    inside = False
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def metres_to_edge(ring: Ring, point: Position) -> float:
    """The distance from the point to the nearest edge."""
    per_lon, per_lat = scale(ring)
    lon, lat = point

    def to(edge: Edge) -> float:
        ax, ay, bx, by = (
            (c - o) * m for corner in edge for c, o, m in zip(corner, (lon, lat), (per_lon, per_lat), strict=True)
        )
        dx, dy = bx - ax, by - ay
        along = -(ax * dx + ay * dy) / ((dx * dx + dy * dy) or 1.0)
        at = min(1.0, max(0.0, along))
        return hypot(ax + at * dx, ay + at * dy)

    return min(to(edge) for edge in edges(ring))


def _turn(a: Position, b: Position, c: Position) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(one: Edge, other: Edge) -> bool:
    """Whether two edges without a common corner meet."""
    if set(one) & set(other):
        return False
    (a, b), (c, d) = one, other
    return _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0


def is_simple(ring: Ring) -> bool:
    """At least three different corners, and no two edges that meet elsewhere than at a common corner."""
    if len(ring) < 3 or len(set(ring)) != len(ring):
        return False
    from_the_west = sorted(edges(ring), key=lambda edge: min(edge)[0])
    for place, one in enumerate(from_the_west):
        for other in islice(from_the_west, place + 1, None):
            if min(other)[0] > max(one)[0]:
                break
            if _cross(one, other):
                return False
    return True


def centre(ring: Ring) -> Position:
    """The centroid of the area; of a bent ring it may lie outside."""
    lon_0, lat_0 = ring[0]
    twice = x = y = 0.0
    for (ax, ay), (bx, by) in edges(tuple((lon - lon_0, lat - lat_0) for lon, lat in ring)):
        part = ax * by - bx * ay
        twice, x, y = twice + part, x + (ax + bx) * part, y + (ay + by) * part
    return lon_0 + x / (3 * twice), lat_0 + y / (3 * twice)
