"""The batch optimum 整批派单: all open orders × all free people and teams, whom to ask for each place so that it all costs least.

Feasible and priced pairs (``dispatch_batch_candidates``), the exact optimum among them (``dispatch_batch_flow``), and for each
place the reasons: the facts the chosen one's cost is made of, and the runners-up. The same facts give the same answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.domain.dispatch_batch_candidates import Candidates, candidates
from app.domain.dispatch_batch_cost import NEAR, Pricing, pricing
from app.domain.dispatch_batch_facts import NONE, Batch, Bools, Ints
from app.domain.dispatch_batch_feasible import half_days
from app.domain.dispatch_batch_flow import Graph, Solution, solve
from app.domain.dispatch_cost import CM, WEIGHTS, Facts, PairedAt, Weights
from app.domain.dispatch_reasons import facts_of

RUNNERS_UP = 5
_NEAR = [near.value for near in NEAR]
_PAIRED = [*(level.value for level in PairedAt), "-"]
"""The last also answers to NONE."""
_AT_ONCE = 500
"""Orders whose reasons are found together."""


@dataclass(slots=True)
class Scored:
    """One party for one order. ``rank``: its place among the order's candidates by its own cost.

    ``total`` and the way are in centimetres; ``said`` are the facts in short (``dispatch_reasons``).
    """

    party: int
    total: int
    rank: int
    distance_cm: int | None
    said: str

    @property
    def facts(self) -> Facts:
        return facts_of(self.said)


@dataclass(slots=True)
class Choice:
    """Whom to ask for an order, the cheapest first, with those who come next."""

    order: int
    feasible: int
    """How many candidates the order had."""
    chosen: list[Scored]
    runners_up: list[Scored]


@dataclass(slots=True)
class Decided:
    """What came out of a batch."""

    found: Candidates
    graph: Graph
    solution: Solution
    pricing: Pricing

    @property
    def filled(self) -> int:
        """Places somebody is asked for."""
        return int(self.solution.taken.sum())

    def choices(self, runners_up: int = RUNNERS_UP, turn: Ints | None = None) -> Iterator[Choice]:
        """Of every order somebody is asked for, in the order of their ids, or by the number each has in ``turn``.

        Reasons are found for some hundred at a time, as they are asked for: the first are written while the rest is thought of.
        """
        shown = _shown(self, runners_up, turn)
        for since, until in _slices(shown.first, len(shown.edge)):
            yield from _choices(self, shown, since, until)


def decide(batch: Batch, weights: Weights | Sequence[Weights] = WEIGHTS) -> Decided:
    """The optimum for everything open. ``weights`` as for ``dispatch_batch_cost.pricing``, the district's own first."""
    prices = pricing(batch, weights)
    found = candidates(prices)
    graph = graph_of(batch, found, prices.weights.kinds[0])
    return Decided(found, graph, solve(graph), prices)


def graph_of(batch: Batch, found: Candidates, weights: Weights) -> Graph:
    """Who costs more than an unfilled place stays a candidate: the solver leaves the place unfilled.

    What a party's further orders of the batch cost more is the same for all: the load as the district weighs it.
    """
    return Graph(
        places=batch.orders.places,
        unfilled=batch.orders.unfilled_cm,
        capacity=batch.parties.capacity,
        load=weights.load * CM,
        order=found.order,
        party=found.party,
        cost=found.cost,
        half_day=half_days(batch.orders.since),
    )


@dataclass(slots=True)
class _Shown:
    """Edges that are told of, order by order, by rising cost. ``first``: where each order's begin."""

    edge: Ints
    rank: Ints
    taken: Bools
    feasible: Ints
    first: Ints


def _shown(decided: Decided, most: int, turn: Ints | None) -> _Shown:
    """Of each order somebody is asked for the chosen, and the first others."""
    found = decided.found
    place = found.order if turn is None else turn[found.order]
    by_cost = np.lexsort((found.party, found.cost, place))
    order, taken = found.order[by_cost], decided.solution.taken[by_cost]
    first = _firsts(order)
    size: Ints = np.diff(first, append=len(order))
    rank = np.arange(len(order)) - np.repeat(first, size)
    others: Ints = np.cumsum(~taken)
    others = others - np.repeat(others[first] - ~taken[first], size)
    served = np.repeat(np.logical_or.reduceat(taken, first), size) if len(order) else taken
    shown = np.flatnonzero(served & (taken | (others <= most)))
    feasible = np.repeat(size, size)[shown]
    return _Shown(by_cost[shown], rank[shown] + 1, taken[shown], feasible, _firsts(order[shown]))


def _firsts(order: Ints) -> Ints:
    """Where another order begins."""
    return np.flatnonzero(np.diff(order, prepend=NONE))


def _slices(first: Ints, end: int) -> Iterator[tuple[int, int]]:
    """Of so many orders each, whole ones."""
    cuts = [*first[::_AT_ONCE].tolist(), end]
    return pairwise(cuts)


def _choices(decided: Decided, shown: _Shown, since: int, until: int) -> Iterator[Choice]:
    here = slice(since, until)
    order = decided.found.order[shown.edge[here]]
    counts = zip(order.tolist(), shown.taken[here].tolist(), shown.feasible[here].tolist(), strict=True)
    choice: Choice | None = None
    for (number, chosen, feasible), one in zip(counts, _scored(decided, shown, here), strict=True):
        if choice is None or choice.order != number:
            if choice is not None:
                yield choice
            choice = Choice(number, feasible, [], [])
        (choice.chosen if chosen else choice.runners_up).append(one)
    if choice is not None:
        yield choice


def _scored(decided: Decided, shown: _Shown, here: slice) -> Iterator[Scored]:
    """With the facts of each; the load as before the batch gives anything."""
    edge = shown.edge[here]
    order, party = decided.found.order[edge], decided.found.party[edge]
    ways, said = _said(decided.pricing, order, party)
    told = zip(party.tolist(), decided.found.cost[edge].tolist(), shown.rank[here].tolist(), ways, said, strict=True)
    for who, total, rank, way, facts in told:
        yield Scored(who, total, rank, None if way == NONE else way, facts)


def _said(prices: Pricing, order: Ints, party: Ints) -> tuple[Sequence[int], Iterator[str]]:
    """Ways, and the facts in short (``dispatch_reasons.facts_in_short``)."""
    facts, parties = prices.facts(order, party), prices.batch.parties
    numbers = (
        facts.distance_cm,
        facts.common,
        facts.paired,
        facts.fit,
        parties.ratings[party],
        parties.rating_sum[party],
    )
    more = (facts.served, parties.unfinished[party], parties.asked_lately[party], parties.pending[party])
    ways, *rest = (column.tolist() for column in (*numbers, *more))
    rows = zip(ways, *rest, strict=True)
    return ways, (
        f"{'-' if way == NONE else way} {_NEAR[near]} {_PAIRED[paired]} {fit} {count} {stars} {served} {held} {asked} {open_}"
        for way, near, paired, fit, count, stars, served, held, asked, open_ in rows
    )
