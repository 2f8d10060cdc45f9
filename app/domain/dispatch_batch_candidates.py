"""Which pairs a batch looks at: of each order the best ``KEPT`` of the nearest ``NEAREST``, never all pairs.

Orders that ask for the same in the same scope are looked at together: a tree of those who may serve them gives the nearest of
these, so that a rare skill finds its people however far they live. Beside the nearest stand those whose home is not known, the
cheapest first; and always the paired party and whoever served the asker before. By measurement, keeping 20 of an order's
candidates changes the optimum by less than a hundred-thousandth against keeping 100.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from scipy.spatial import KDTree

from app.domain.dispatch_batch_cost import Pricing
from app.domain.dispatch_batch_facts import NONE, Batch, Bools, Floats, Ints
from app.domain.dispatch_batch_feasible import allowed

NEAREST = 80
KEPT = 20
_AT_ONCE = 2_048
"""Orders looked at together: few enough that the arrays stay small."""
_METRES_A_DEGREE = 111_194.9
_PARTY_BITS = 24
"""Cost and party in one number: which are the least is then settled by the id where costs are equal."""
_OUT = np.int64(1) << 62


@dataclass(slots=True)
class Candidates:
    """Pairs that may be, sorted by order and then party, with what each costs in centimetres."""

    order: Ints
    party: Ints
    cost: Ints

    def __len__(self) -> int:
        return len(self.order)


def candidates(pricing: Pricing) -> Candidates:
    """Everything that the optimum is looked for among."""
    batch = pricing.batch
    places = _projected(batch)
    found = [_Group(pricing, places, orders, parties).best() for orders, parties in _groups(batch)]
    found.append(_always(pricing))
    order, party, cost = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    _, first = np.unique(batch.key(order, party), return_index=True)
    return Candidates(order[first], party[first], cost[first])


def _groups(batch: Batch) -> Iterator[tuple[Ints, Ints]]:
    """Orders that ask for the same in the same scope, and who may serve them by skill."""
    orders, wanting = batch.orders, np.flatnonzero(batch.orders.places > 0)
    day = np.where(orders.certified, orders.day, NONE)
    asked = np.stack([orders.scope.astype(np.int64), orders.skills, day, orders.weighed], axis=1)[wanting]
    kinds, which = np.unique(asked, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number, (scope, skills, shown_on, _) in enumerate(kinds):
        parties = batch.scopes[scope]
        parties = parties[_able(batch, parties, skills, int(shown_on))]
        if len(parties):
            yield wanting[which == number], parties


def _able(batch: Batch, party: Ints, skills: np.int64, shown_on: int) -> Bools:
    """``shown_on``: the day on which certificates must show them; NONE: they need not."""
    has = batch.parties.skills[party]
    if shown_on != NONE:
        has &= batch.parties.certificates[shown_on, party]
    able: Bools = ((has & skills) == skills) & (batch.parties.capacity[party] > 0)
    return able


def _projected(batch: Batch) -> tuple[Floats, Floats]:
    """Orders and parties in metres on a plane: near enough to tell who is nearest within a district."""
    lats = np.concatenate([batch.orders.lat, batch.parties.lat])
    known = lats[~np.isnan(lats)]
    scale = cos(radians(float(known.mean()) if len(known) else 0.0))
    there = (
        np.stack([who.lon * scale * _METRES_A_DEGREE, who.lat * _METRES_A_DEGREE], axis=1)
        for who in (batch.orders, batch.parties)
    )
    orders, parties = there
    return orders, parties


class _Group:
    """Orders alike and their possible parties."""

    def __init__(self, pricing: Pricing, places: tuple[Floats, Floats], orders: Ints, parties: Ints) -> None:
        self._pricing, self._orders = pricing, orders
        self._order_places = places[0]
        located = ~np.isnan(places[1][parties, 0])
        self._near = parties[located]
        self._tree = KDTree(places[1][self._near]) if len(self._near) else None
        self._parties = parties
        self._others = self._cheapest(parties[~located], KEPT)

    def _cheapest(self, parties: Ints, most: int) -> Ints:
        """Those who cost least wherever the order is."""
        if not len(parties):
            return parties
        order = self._orders[:1]
        facts = self._pricing.facts(order, parties)
        facts.distance_cm = np.full(len(parties), NONE, np.int64)
        return parties[np.argsort(self._pricing.costs(order, parties, facts), kind="stable")[:most]]

    def best(self) -> tuple[Ints, Ints, Ints]:
        nowhere = np.isnan(self._order_places[self._orders, 0])
        found = [self._chunk(chunk, self._nearest(chunk)) for chunk in _chunks(self._orders[~nowhere])]
        if nowhere.any():
            anyone = self._cheapest(self._parties, NEAREST)
            found += [self._chunk(chunk, np.tile(anyone, (len(chunk), 1))) for chunk in _chunks(self._orders[nowhere])]
        order, party, cost = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return order, party, cost

    def _chunk(self, orders: Ints, parties: Ints) -> tuple[Ints, Ints, Ints]:
        """``parties``: a row an order."""
        cost, fits = _priced(self._pricing, orders[:, None], parties)
        ranked = np.where(fits, cost << _PARTY_BITS | parties, _OUT)
        if ranked.shape[1] > KEPT:
            ranked = np.partition(ranked, KEPT - 1, axis=1)[:, :KEPT]
        row, column = np.nonzero(ranked < _OUT)
        kept = ranked[row, column]
        return orders[row], kept & ((1 << _PARTY_BITS) - 1), kept >> _PARTY_BITS

    def _nearest(self, orders: Ints) -> Ints:
        """A row an order: the nearest, then those whose home is not known."""
        rest = np.tile(self._others, (len(orders), 1))
        if self._tree is None:
            return rest
        most = min(NEAREST, len(self._near))
        _, at = self._tree.query(self._order_places[orders], k=np.arange(1, most + 1), workers=-1)
        return np.concatenate([self._near[at], rest], axis=1)


def _chunks(orders: Ints) -> list[Ints]:
    return [orders[since : since + _AT_ONCE] for since in range(0, len(orders), _AT_ONCE)]


def _nothing() -> tuple[Ints, Ints, Ints]:
    none = np.zeros(0, np.int64)
    return none, none, none


def _priced(pricing: Pricing, order: Ints, party: Ints) -> tuple[Ints, Bools]:
    facts = pricing.facts(order, party)
    return pricing.costs(order, party, facts), allowed(pricing.batch, order, party, facts.distance_cm)


def _always(pricing: Pricing) -> tuple[Ints, Ints, Ints]:
    """The paired, and those who served before: as far as they may at all."""
    batch = pricing.batch
    keys = np.union1d(batch.paired.keys, batch.served.keys)
    if not len(keys):
        return _nothing()
    order, party = np.divmod(keys, len(batch.parties.ids))
    may = (batch.orders.places[order] > 0) & (batch.parties.capacity[party] > 0) & _in_scope(batch, order, party)
    asked, has = batch.orders.skills[order], batch.parties.skills[party]
    shown = np.where(
        batch.orders.certified[order], has & batch.parties.certificates[batch.orders.day[order], party], has
    )
    may &= (shown & asked) == asked
    order, party = order[may], party[may]
    cost, fits = _priced(pricing, order, party)
    return order[fits], party[fits], cost[fits]


def _in_scope(batch: Batch, order: Ints, party: Ints) -> Bools:
    found = np.zeros(len(order), np.bool_)
    for number, members in enumerate(batch.scopes):
        here = batch.orders.scope[order] == number
        found[here] = np.isin(party[here], members)
    return found
