"""Grids tile their community: every spot belongs to exactly one grid (DOMAIN.md, "A coordinate resolves to its grid").

The proof needs no arithmetic of overlaps. All rings are simple and run counter-clockwise, so each winds once around every
spot inside it. When the edges of all cells, with opposite pairs cancelled, are exactly the edges of the outer ring, the windings
add up to the outer ring's: once around every spot inside, so every spot is in exactly one cell.
"""

from collections import Counter
from collections.abc import Mapping

from app.core.polygons import Edge, Ring, edges, is_simple, signed_area


def counter_clockwise(ring: Ring) -> Ring:
    return ring if signed_area(ring) > 0 else ring[::-1]


def tiling_fault(outer: Ring, cells: Mapping[str, Ring]) -> str | None:
    """What keeps the cells from tiling the outer ring edge to edge, in one English phrase; None when they do."""
    for name, ring in {"the boundary": outer, **cells}.items():
        if not is_simple(ring):
            return f"{name} is not a simple polygon"
    rings = {name: counter_clockwise(ring) for name, ring in cells.items()}
    return _edge_fault(set(edges(counter_clockwise(outer))), rings)


def _edge_fault(border: set[Edge], cells: Mapping[str, Ring]) -> str | None:
    walked = Counter(edge for ring in cells.values() for edge in edges(ring))
    for name, ring in cells.items():
        for edge in edges(ring):
            if walked[edge] > 1:
                return f"{name} overlaps another grid along {_spot(edge)}"
            if (edge in border) == (edge[::-1] in walked):
                return f"{name} leaves a gap or an overlap along {_spot(edge)}"
    missing = border - set(walked)
    return f"no grid reaches the boundary along {_spot(min(missing))}" if missing else None


def _spot(edge: Edge) -> str:
    (from_lon, from_lat), (to_lon, to_lat) = edge
    return f"({from_lon}, {from_lat}) to ({to_lon}, {to_lat})"
