"""Days of a district under one policy of dispatch, from event to event. Whom to ask is decided by the dispatch code itself.

Nobody is asked in quiet hours, but for what is critical. What happens to an order afterwards is simple: whoever said yes sets
out, serves, and is free for the next.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Any

import numpy as np

from app.domain.dispatch_batch import Scored, decide
from app.domain.dispatch_cost import NOTICE_DAYS
from app.domain.orders import OFFER_MINUTES
from app.domain.quiet_hours import Quiet, answer_by, waking
from app.domain.simulation_answers import answer, rating
from app.domain.simulation_district import START, District
from app.domain.simulation_policies import Policy
from app.domain.simulation_state import State

QUIET = Quiet(22 * 60, 7 * 60)
WAVE, WAVE_MINUTES, BATCH_MINUTES, RETRY_MINUTES = 3, 30, 15, 30
_LATELY = NOTICE_DAYS * 1_440
_WALK, _RIDE, _WALKED_CM = 70.0, 250.0, 150_000
"""Metres a minute on foot and by bicycle, and how far somebody walks."""
_GET_READY = 10


@dataclass(slots=True)
class Log:
    """What happened. Times in minutes after the start; arrays as long as there are orders, or people."""

    accepted: Any
    """When somebody said yes; not a number where nobody did."""
    began: Any
    way_m: Any
    served: Any
    """Orders each person served."""
    asked: int = 0
    declined: int = 0
    expired: int = 0
    too_late: int = 0
    """Said yes when somebody else had."""


@dataclass(slots=True)
class _Run:
    """One policy over the days. Events stand in a heap by time, and by the sequence they were put there in."""

    district: District
    policy: Policy
    tell: Callable[[int], None]
    state: State = field(init=False)
    log: Log = field(init=False)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _put: int = 0
    _now: float = 0.0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)
    """Who was asked when, within the last days."""
    _waiting: set[int] = field(default_factory=set)
    """Orders nobody has said yes to."""

    def __post_init__(self) -> None:
        orders, people = len(self.district.needs.at), len(self.district.people.ids)
        self.state = State(self.district)
        nothing = np.full((3, orders), np.nan)
        self.log = Log(nothing[0], nothing[1], nothing[2], np.zeros(people, np.int64))

    def through(self) -> Log:
        """Until nothing is to come, or a day after the last."""
        for order, at in enumerate(self.district.needs.at.tolist()):
            self._at(at, partial(self._arrives, order))
        if self.policy is Policy.BATCH:
            self._at(0.0, self._tick)
        last = (self.district.days + 1) * 1_440
        while self._events and self._events[0][0] <= last:
            self._now, _, happens = heappop(self._events)
            happens()
        return self.log

    def _at(self, minute: float, happens: Callable[[], None]) -> None:
        heappush(self._events, (minute, self._put, happens))
        self._put += 1

    def _arrives(self, order: int) -> None:
        self._waiting.add(order)
        self.tell(order + 1)
        if self.policy is not Policy.BATCH:
            self._look(order)

    def _look(self, order: int) -> None:
        """Ask for one order, now or when people wake; again later when there is nobody to ask."""
        if order not in self._waiting:
            return
        wakes = self._awake(order)
        if wakes > self._now:
            self._at(wakes, lambda: self._look(order))
            return
        most = WAVE if self.policy is Policy.WAVES else 1
        for choice in self._decided([order], most - 1):
            for scored in (choice.chosen + choice.runners_up)[:most]:
                self._ask(order, scored)
        if self.policy is Policy.WAVES:
            self._at(self._now + WAVE_MINUTES, lambda: self._look(order))
        elif not self.state.invited[order]:
            self._at(self._now + RETRY_MINUTES, lambda: self._look(order))

    def _tick(self) -> None:
        """Everything open at once; quiet hours only let through what is critical."""
        open_ = [o for o in sorted(self._waiting) if not self.state.invited[o] and self._awake(o) <= self._now]
        if open_:
            for choice in self._decided(open_, 0):
                for scored in choice.chosen:
                    self._ask(open_[choice.order], scored)
        self._at(self._now + BATCH_MINUTES, self._tick)

    def _decided(self, orders: list[int], runners_up: int) -> Any:
        self._forget()
        return list(decide(self.state.batch(orders)).choices(runners_up))

    def _forget(self) -> None:
        """Having been asked long ago no longer counts."""
        while self._recent and self._recent[0][0] < self._now - _LATELY:
            self.state.asked_lately[self._recent.popleft()[1]] -= 1

    def _ask(self, order: int, scored: Scored) -> None:
        person, way_cm = scored.party, scored.distance_cm or 0
        said = answer(self.district, order, person, way_cm, int(self.state.asked_lately[person]))
        self.state.ask(order, person)
        self._recent.append((self._now, person))
        self.log.asked += 1
        answers, until = self._after(order, said.minutes), self._after(order, OFFER_MINUTES)
        if answers <= until:
            self._at(answers, lambda: self._says(order, person, way_cm, yes=said.yes))
        else:
            self._at(until, lambda: self._silent(order, person))

    def _says(self, order: int, person: int, way_cm: int, *, yes: bool) -> None:
        self.state.answered(order, person)
        if not yes:
            self.log.declined += 1
            self._next(order)
        elif order not in self._waiting or not self.state.may_take(person):
            self.log.too_late += 1
            self._next(order)
        else:
            self._takes(order, person, way_cm)

    def _silent(self, order: int, person: int) -> None:
        self.state.answered(order, person)
        self.log.expired += 1
        self._next(order)

    def _next(self, order: int) -> None:
        """A wave comes at its time, a batch at its own; alone the next is asked at once."""
        if self.policy is Policy.GREEDY:
            self._look(order)

    def _takes(self, order: int, person: int, way_cm: int) -> None:
        needs = self.district.needs
        self._waiting.discard(order)
        self.state.take(person)
        pace = _WALK if way_cm <= _WALKED_CM else _RIDE
        began = self._now + _GET_READY + way_cm / 100 / pace
        self.log.accepted[order], self.log.began[order], self.log.way_m[order] = self._now, began, way_cm / 100
        late = began - int(needs.at[order]) - int(needs.within[order])
        stars = rating(self.district, order, person, late)
        self._at(began + int(needs.lasts[order]), lambda: self._done(person, stars))

    def _done(self, person: int, stars: int) -> None:
        self.log.served[person] += 1
        self.state.done(person, stars)

    def _awake(self, order: int) -> float:
        return _minute(waking(_moment(self._now), self._quiet(order)))

    def _after(self, order: int, minutes: float) -> float:
        """So many waking minutes later."""
        whole = int(minutes)
        return _minute(answer_by(_moment(self._now), whole, self._quiet(order))) + (minutes - whole)

    def _quiet(self, order: int) -> Quiet | None:
        return None if self.district.needs.critical[order] else QUIET


def simulate(district: District, policy: Policy, tell: Callable[[int], None] = lambda _: None) -> Log:
    """The days of the district under the policy. ``tell`` hears how many orders have come."""
    return _Run(district, policy, tell).through()


def _moment(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def _minute(moment: datetime) -> float:
    return (moment - START) / timedelta(minutes=1)
