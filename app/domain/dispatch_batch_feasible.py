"""Which pairs of a batch may be: the rules of ``dispatch.obstacle`` and of ``availability``, for many pairs at once.

What does not depend on a pair, skills and scope, was seen to when the candidates were found (``dispatch_batch_candidates``).
"""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from app.domain.availability import DAY, Window, free
from app.domain.dispatch_batch_facts import NONE, WEEKDAYS, Batch, Bools, Ints, Small

_CHINA_MINUTES = 8 * 60
"""China's clock is eight hours ahead, all year (since 1992)."""
_MONDAY = 3
"""1970-01-01 was a Thursday."""


def allowed(batch: Batch, order: Ints, party: Ints, distance_cm: Ints) -> Bools:
    """Not barred, near enough for the party, free then, and not promised to others then."""
    radius = batch.parties.radius_cm[party]
    fits: Bools = batch.barred.of(batch.key(order, party), 0) == 0
    fits &= (radius == NONE) | (distance_cm <= radius)
    timed = batch.orders.since[order] != NONE
    if timed.any():
        order, party = np.broadcast_arrays(order, party)
        at = fits & timed
        fits[at] &= _in_time(batch, order[at], party[at])
    return fits


def _in_time(batch: Batch, order: Ints, party: Ints) -> Bools:
    """Of pairs one after the other whose order has its time."""
    since, until = batch.orders.since[order], batch.orders.until[order]
    busy = batch.times.busy[party]
    clash = (busy[..., 0] < until[:, None]) & (since[:, None] < busy[..., 1])
    found: Bools = np.logical_not(clash.any(axis=1))
    at = np.flatnonzero(found)
    party, since, until = party[at], since[at], until[at]
    found[at] = _in_week(batch, party, since, until)
    if batch.times.exceptions:
        special = np.fromiter(batch.times.exceptions, np.int64, len(batch.times.exceptions))
        for one in np.flatnonzero(np.isin(party, special)):
            found[at[one]] = _free(batch, int(party[one]), int(since[one]), int(until[one]))
    return found


def _in_week(batch: Batch, party: Ints, since: Ints, until: Ints) -> Bools:
    """One window of the week holds the whole time. Windows that go on over midnight are two, as the domain has them."""
    local = since + _CHINA_MINUTES
    day, first = local // DAY, local % DAY
    last = first + (until - since)
    here = _held(batch, party, (day + _MONDAY) % WEEKDAYS, first, np.minimum(last, DAY))
    there = _held(batch, party, (day + 1 + _MONDAY) % WEEKDAYS, np.zeros_like(first), last - DAY)
    found: Bools = ~batch.times.stated[party] | (here & ((last <= DAY) | there))
    return found


def _held(batch: Batch, party: Ints, weekday: Ints, first: Ints, last: Ints) -> Any:
    spans = batch.times.windows[party, weekday]
    return ((spans[..., 0] <= first[:, None]) & (last[:, None] <= spans[..., 1])).any(axis=1)


def _free(batch: Batch, party: int, since: int, until: int) -> bool:
    """By the rule itself, for the few who have days that are not as their week."""
    spans = batch.times.windows[party] if batch.times.stated[party] else ()
    week = [
        Window(number + 1, int(first), int(last))
        for number, day in enumerate(spans)
        for first, last in day
        if first < last
    ]
    start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in (since, until))
    return free(week, batch.times.exceptions[party], start, end)


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of a day in order, those that touch as one: somebody free from 8 to 10 and from 10 to 12 is free at 9:30."""
    ordered = sorted(spans)
    if not ordered:
        return []
    starts = [ordered[0][0], *(later[0] for earlier, later in pairwise(ordered) if earlier[1] < later[0])]
    ends = [*(earlier[1] for earlier, later in pairwise(ordered) if earlier[1] < later[0]), ordered[-1][1]]
    return list(zip(starts, ends, strict=True))


def half_days(since: Ints) -> Small:
    """The half of the China day each time begins in, numbered; NONE for any time.

    In a batch nobody is asked for two orders wanted in the same half of a day, so that no two of them overlap but for one that
    goes on past noon or midnight: those the party would see for themselves before saying yes to both.
    """
    halves = (since + _CHINA_MINUTES) // (DAY // 2)
    found, which = np.unique(halves, return_inverse=True)
    return np.where(since == NONE, NONE, which.reshape(-1)).astype(np.int32) if len(found) else halves.astype(np.int32)
