"""Why is this due then: day by day what counted and what did not, and why; the pauses and what was granted between.

The sums are exact: what counted and what is left are together what was granted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.core.clock import CHINA
from app.domain.clocks import Mark
from app.domain.work_time import NOTHING, Measure, Unit, china_day, edges
from app.domain.workdays import Day, DayKind, day_of

_STARTS, _STOPS = frozenset({Mark.START, Mark.RESUME}), frozenset({Mark.PAUSE, Mark.MEET, Mark.STOP})
_OFFICE, _NOON, _CLOSED, _ALL_DAY, _FIRST_DAY = "办公时间", "午休", "非办公时间", "全天计", "起算日，自起算时刻计"


@dataclass(frozen=True, slots=True)
class Stretch:
    starts_at: datetime
    ends_at: datetime
    counted: bool
    reason: str

    @property
    def time(self) -> timedelta:
        return self.ends_at - self.starts_at if self.counted else NOTHING


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the count."""

    on: date
    day: Day
    stretches: tuple[Stretch, ...]

    @property
    def counted(self) -> timedelta:
        return sum((stretch.time for stretch in self.stretches), NOTHING)


def running_spans(marks: Iterable[tuple[datetime, Mark]], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the clock ran, from its marks in order; the last span until it is due, where it still runs."""
    since: datetime | None = None
    for at, mark in marks:
        if mark in _STARTS:
            since = at
        elif mark in _STOPS and since is not None:
            yield since, min(at, max(until, since))
            since = None
    if since is not None and since < until:
        yield since, until


def day_lines(ruler: Measure, spans: Iterable[tuple[datetime, datetime]]) -> list[DayLine]:
    """Each day of each span; a day that is cut by a pause stands once for each part."""
    return [line for start, end in spans for line in _of_span(ruler, start, end)]


def counted(lines: Sequence[DayLine]) -> timedelta:
    return sum((line.counted for line in lines), NOTHING)


def _of_span(ruler: Measure, start: datetime, end: datetime) -> Iterator[DayLine]:
    day, last = china_day(start), china_day(end)
    while day <= last:
        midnight = datetime.combine(day, time(), CHINA)
        begins, ends = max(start, midnight), min(end, midnight + timedelta(days=1))
        if begins < ends:
            yield DayLine(day, day_of(day), tuple(_stretches(ruler, day, begins, ends)))
        day += timedelta(days=1)


def _stretches(ruler: Measure, day: date, begins: datetime, ends: datetime) -> Iterator[Stretch]:
    """The whole of the span's part of a day, cut where counting begins and ends."""
    windows = edges(day, ruler.windows(day))
    reason = _reason(ruler, day)
    at = begins
    for number, (opens, closes) in enumerate(windows):
        if at < min(opens, ends):
            yield Stretch(at, min(opens, ends), counted=False, reason=_NOON if number else _CLOSED)
        at = max(at, min(opens, ends))
        if at < min(closes, ends):
            yield Stretch(at, min(closes, ends), counted=True, reason=reason)
        at = max(at, min(closes, ends))
    if at < ends:
        yield Stretch(at, ends, counted=False, reason=_CLOSED if windows else _rest(day))


def _reason(ruler: Measure, day: date) -> str:
    if ruler.unit is Unit.WORKING_MINUTES:
        return _OFFICE
    if ruler.unit is Unit.WORKING_DAYS and not day_of(day).works:
        return _FIRST_DAY
    return _ALL_DAY


def _rest(day: date) -> str:
    found = day_of(day)
    if found.works:
        return "本区当天无办公时段"
    return f"节假日（{found.occasion}）" if found.kind is DayKind.HOLIDAY and found.occasion else "休息日"
