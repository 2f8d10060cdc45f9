"""Where everything stands in a simulation: who holds and has been asked for how much, and the batch that dispatch decides on."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from app.domain.dispatch_batch_facts import NONE, Batch, Ints, Orders, Parties, free_times, no_pairs, pairs_of
from app.domain.simulation_district import District


class State:
    """Arrays of people, and per order who was asked and how many have not answered."""

    def __init__(self, district: District) -> None:
        orders, people = len(district.needs.at), len(district.people.ids)
        self._district = district
        self._asked: list[set[int]] = [set() for _ in range(orders)]
        self._everybody = [np.arange(people, dtype=np.int64)]
        self._alike = np.zeros((people, 1), np.int8)
        self._times = free_times(people)
        self.invited = np.zeros(orders, np.int64)
        self.unfinished, self.pending, self.asked_lately, self._ratings, self._rating_sum = np.zeros(
            (5, people), np.int64
        )

    def ask(self, order: int, person: int) -> None:
        self._asked[order].add(person)
        self.invited[order] += 1
        self.pending[person] += 1
        self.asked_lately[person] += 1

    def answered(self, order: int, person: int) -> None:
        self.invited[order] -= 1
        self.pending[person] -= 1

    def may_take(self, person: int) -> bool:
        """Whether they may hold one more: asked for two at once, they may have said yes to the other."""
        return bool(self.unfinished[person] < self._district.people.limit[person])

    def take(self, person: int) -> None:
        self.unfinished[person] += 1

    def done(self, person: int, stars: int) -> None:
        self.unfinished[person] -= 1
        self._ratings[person] += 1
        self._rating_sum[person] += stars

    def room(self, *, pending: bool) -> Ints:
        """How many more each may hold. A batch counts what they were asked for (``pending``), a ranking for one order does not."""
        held = self.unfinished + self.pending if pending else self.unfinished
        room: Ints = np.maximum(self._district.people.limit - held, 0)
        return room

    def anybody(self, order: int, room: Ints) -> bool:
        """Whether somebody with room knows what the order asks for and was not asked yet: else there is nothing to decide."""
        wanted = self._district.needs.skills[order]
        able = ((self._district.people.skills & wanted) == wanted) & (room > 0)
        able[list(self._asked[order])] = False
        return bool(able.any())

    def batch(self, orders: Sequence[int], room: Ints) -> Batch:
        """What dispatch knows now of these orders, for one person each, and of everybody."""
        which, people = np.array(orders, np.int64), len(self._everybody[0])
        barred = {at * people + person: 1 for at, order in enumerate(orders) for person in self._asked[order]}
        nothing = no_pairs()
        return Batch(
            self._orders(which), self._parties(room), self._everybody, pairs_of(barred), nothing, nothing, self._times
        )

    def _orders(self, which: Ints) -> Orders:
        needs, count = self._district.needs, len(which)
        untimed = np.full(count, NONE, np.int64)
        return Orders(
            ids=[UUID(int=int(order)) for order in which],
            places=np.ones(count, np.int64),
            unfilled_cm=needs.unfilled_cm[which],
            lon=needs.lon[which],
            lat=needs.lat[which],
            near=needs.near[which],
            scope=np.zeros(count, np.int32),
            skills=needs.skills[which],
            certified=np.zeros(count, np.bool_),
            category=np.zeros(count, np.int32),
            weighed=np.zeros(count, np.int32),
            day=np.zeros(count, np.int32),
            since=untimed,
            until=untimed,
        )

    def _parties(self, room: Ints) -> Parties:
        people = self._district.people
        return Parties(
            ids=people.ids,
            capacity=room,
            lon=people.lon,
            lat=people.lat,
            near=people.near,
            skills=people.skills,
            certificates=np.zeros((1, len(people.ids)), np.int64),
            radius_cm=np.full(len(people.ids), NONE, np.int64),
            unfinished=self.unfinished,
            asked_lately=self.asked_lately,
            pending=self.pending,
            ratings=self._ratings,
            rating_sum=self._rating_sum,
            alike=self._alike,
        )
