"""What the optimum of a batch is held against: a bound no solution can come below, and what greed makes of it.

The bound is found without the solver. From the edges taken follows the flow; the shortest ways in what the flow leaves free
(Bellman and Ford) are prices of the nodes; and any prices give a bound by weak duality (Ahuja, Magnanti, Orlin 1993, ch. 9)::

    Σ supply·price − Σ capacity·max(0, price(tail) − price(head) − cost)

A value that equals it is the least there is. Where the flow is not the best, there is a ring that makes it cheaper: then the ways
get shorter without end, the search stops, and the bound stays below the value.
"""

import numpy as np

from app.domain.dispatch_batch_facts import NONE, Bools, Ints
from app.domain.dispatch_batch_flow import Graph, Network, network

_ROUNDS = 2_000


def bound(graph: Graph, taken: Bools) -> int:
    """No solution of the graph costs less than this; the value of ``taken`` itself when that is the optimum."""
    net = network(graph)
    flow = flow_of(graph, net, taken)
    price = -_ways(net, flow)
    slack = price[net.tail] - price[net.head] - net.cost
    return int((net.supply * price).sum() - (net.capacity * np.maximum(slack, 0)).sum())


def value(graph: Graph, taken: Bools) -> int:
    """What taking these edges costs, load and unfilled places with them."""
    net = network(graph)
    return int((flow_of(graph, net, taken) * net.cost).sum())


def flow_of(graph: Graph, net: Network, taken: Bools) -> Ints:
    """How much goes through each arc when these edges are taken: a party's cheapest ends first. Refuses what is no flow."""
    edges, sink, nodes = len(graph.order), len(net.supply) - 1, len(net.supply)
    flow = np.zeros(len(net.tail), np.int64)
    flow[:edges] = taken
    came = np.bincount(net.head[:edges], flow[:edges], nodes).astype(np.int64)
    halves = np.flatnonzero((net.tail >= len(graph.places) + len(graph.capacity)) & (net.head != sink))
    flow[halves] = came[net.tail[halves]]
    came += np.bincount(net.head[halves], flow[halves], nodes).astype(np.int64)
    came[: len(graph.places)] = graph.places - np.bincount(graph.order[taken], minlength=len(graph.places))
    for arc in np.flatnonzero(net.head == sink).tolist():
        flow[arc] = min(int(net.capacity[arc]), int(came[net.tail[arc]]))
        came[net.tail[arc]] -= flow[arc]
    out = np.bincount(net.tail, flow, nodes) - np.bincount(net.head, flow, nodes)
    if (out != net.supply).any() or (flow < 0).any() or (flow > net.capacity).any():
        raise ValueError("not a solution of this graph")
    return flow


def _ways(net: Network, flow: Ints) -> Ints:
    """How long the shortest way to each node is, from wherever it is shortest, through what the flow leaves free."""
    forth, back = flow < net.capacity, flow > 0
    tail = np.concatenate([net.tail[forth], net.head[back]])
    head = np.concatenate([net.head[forth], net.tail[back]])
    cost = np.concatenate([net.cost[forth], -net.cost[back]])
    ways = np.zeros(len(net.supply), np.int64)
    for _ in range(_ROUNDS):
        before = ways.copy()
        np.minimum.at(ways, head, ways[tail] + cost)
        if (before == ways).all():
            break
    return ways


def greedy(graph: Graph) -> Bools:
    """One order after the other, the dearest to leave unfilled first, each taking the cheapest who are still free."""
    taken = np.zeros(len(graph.order), np.bool_)
    first = np.searchsorted(graph.order, np.arange(len(graph.places) + 1))
    left, given = graph.capacity.tolist(), [0] * len(graph.capacity)
    busy: set[tuple[int, int]] = set()
    for order in np.argsort(-graph.unfilled, kind="stable").tolist():
        edges = range(first[order], first[order + 1])
        half, most = int(graph.half_day[order]), int(graph.unfilled[order])
        now = sorted((int(graph.cost[e]) + graph.load * given[p], p, e) for e in edges for p in [int(graph.party[e])])
        free = [one for one in now if one[0] <= most and given[one[1]] < left[one[1]]]
        for _, party, edge in [one for one in free if half == NONE or (one[1], half) not in busy][
            : graph.places[order]
        ]:
            taken[edge] = True
            given[party] += 1
            busy.add((party, half))
    return taken
