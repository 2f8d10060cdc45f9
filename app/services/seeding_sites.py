"""Finds spots for invented buildings inside a grid: evenly spaced, in rows, clear of the grid's edge."""

from app.core.polygons import Position, Ring, contains, metres_to_edge, scale

WIDEST_M = 80.0
NARROWEST_M = 10.0
_TIGHTER = 0.93
CLEARANCE_M = 24.0
"""From a site to the grid's edge, so that the ends of a long building stay inside."""


def sites(ring: Ring, count: int) -> list[Position]:
    """``count`` spots, row by row from the north, at the widest spacing that fits them all.

    Raises ValueError when the ring is too small for them.
    """
    spacing = WIDEST_M
    while spacing >= NARROWEST_M:
        found = _lattice(ring, spacing)
        if len(found) >= count:
            return found[:count]
        spacing *= _TIGHTER
    raise ValueError(f"there is no room for {count} buildings {NARROWEST_M:.0f} m apart")


def _lattice(ring: Ring, spacing: float) -> list[Position]:
    per_lon, per_lat = scale(ring)
    west, east = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
    south, north = min(lat for _, lat in ring), max(lat for _, lat in ring)
    columns, rows = int((east - west) * per_lon / spacing), int((north - south) * per_lat / spacing)
    points = (
        (round(west + (column + 0.5) * spacing / per_lon, 6), round(north - (row + 0.5) * spacing / per_lat, 6))
        for row in range(rows + 1)
        for column in range(columns + 1)
    )
    return [point for point in points if contains(ring, point) and metres_to_edge(ring, point) >= CLEARANCE_M]


def along(point: Position, ring: Ring, number: int, of: int, spacing: float = 8.0) -> Position:
    """The ``number``-th of ``of`` entrances, counted from 0, in a row from west to east around the point."""
    per_lon, _ = scale(ring)
    return round(point[0] + (number - (of - 1) / 2) * spacing / per_lon, 6), point[1]
