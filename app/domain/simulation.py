"""Days of a district under one policy of dispatch, from event to event. Whom to ask is decided by the dispatch code itself.

When to ask is decided by ``dispatch_ways`` too, but for the batch. Quiet hours are those of the house.
What happens to an order afterwards is simple: whoever said yes sets out, serves, and is free for the next.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Any

import numpy as np

from app.domain.dispatch_batch import Choice, Scored, decide
from app.domain.dispatch_cost import NOTICE_DAYS
from app.domain.dispatch_ways import Do, Standing, Way, WayStep, next_move, without_anybody
from app.domain.orders import OFFER_MINUTES, OrderState
from app.domain.quiet_hours import Quiet, answer_by, quiet_of, waking
from app.domain.simulation_answers import answer, rating
from app.domain.simulation_district import START, District
from app.domain.simulation_policies import Policy
from app.domain.simulation_state import State

QUIET = Quiet(22 * 60, 7 * 60)
STEPS = {Policy.GREEDY: WayStep(Way.WAVES), Policy.WAVES: WayStep(Way.WAVES, people=3, every_minutes=30)}
BATCH_MINUTES = 15
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
    _due: dict[int, float] = field(default_factory=dict)
    """When each order is looked at next, unless an answer comes first."""
    _asked_at: dict[int, datetime] = field(default_factory=dict)
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
        """What the way asks for now, and when to look again, as ``orders_ways`` does for an order at its last step."""
        self._due.pop(order, None)
        while order in self._waiting:
            step, moment, asked_at = STEPS[self.policy], _moment(self._now), self._asked_at.get(order)
            state = OrderState.OFFERED if self.state.invited[order] else OrderState.OPEN
            standing = Standing(state, asked_at, asked_at)
            move = next_move(step, standing, moment, self._quiet(order), last=True)
            if move.do is Do.ACT and not self._asks(order, step.people):
                move = without_anybody(standing, moment, last=True)
            if move.do is Do.WAIT:
                self._again(order, move.at)
                return

    def _again(self, order: int, at: datetime | None) -> None:
        if at is not None:
            due = self._due[order] = _minute(at)
            self._at(due, lambda: self._look(order) if self._due.get(order) == due else None)

    def _asks(self, order: int, most: int) -> bool:
        """So many of the best; False where there is nobody."""
        choices = self._decided([order], most - 1)
        for choice in choices:
            for scored in (choice.chosen + choice.runners_up)[:most]:
                self._ask(order, scored)
                self._asked_at[order] = _moment(self._now)
        return bool(choices)

    def _tick(self) -> None:
        """Everything open at once that may be asked for at this time of day."""
        open_ = [o for o in sorted(self._waiting) if not self.state.invited[o] and self._awake(o) <= self._now]
        for choice in self._decided(open_, 0):
            for scored in choice.chosen:
                self._ask(int(choice.order), scored)
        self._at(self._now + BATCH_MINUTES, self._tick)

    def _decided(self, orders: list[int], runners_up: int) -> list[Choice]:
        """Of those orders somebody is left for, whom to ask; ``order`` is the number of the order here."""
        self._forget()
        room = self.state.room(pending=self.policy is Policy.BATCH)
        some = [order for order in orders if self.state.anybody(order, room)]
        choices = list(decide(self.state.batch(some, room)).choices(runners_up)) if some else []
        return [replace(choice, order=some[choice.order]) for choice in choices]

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
        """A batch comes at its own time."""
        if self.policy is not Policy.BATCH:
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
        return quiet_of(QUIET.since, QUIET.until, urgent=bool(self.district.needs.night_too[order]))


def simulate(district: District, policy: Policy, tell: Callable[[int], None] = lambda _: None) -> Log:
    """The days of the district under the policy. ``tell`` hears how many orders have come."""
    return _Run(district, policy, tell).through()


def _moment(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def _minute(moment: datetime) -> float:
    return (moment - START) / timedelta(minutes=1)
