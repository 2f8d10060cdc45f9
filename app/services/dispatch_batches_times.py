"""Reads when people are free, for a batch of dispatch; only where some order has its time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.core.clock import CHINA
from app.core.columns import Columns, columns
from app.domain.availability import DayException
from app.domain.dispatch_batch_facts import NONE, WEEKDAYS, Ints, Orders, Times, free_times
from app.services import dispatch_batches_sql as sql
from app.services.dispatch_batches_orders import Look, minutes
from app.services.dispatch_batches_people import Helpers


async def times_of(connection: Any, look: Look, orders: Orders, found: Helpers) -> Times:
    times = free_times(len(found))
    timed = orders.since != NONE
    if not timed.any() or not len(found):
        return times
    ends = orders.since[timed].min(), orders.until[timed].max()
    first, last = (datetime.fromtimestamp(int(minute) * 60, UTC) for minute in ends)
    week = await columns(connection, sql.WINDOWS, sql.WINDOWS_KINDS, look.given)
    _week(times, week, found.at(week["person"]))
    days = (first.astimezone(CHINA).date(), last.astimezone(CHINA).date())
    _special(times, await connection.fetch(sql.EXCEPTIONS, look.district, *days), found)
    busy = await columns(connection, sql.BUSY, sql.BUSY_KINDS, look.given | {"first": first, "last": last})
    who = found.at(busy["person"])
    here = np.flatnonzero(who != NONE)
    since, until = minutes(busy["since"][here], up=False), minutes(busy["until"][here], up=True)
    times.busy = _filled(who[here], len(found), since, until).astype(np.int64)
    return times


def _week(times: Times, rows: Columns, who: Ints) -> None:
    """Windows of a day that touch are one (``dispatch_batch_feasible.merged``)."""
    here = np.flatnonzero(who != NONE)
    if not len(here):
        return
    day = who[here] * WEEKDAYS + rows["weekday"][here] - 1
    since, until = rows["since"][here].astype(np.int64), rows["until"][here].astype(np.int64)
    at = np.lexsort((since, day))
    day, since, until = day[at], since[at], until[at]
    goes_on = np.zeros(len(day), np.bool_)
    goes_on[1:] = (day[1:] == day[:-1]) & (until[:-1] >= since[1:])
    first = np.flatnonzero(~goes_on)
    last = np.append(first[1:], len(day)) - 1
    spans = _filled(day[first], len(times.stated) * WEEKDAYS, since[first], until[last]).astype(np.int16)
    times.windows = spans.reshape(len(times.stated), WEEKDAYS, -1, 2)
    times.stated[who[here]] = True


def _special(times: Times, rows: Iterable[Any], found: Helpers) -> None:
    told = list(rows)
    who = found.at(np.array([row["person_id"].bytes for row in told], "S16"))
    for row, number in zip(told, who.tolist(), strict=True):
        if number != NONE:
            one = DayException(row["on"], row["free"], row["from_minute"], row["until_minute"])
            times.exceptions.setdefault(number, []).append(one)


def _filled(which: Ints, count: int, since: Ints, until: Ints) -> Ints:
    """Spans of each as rows as long as the longest; empty ones fill up."""
    at = np.argsort(which, kind="stable")
    which, since, until = which[at], since[at], until[at]
    nth = np.arange(len(which)) - np.searchsorted(which, which)
    found = np.zeros((count, int(nth.max(initial=0)) + 1, 2), np.int64)
    found[which, nth, 0], found[which, nth, 1] = since, until
    return found
