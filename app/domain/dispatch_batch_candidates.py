"""Which pairs a batch looks at: of each order the best ``KEPT`` of the nearest ``NEAREST``, never all pairs.

Orders that ask for the same in the same scope are looked at together: a tree of those who may serve them gives the nearest of
these, so that a rare skill finds its people however far they live. Beside the nearest stand those whose home is not known, the
cheapest first; and always the paired party and whoever served the asker before. Where too few of these are free then and near
enough, ``WIDER`` times as many are looked at, and so on until there are enough or everybody was. By measurement, keeping 20 of an
order's candidates changes the optimum by less than a hundred-thousandth against keeping 100.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from scipy.spatial import KDTree

from app.domain.dispatch_batch_cost import Pricing, common_places
from app.domain.dispatch_batch_facts import NONE, Batch, Bools, Floats, Ints, Small
from app.domain.dispatch_batch_feasible import allowed

NEAREST = 80
KEPT = 20
WIDER = 4
_UNKNOWN = 4
"""For so many of the nearest one whose home is not known."""
_AT_ONCE = 2_048 * NEAREST
"""Pairs looked at together: few enough that the arrays stay small."""
_METRES_A_DEGREE = 111_194.9
_PARTY_BITS = 24
"""Cost and party in one number: which are the least is then settled by the id where costs are equal."""
_PARTY = (1 << _PARTY_BITS) - 1
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
        self._near, self._rest = parties[located], parties[~located]
        self._tree = KDTree(places[1][self._near]) if len(self._near) else None
        self._parties = parties

    def best(self) -> tuple[Ints, Ints, Ints]:
        nowhere = np.isnan(self._order_places[self._orders, 0])
        found = [*self._found(self._orders[~nowhere], self._nearest), *self._found(self._orders[nowhere], self._anyone)]
        order, party, cost = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return order, party, cost

    def _found(self, orders: Ints, look: Callable[[Ints, int], Ints]) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Of orders for whom ``look`` says whom to look at first: those who may, once there are enough of them."""
        most = NEAREST
        while len(orders):
            left = [np.zeros(0, np.int64)]
            for chunk in _chunks(orders, most):
                parties = look(chunk, most)
                ranked = _best(self._pricing, chunk, parties)
                few = (ranked == _OUT).any(axis=1) & (parties.shape[1] < len(self._parties))
                left.append(chunk[few])
                yield _kept(chunk[~few], ranked[~few])
            orders, most = np.concatenate(left), most * WIDER

    def _nearest(self, orders: Ints, most: int) -> Ints:
        """A row an order: the nearest, then those whose home is not known."""
        rest = self._cheapest(orders, self._rest, most // _UNKNOWN)
        if self._tree is None or most >= len(self._near):
            return np.concatenate([_each(self._near, orders), rest], axis=1)
        _, at = self._tree.query(self._order_places[orders], k=np.arange(1, most + 1), workers=-1)
        return np.concatenate([self._near[at], rest], axis=1)

    def _anyone(self, orders: Ints, most: int) -> Ints:
        return self._cheapest(orders, self._parties, most)

    def _cheapest(self, orders: Ints, parties: Ints, most: int) -> Ints:
        """A row an order: those who cost least wherever it is and whoever asks, the same for all orders alike in that."""
        if most >= len(parties):
            return _each(parties, orders)
        of, near = self._pricing.batch.orders, self._pricing.batch.parties.near[parties]
        known = np.where(np.isin(of.near[orders], near), of.near[orders], NONE)
        first, which = _alike(known, of.day[orders], of.category[orders])
        ranked, grid = self._elsewhere(orders[first], parties, most), known[first, 0]
        for one in np.unique(grid[grid != NONE]):
            here, home = np.flatnonzero(grid == one), parties[near[:, 0] == one]
            for at in _chunks(here, most + len(home)):
                ranked[at] = self._with_neighbours(orders[first[at]], home, ranked[at])
        return ranked[which] & _PARTY

    def _elsewhere(self, orders: Ints, parties: Ints, most: int) -> Ints:
        """Cost and party in one, of those who would cost least if nobody were a neighbour."""
        of = self._pricing.batch.orders
        first, which = _alike(of.day[orders], of.category[orders])
        none = np.zeros(1, np.int64)
        rows = [self._apart(chunk, parties, none) for chunk in _chunks(orders[first], len(parties))]
        return np.concatenate([np.partition(row, most - 1, axis=1)[:, :most] for row in rows])[which]

    def _with_neighbours(self, orders: Ints, home: Ints, ranked: Ints) -> Ints:
        """The least again, now that those at ``home`` in the orders' grid cost less than anybody like them elsewhere."""
        batch = self._pricing.batch
        common = common_places(batch.orders.near[orders][:, None], batch.parties.near[home])
        others = np.where(np.isin(ranked & _PARTY, home), _OUT, ranked)
        both = np.concatenate([self._apart(orders, home, common), others], axis=1)
        return np.partition(both, ranked.shape[1] - 1, axis=1)[:, : ranked.shape[1]]

    def _apart(self, orders: Ints, parties: Ints, common: Ints) -> Ints:
        """Cost and party in one, as in ``_best``."""
        ranked: Ints = self._pricing.apart(orders[:, None], parties, common) << _PARTY_BITS | parties
        return ranked


def _alike(*facts: Small) -> tuple[Ints, Ints]:
    """The first of those with the same facts, and which of these each is like."""
    _, first, which = np.unique(np.column_stack(facts), axis=0, return_index=True, return_inverse=True)
    return first, which.reshape(-1)


def _each(parties: Ints, orders: Ints) -> Ints:
    """All of them for every order."""
    return np.tile(parties, (len(orders), 1))


def _best(pricing: Pricing, orders: Ints, parties: Ints) -> Ints:
    """Cost and party in one, of the cheapest who may have each order. ``parties``: a row an order."""
    cost, fits = _priced(pricing, orders[:, None], parties)
    ranked = np.where(fits, cost << _PARTY_BITS | parties, _OUT)
    return np.partition(ranked, KEPT - 1, axis=1)[:, :KEPT] if ranked.shape[1] > KEPT else ranked


def _kept(orders: Ints, ranked: Ints) -> tuple[Ints, Ints, Ints]:
    row, column = np.nonzero(ranked < _OUT)
    kept = ranked[row, column]
    return orders[row], kept & _PARTY, kept >> _PARTY_BITS


def _chunks(orders: Ints, parties: int) -> list[Ints]:
    """``parties``: how many are looked at for each."""
    size = max(1, _AT_ONCE // parties)
    return [orders[since : since + size] for since in range(0, len(orders), size)]


def _nothing() -> tuple[Ints, Ints, Ints]:
    none = np.zeros(0, np.int64)
    return none, none, none


def _priced(pricing: Pricing, order: Ints, party: Ints) -> tuple[Ints, Bools]:
    facts = pricing.facts(order, party)
    return pricing.costs(order, party, facts), allowed(pricing.batch, order, party, facts.distance_cm)


def _always(pricing: Pricing) -> tuple[Ints, Ints, Ints]:
    """The paired, and those who served before: as far as they may at all, and no more of them than of the others."""
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
    return _cheapest_of_each(order[fits], party[fits], cost[fits])


def _cheapest_of_each(order: Ints, party: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    at = np.lexsort((party, cost, order))
    order, party, cost = order[at], party[at], cost[at]
    kept = np.arange(len(order)) - np.searchsorted(order, order) < KEPT
    return order[kept], party[kept], cost[kept]


def _in_scope(batch: Batch, order: Ints, party: Ints) -> Bools:
    found = np.zeros(len(order), np.bool_)
    for number, members in enumerate(batch.scopes):
        here = batch.orders.scope[order] == number
        found[here] = np.isin(party[here], members)
    return found
