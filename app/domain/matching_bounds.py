"""What a pair can score at most while not all is known of it: so that the best of many are found without looking at all of them.

The score is a weighted mean of parts, each at most 1, times a factor of at most 1. So a part that is not known yet counts as 1,
what dismissals taught as nothing, and whatever could not even so come up to the last of the best is left out. That loses
nothing: the best found are the best of all.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.catalogue import parent_of
from app.domain.matches import COARSE_M
from app.domain.matching import SIBLING, UNKNOWN, Part, branch_of, distance_part, metres_for

SLACK = 2e-6
"""Parts and score are rounded to six digits: by so much a bound may lie below what it bounds."""
EVERYWHERE = math.inf
NOWHERE = -math.inf
_RINGS = (1_000.0, 4_000.0, EVERYWHERE)
"""How far one looks, in metres, as long as there are not enough to compare with."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Resources by how their kinds are to a need's. What an earlier tier has is in a later one too."""

    kinds: tuple[str, ...] | None
    """As ``kinds_of`` has them; None: whatever they serve."""
    category: float
    """The category part is no more than this, but for what an earlier tier has."""


def tiers(category: str | None) -> list[Tier]:
    """The need's own kind and the branches above it, then the same branch, then what is alike in words alone."""
    found = [Tier(None, 0.0)]
    if category is not None:
        found.insert(0, Tier((whole(category),), SIBLING))
        found.insert(0, Tier((category, *_above(category)), 1.0))
    return found


def whole(code: str) -> str:
    """The word for anything of the branch of a kind, as the index of resources has it."""
    return f"{branch_of(code)}.*"


def _above(code: str) -> list[str]:
    above = parent_of(code)
    return [] if above is None else [above, *_above(above)]


def at_most(weights: Mapping[Part, int], known: Mapping[Part, float]) -> float:
    """The most a pair can score of which only these parts are known, or known to be no more."""
    return sum(weight * known.get(part, 1.0) for part, weight in weights.items()) / sum(weights.values()) + SLACK


Bound = Callable[[float, float, float | None, bool], float]


def bounder(weights: Mapping[Part, int], *, timed: bool) -> Bound:
    """The same for many: from category part, likeness of words, how many metres away at least, and duty."""
    known = {Part.CATEGORY: 0.0, Part.TEXT: 0.0, Part.DISTANCE: 0.0, Part.DUTY: 0.0}
    rest = at_most(weights, known if timed else {**known, Part.TIME: UNKNOWN})
    kind, words, far, duty = (weights[part] / sum(weights.values()) for part in known)

    def bound(category: float, alike: float, metres: float | None, on_duty: bool) -> float:
        found = rest + kind * category + words * alike + far * distance_part(metres)
        return found + duty if on_duty else found

    return bound


def reach(weights: Mapping[Part, int], known: Mapping[Part, float], floor: float) -> float:
    """How many metres away something may be and still score ``floor``; NOWHERE when not even next door.

    Where no position is known the distance part is that of ``metres_for(UNKNOWN)``. What a person offers may be told nearer than
    it is, by half a step of ``COARSE_M``.
    """
    rest = at_most(weights, {**known, Part.DISTANCE: 0.0})
    weight = weights[Part.DISTANCE] / sum(weights.values())
    needed = floor - rest
    if needed <= 0:
        return EVERYWHERE
    return metres_for(needed / weight) + COARSE_M / 2 if needed <= weight else NOWHERE


def next_ring(inner: float) -> float:
    return next(ring for ring in _RINGS if ring > inner)


def unplaced(metres: float) -> bool:
    """Whether what has no position counts as being within so many metres."""
    return metres >= metres_for(UNKNOWN)
