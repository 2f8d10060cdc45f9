"""The best set of matches overall: which need gets which resource, so that the sum of the scores is greatest.

It is a transport problem: each need goes to one resource at most, each resource takes so many. Needs come in one after the
other, each along the shortest path of moves, with a price for every resource that is full, so that no move costs less than
nothing and Dijkstra's search serves (Jonker and Volgenant 1987). The sum is the greatest after each of them, also where leaving
a need out gains more.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

_SCALE = 1_000_000
"""Scores are compared as whole numbers, so that the optimum is exact."""


@dataclass
class _Flow:
    """Needs and resources by their place among the sorted ids: numbers compare many times faster."""

    gains: dict[int, dict[int, int]]
    room: dict[int, int]
    given: dict[int, int] = field(default_factory=dict)
    holders: dict[int, set[int]] = field(default_factory=dict)
    price: dict[int, int] = field(default_factory=dict)
    """What a place of the resource is worth to whoever does not get one; 0 while there is room."""

    def worth(self, need: int, resource: int) -> int:
        """What the resource gains the need over its price."""
        return self.gains[need][resource] - self.price.get(resource, 0)

    def share(self, need: int) -> int:
        """What the need gains over the price of what it has, or, of a newcomer, of what would be best."""
        if need in self.given:
            return self.worth(need, self.given[need])
        return max(0, *(self.worth(need, resource) for resource in self.gains[need]))

    def full(self, resource: int) -> bool:
        return len(self.holders.get(resource, ())) >= self.room[resource]


def best_set(scores: Mapping[tuple[UUID, UUID], float], capacities: Mapping[UUID, int]) -> dict[UUID, UUID]:
    """Need → resource. ``scores``: of (need, resource), only those worth proposing; a resource without a capacity takes one."""
    useful = {pair: score for pair, score in scores.items() if score > 0 and capacities.get(pair[1], 1) > 0}
    needs, resources = (sorted({pair[end] for pair in useful}) for end in (0, 1))
    place = {resource: number for number, resource in enumerate(resources)}
    gains: dict[UUID, dict[int, int]] = {need: {} for need in needs}
    for (need, resource), value in sorted(useful.items()):
        gains[need][place[resource]] = round(value * _SCALE)
    room = {number: capacities.get(resource, 1) for resource, number in place.items()}
    flow = _Flow(dict(enumerate(gains.values())), room)
    for number in flow.gains:
        _Search(flow, number).run()
    return {needs[number]: resources[given] for number, given in flow.given.items()}


@dataclass
class _Search:
    """Looks for the shortest path for a newcomer, and moves everybody on it."""

    flow: _Flow
    newcomer: int
    came_from: dict[int, int] = field(default_factory=dict)
    """Resource → who enters it on the shortest path there."""
    length: dict[int, int] = field(default_factory=dict)
    settled: dict[int, int] = field(default_factory=dict)
    queue: list[tuple[int, bool, int]] = field(default_factory=list)
    """How long a path is, whether it ends with a need left out, and where it leads."""

    def run(self) -> None:
        self._go_on(self.newcomer, 0)
        while True:
            so_far, out, where = heapq.heappop(self.queue)
            if not out and where in self.settled:
                continue
            if out or not self.flow.full(where):
                self._reprice(so_far)
                self._move(where if out else self.came_from[where], None if out else where)
                return
            self.settled[where] = so_far
            for holder in sorted(self.flow.holders[where]):
                self._go_on(holder, so_far)

    def _go_on(self, need: int, so_far: int) -> None:
        """Everywhere this need may move to, and out."""
        share = so_far + self.flow.share(need)
        heapq.heappush(self.queue, (share, True, need))
        for resource in self.flow.gains[need]:
            there = share - self.flow.worth(need, resource)
            if resource not in self.settled and self.length.get(resource, there + 1) > there:
                self.length[resource], self.came_from[resource] = there, need
                heapq.heappush(self.queue, (there, False, resource))

    def _reprice(self, end: int) -> None:
        for resource, length in self.settled.items():
            self.flow.price[resource] = self.flow.price.get(resource, 0) + end - length

    def _move(self, need: int, target: int | None) -> None:
        """From the end of the path back to the newcomer, each takes the place that the one before has left."""
        while need != self.newcomer:
            left = self.flow.given[need]
            _give(self.flow, need, target)
            need, target = self.came_from[left], left
        _give(self.flow, need, target)


def _give(flow: _Flow, need: int, target: int | None) -> None:
    if (left := flow.given.pop(need, None)) is not None:
        flow.holders[left].discard(need)
    if target is not None:
        flow.given[need] = target
        flow.holders.setdefault(target, set()).add(need)
