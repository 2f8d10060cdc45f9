"""The cost of ``dispatch_cost.price`` for many pairs at once; a test holds both to the same numbers.

Each field of ``Facts`` is an array here, or a number that holds for all; shapes are brought together as numpy does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.domain.dispatch_batch_facts import NONE, Batch, Floats, Ints, Parties, Small
from app.domain.dispatch_cost import (
    CM,
    FAR_CM,
    FULL_FIT,
    LASTING,
    MOST_ASKED,
    MOST_WAY_CM,
    NEAR_PERCENT,
    PAIRED_PERCENT,
    Nearness,
    PairedAt,
    Part,
    Weights,
)
from app.domain.dispatch_cost import missing_satisfaction as missing
from app.domain.dispatch_cost import skill_fit as fit_of
from app.domain.orders import MOST_UNFINISHED

NEAR = [Nearness.ELSEWHERE, Nearness.GRID, Nearness.COMPOUND, Nearness.BUILDING, Nearness.ENTRANCE]
"""By how many of the smaller places two have in common."""
PAIRED: dict[PairedAt | None, int] = {None: NONE} | {level: number for number, level in enumerate(PairedAt)}
"""Levels as numbers."""
_NEAR_PERCENT = np.array([NEAR_PERCENT[near] for near in NEAR], np.int64)
_PAIRED_PERCENT = np.array([*(PAIRED_PERCENT[level] for level in PairedAt), PAIRED_PERCENT[None]], np.int64)
"""The last also answers to NONE."""
_MOST_SKILLS, _MOST_ALIKE = 64, 3
_FITS = np.array(
    [
        [[fit_of(wanted, shown, alike) for alike in range(_MOST_ALIKE + 1)] for shown in range(_MOST_SKILLS + 1)]
        for wanted in range(_MOST_SKILLS + 1)
    ],
    np.int64,
)
"""Of the wanted skills, those shown, and the orders alike."""
_EARTH_CM = 6_371_008.8 * CM


@dataclass(slots=True)
class OfPair:
    """Of ``dispatch_cost.Facts`` those of a pair; an unknown way and no pairing are NONE, nearness counts the places in common."""

    distance_cm: Ints
    common: Ints
    paired: Ints
    fit: Ints
    served: Ints


class ManyWeights:
    """The weights of every order, of which there are few: those that hold for its category."""

    def __init__(self, kinds: Sequence[Weights], which: Small) -> None:
        self.kinds, self.which = kinds, which
        self._columns = {part: np.array([getattr(kind, part) for kind in kinds], np.int64) for part in Part}

    def of(self, order: Ints) -> Any:
        """As ``Weights``, an array each where they differ."""
        if len(self.kinds) == 1:
            return self.kinds[0]
        which = self.which[order]
        return SimpleNamespace(**{part.value: column[which] for part, column in self._columns.items()})


def pair_cost(facts: OfPair, weights: Any) -> Any:
    """Those parts of the cost that depend on the pair, in centimetres. ``weights``: one for all, or ``ManyWeights.of``."""
    w = weights
    way = np.where(facts.distance_cm == NONE, FAR_CM, np.minimum(facts.distance_cm, MOST_WAY_CM))
    cost = w.pairing * _PAIRED_PERCENT[facts.paired]
    cost = cost + w.nearness * _NEAR_PERCENT[facts.common]
    cost = cost + w.distance * way // 100
    cost = cost + w.skill * CM * (FULL_FIT - np.clip(facts.fit, 0, FULL_FIT)) // FULL_FIT
    return cost + w.continuity * CM * (LASTING - np.minimum(facts.served, LASTING)) // LASTING


def party_cost(parties: Parties, missing: Ints, weights: Weights) -> Ints:
    """Those that are the same for a party whatever the order, for nobody asked for another order of the batch."""
    w = weights
    cost: Ints = (
        w.satisfaction * CM * missing // FULL_FIT
        + w.load * CM * np.minimum(parties.unfinished, MOST_UNFINISHED)
        + w.notice * CM * np.minimum(parties.asked_lately, MOST_ASKED)
        + w.pending * CM * np.minimum(parties.pending, MOST_ASKED)
    )
    return cost


def many_missing(ratings: Ints, rating_sum: Ints) -> Ints:
    """``missing_satisfaction`` of each; most have one of few pairs of numbers."""
    both = np.stack([ratings, rating_sum], axis=1)
    found, which = np.unique(both, axis=0, return_inverse=True)
    return np.array([missing(int(count), int(total)) for count, total in found], np.int64)[which.reshape(-1)]


def many_fits(wanted: Ints, certificates: Ints, alike: Any) -> Any:
    """``skill_fit`` of each: ``wanted`` and ``certificates`` are skills as bits."""
    count = np.bitwise_count(wanted).astype(np.int64)
    shown = np.bitwise_count(wanted & certificates).astype(np.int64)
    return _FITS[count, shown, np.minimum(alike, _MOST_ALIKE)]


def distances_cm(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Any:
    """Great-circle distances (haversine), rounded; NONE where a position is not known."""
    lon, lat, other_lon, other_lat = (np.radians(angle) for angle in (lon, lat, other_lon, other_lat))
    half = np.sin((other_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(other_lat) * np.sin((other_lon - lon) / 2) ** 2
    way = 2 * _EARTH_CM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return np.where(np.isnan(way), NONE, np.rint(np.nan_to_num(way))).astype(np.int64)


def common_places(near: Small, other: Small) -> Any:
    """How many of grid, compound, building and entrance are the same, from the outermost."""
    same = (near == other) & (near != NONE)
    common = np.zeros(same.shape[:-1], np.int64)
    so_far = np.ones(same.shape[:-1], np.bool_)
    for place in range(same.shape[-1]):
        so_far &= same[..., place]
        common += so_far
    return common


class Pricing:
    """Prices pairs of a batch; what does not depend on the order is found once."""

    def __init__(self, batch: Batch, weights: ManyWeights) -> None:
        self.batch, self.weights = batch, weights
        missing_of = many_missing(batch.parties.ratings, batch.parties.rating_sum)
        self._own = np.stack([party_cost(batch.parties, missing_of, kind) for kind in weights.kinds])

    def facts(self, order: Ints, party: Ints) -> OfPair:
        """Of pairs given by their places in the arrays; shapes are brought together."""
        orders, parties = self.batch.orders, self.batch.parties
        key = self.batch.key(order, party)
        return OfPair(
            distances_cm(orders.lon[order], orders.lat[order], parties.lon[party], parties.lat[party]),
            common_places(orders.near[order], parties.near[party]),
            self.batch.paired.of(key, NONE),
            self._fits(order, party),
            self.batch.served.of(key, 0),
        )

    def _fits(self, order: Ints, party: Ints) -> Any:
        orders, parties = self.batch.orders, self.batch.parties
        shown = parties.certificates[orders.day[order], party]
        return many_fits(orders.skills[order], shown, parties.alike[party, orders.category[order]])

    def apart(self, order: Ints, party: Ints, common: Ints) -> Any:
        """What pairs cost where the way is not known, by anything but their pairing and their past."""
        unknown, never = np.full(1, NONE, np.int64), np.zeros(1, np.int64)
        return self.costs(order, party, OfPair(unknown, common, unknown, self._fits(order, party), never))

    def costs(self, order: Ints, party: Ints, facts: OfPair) -> Any:
        """What pairs cost with these facts, in centimetres: all parts together."""
        kind = 0 if len(self.weights.kinds) == 1 else self.weights.which[order]
        return pair_cost(facts, self.weights.of(order)) + self._own[kind, party]


def pricing(batch: Batch, weights: Weights | Sequence[Weights]) -> Pricing:
    """``weights``: those that hold for all, or all there are, which ``Orders.weighed`` chooses among."""
    kinds = [weights] if isinstance(weights, Weights) else weights
    return Pricing(batch, ManyWeights(kinds, batch.orders.weighed))
