"""When somebody is free: a week that repeats, and days that are not as their week. All of it on China time.

Who has stated no week may be asked for any time; their exceptions count all the same. A day's exception says what holds in its
span, whatever the week says; outside its span the week goes on.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.core.clock import CHINA
from app.core.errors import RuleBroken

DAY = 24 * 60
"""Minutes of a day: a window may last until 24:00, and go on at 0:00 of the next."""


@dataclass(frozen=True, slots=True)
class Window:
    """Free every week on this day (1 is Monday), in minutes of the day."""

    weekday: int
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class DayException:
    """On this day free, or not free, in this span."""

    on: date
    free: bool
    from_minute: int = 0
    until_minute: int = DAY


Span = tuple[int, int]


def free(windows: Sequence[Window], exceptions: Sequence[DayException], start: datetime, end: datetime) -> bool:
    """Whether somebody is free for the whole time from ``start`` to ``end``; both know their offset."""
    return all(_free_on(windows, exceptions, day, span) for day, span in _days(start, end))


def _days(start: datetime, end: datetime) -> Iterable[tuple[date, Span]]:
    """The time, day by day, in whole minutes that hold it."""
    first, last = start.astimezone(CHINA), end.astimezone(CHINA)
    day = first.date()
    while day <= last.date():
        since = _minute(first) if day == first.date() else 0
        until = _minute_up(last) if day == last.date() else DAY
        if until > since:
            yield day, (since, until)
        day += timedelta(days=1)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _minute_up(moment: datetime) -> int:
    return _minute(moment) + (moment.second > 0 or moment.microsecond > 0)


def _free_on(windows: Sequence[Window], exceptions: Sequence[DayException], day: date, wanted: Span) -> bool:
    week, special = _week_of(windows, day), [e for e in exceptions if e.on == day]
    return all(_free_in(week, special, piece) for piece in _pieces(windows, exceptions, day, wanted))


def _week_of(windows: Sequence[Window], day: date) -> list[Span]:
    """What the week says of this day; a week not stated says all of it."""
    return (
        [(w.from_minute, w.until_minute) for w in windows if w.weekday == day.isoweekday()] if windows else [(0, DAY)]
    )


def _pieces(windows: Sequence[Window], exceptions: Sequence[DayException], day: date, wanted: Span) -> Iterable[Span]:
    """The wanted span, cut where anything begins or ends: in each piece one thing holds throughout."""
    edges = {edge for span in _week_of(windows, day) for edge in span}
    edges |= {edge for e in exceptions if e.on == day for edge in (e.from_minute, e.until_minute)}
    cuts = [wanted[0], *sorted(edge for edge in edges if wanted[0] < edge < wanted[1]), wanted[1]]
    return itertools.pairwise(cuts)


def _free_in(week: Sequence[Span], special: Sequence[DayException], piece: Span) -> bool:
    for exception in special:
        if _holds((exception.from_minute, exception.until_minute), piece):
            return exception.free
    return any(_holds(span, piece) for span in week)


def _holds(span: Span, piece: Span) -> bool:
    return span[0] <= piece[0] and piece[1] <= span[1]


def open_spans(
    windows: Sequence[Window], exceptions: Sequence[DayException], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """All times between two moments in which somebody is free, in order; what goes on over midnight is one."""
    found: list[tuple[datetime, datetime]] = []
    for day, wanted in _days(start, end):
        midnight = datetime.combine(day, time(), CHINA)
        for piece in _pieces(windows, exceptions, day, wanted):
            if _free_on(windows, exceptions, day, piece):
                since = max(start, midnight + timedelta(minutes=piece[0]))
                until = min(end, midnight + timedelta(minutes=piece[1]))
                if found and found[-1][1] == since:
                    since = found.pop()[0]
                found.append((since, until))
    return found


def check(windows: Sequence[Window], exceptions: Sequence[DayException]) -> None:
    """422 when two windows of a weekday, or two exceptions of a day, overlap."""
    spans: dict[object, list[Span]] = {}
    for window in windows:
        spans.setdefault(window.weekday, []).append((window.from_minute, window.until_minute))
    for exception in exceptions:
        spans.setdefault(exception.on, []).append((exception.from_minute, exception.until_minute))
    for of_a_day in spans.values():
        ordered = sorted(of_a_day)
        if any(earlier[1] > later[0] for earlier, later in itertools.pairwise(ordered)):
            raise RuleBroken("同一天的时段不能重叠", field="windows")
        if any(since >= until for since, until in ordered):
            raise RuleBroken("时段的结束须晚于开始", field="windows")
