"""The exact optimum of a batch as a flow of least cost: every place of an order goes to a party, or stays unfilled at its price.

The network, in whole numbers::

    order ──1, cost──▶ party ──1 each, 0, load, 2·load, …──▶ sink
      │                  ▲
      └──1──▶ party in a half of a day ──1──┘          (only where a party could get two orders wanted in the same half day)
    order ──places, unfilled──▶ sink

An arc of capacity 1 between order and party keeps a party from two places of one order; the arcs from a party to the sink make the
second order of a batch as dear as one in hand, the third as two, so that the load is shared out within the batch too. The
solver is OR-Tools' cost-scaling push-relabel (Goldberg 1997), exact on whole numbers.

Equal optima: below the unit of cost stands a number for each arc, less for the smaller id, whose sum never reaches one unit. So
the cost stays the least there is, and among equals smaller ids are asked. Where the solver cannot add up numbers so large, it
goes without: still the least cost, and the same for the same graph.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.domain.dispatch_batch_facts import NONE, Bools, Ints, Small

_MOST = 1 << 62
_ENOUGH = 5_000
"""Edges worth a network of their own: for fewer, making it costs more than solving it."""


@dataclass(slots=True)
class Graph:
    """What may be given to whom. Edges are sorted by order and then party, a pair once."""

    places: Ints
    unfilled: Ints
    """Per order, a place."""
    capacity: Ints
    load: int
    """What each further order of the same party costs more than the one before."""
    order: Ints
    party: Ints
    cost: Ints
    half_day: Small
    """Per order; NONE: any time."""


@dataclass(slots=True)
class Solution:
    taken: Bools
    """Per edge."""
    value: int
    """Everything together: edges, load, and places that stay unfilled."""


@dataclass(slots=True)
class Network:
    """Arcs of the flow. The first as many as the graph's edges stand for these."""

    tail: Ints
    head: Ints
    capacity: Ints
    cost: Ints
    supply: Ints
    """Per node; the last node is the sink."""


def solve(graph: Graph) -> Solution:
    """The optimum. Raises ArithmeticError where costs are beyond what the solver can add up, which no weights within bounds reach.

    Orders and parties that no chain of edges joins, such as those of two communities, have nothing to do with each other: each such
    part is solved by itself. That is the same optimum, in a quarter of the time: a small network stays in the processor's cache.
    """
    taken = np.zeros(len(graph.order), np.bool_)
    alone = np.ones(len(graph.places), np.bool_)
    alone[graph.order] = False
    value = int((graph.places * graph.unfilled)[alone].sum())
    for edges in parts(graph):
        found = _solved(_of_edges(graph, edges))
        taken[edges] = found.taken
        value += found.value
    return Solution(taken, value)


def parts(graph: Graph) -> Iterator[Ints]:
    """The edges of each part, ascending; parts of few edges come together."""
    orders, edges = len(graph.places), len(graph.order)
    if not edges:
        return
    size = orders + len(graph.capacity)
    joined = coo_array((np.ones(edges, np.int8), (graph.order, graph.party + orders)), shape=(size, size))
    _, label = connected_components(joined, directed=False)
    label = label[graph.order]
    ends = np.cumsum(np.bincount(label))
    at = np.argsort(label, kind="stable")
    since = 0
    for until in ends.tolist():
        if until - since >= _ENOUGH or until == edges:
            if until > since:
                yield np.sort(at[since:until])
            since = until


def _of_edges(graph: Graph, edges: Ints) -> Graph:
    """These edges with the orders and parties at their ends."""
    orders, order = np.unique(graph.order[edges], return_inverse=True)
    parties, party = np.unique(graph.party[edges], return_inverse=True)
    whole = (graph.places[orders], graph.unfilled[orders], graph.capacity[parties], graph.load)
    return Graph(*whole, order.reshape(-1), party.reshape(-1), graph.cost[edges], graph.half_day[orders])


def _solved(graph: Graph) -> Solution:
    net = network(graph)
    ties, scale = _ties(graph)
    cost = net.cost * scale
    cost[: len(ties)] += ties
    flow = _flow(net, cost) if _in_range(net, scale) else None
    if flow is None and (flow := _flow(net, net.cost)) is None:
        raise ArithmeticError("costs are beyond what the solver can add up")
    return Solution(flow[: len(graph.order)] > 0, int((flow * net.cost).sum()))


def _in_range(net: Network, scale: int) -> bool:
    """Whether costs can be told so many times over; the solver itself looks at what it makes of them."""
    return int(np.abs(net.cost).max(initial=0)) * scale < _MOST


def _flow(net: Network, cost: Ints) -> Ints | None:
    """On each arc; None where the costs are too much for the solver."""
    solver = SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        net.tail.astype(np.int32), net.head.astype(np.int32), net.capacity, cost
    )
    solver.set_nodes_supplies(np.arange(len(net.supply), dtype=np.int32), net.supply)
    if (status := solver.solve()) == solver.BAD_COST_RANGE:
        return None
    if status != solver.OPTIMAL:
        raise ArithmeticError(f"no optimal flow: {status}")
    return np.asarray(solver.flows(np.arange(len(net.tail), dtype=np.int32)), np.int64)


def network(graph: Graph) -> Network:
    """Nodes: orders, parties, halves of days, sink. Arcs: edges, halves, parties' ends by rising cost, unfilled places."""
    orders, parties = len(graph.places), len(graph.capacity)
    head, shared = _heads(graph)
    sink = orders + parties + len(shared)
    used = np.unique(graph.party)
    lasts, nth = _ends(graph, used)
    all_orders = np.arange(orders, dtype=np.int64)
    tails = [graph.order, np.arange(orders + parties, sink, dtype=np.int64), orders + lasts, all_orders]
    heads = [head, orders + shared, np.full(len(lasts), sink), np.full(orders, sink)]
    ones = np.ones(len(graph.order), np.int64)
    rooms = [ones, np.ones(len(shared), np.int64), _rooms(graph, lasts), graph.places]
    costs = [graph.cost, np.zeros(len(shared), np.int64), nth * graph.load, graph.unfilled]
    supply = np.zeros(sink + 1, np.int64)
    supply[:orders], supply[sink] = graph.places, -graph.places.sum()
    tail, head, room, cost = (np.concatenate(some).astype(np.int64) for some in (tails, heads, rooms, costs))
    return Network(tail, head, room, cost, supply)


def _heads(graph: Graph) -> tuple[Ints, Ints]:
    """Where each edge leads: to the party, or to its half of a day. And the party of each such half."""
    orders, parties = len(graph.places), len(graph.capacity)
    head = graph.party + orders
    half = graph.half_day[graph.order].astype(np.int64)
    timed = np.flatnonzero((half != NONE) & (graph.capacity[graph.party] > 1))
    keys = graph.party[timed] * (int(half.max(initial=0)) + 1) + half[timed]
    found, which, count = np.unique(keys, return_inverse=True, return_counts=True)
    several = count > 1
    number = np.cumsum(several) - 1
    which = which.reshape(-1)
    inside = several[which]
    head[timed[inside]] = orders + parties + number[which[inside]]
    return head, found[several] // (int(half.max(initial=0)) + 1)


def _ends(graph: Graph, used: Ints) -> tuple[Ints, Ints]:
    """An arc for each order a party may get, cheapest first; one for all of them where more cost no more."""
    if graph.load == 0:
        return used, np.zeros(len(used), np.int64)
    degree = np.bincount(graph.party, minlength=len(graph.capacity))[used]
    count = np.minimum(graph.capacity[used], degree)
    first = np.cumsum(count) - count
    return np.repeat(used, count), np.arange(count.sum()) - np.repeat(first, count)


def _rooms(graph: Graph, lasts: Ints) -> Ints:
    return graph.capacity[lasts] if graph.load == 0 else np.ones(len(lasts), np.int64)


def _ties(graph: Graph) -> tuple[Ints, int]:
    """A number for each edge, less for the smaller party's, and what a unit of cost is multiplied by to stay above their sum."""
    if not len(graph.order):
        return np.zeros(0, np.int64), 1
    first = np.flatnonzero(np.diff(graph.order, prepend=-1))
    size = np.diff(first, append=len(graph.order))
    rank = np.arange(len(graph.order)) - np.repeat(first, size)
    return rank, int((graph.places[graph.order[first]] * (size - 1)).sum()) + 1
