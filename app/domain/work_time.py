"""Working time: how long from one moment to another, and which moment is so much later, by the Chinese calendar.

Three measures, one arithmetic. Each says which stretches of a day count: the office hours of working days; all of every day;
all of working days. ``add`` and ``between`` are exact inverses of each other, to the microsecond.

Days of a year whose notice is not out yet go by the week (``workdays``); whoever keeps a moment counted so keeps with it
which notice it awaits, and counts again when that is out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain.workdays import awaited, is_working_day

DAY_MINUTES = 24 * 60
NOTHING = timedelta(0)
_FARTHEST_DAYS = 366 * 30
"""Nothing is counted further than this: a measure that counts nothing would never arrive."""
Window = tuple[int, int]
"""From and until, in minutes after midnight."""
Week = tuple[tuple[Window, ...], ...]
"""The windows of Monday to Sunday. Those of Saturday and Sunday hold on days that are worked (调休)."""


class Unit(StrEnum):
    WORKING_MINUTES = "working_minutes"
    CLOCK_MINUTES = "clock_minutes"
    WORKING_DAYS = "working_days"
    """The same time of day so many working days later. A working day is 1,440 minutes of this measure; the day of the start
    counts from the start, whatever day it is.
    """


UNIT_NAMES = {
    Unit.WORKING_MINUTES: "工作分钟",
    Unit.CLOCK_MINUTES: "分钟（不分昼夜）",
    Unit.WORKING_DAYS: "工作日",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The office hours of a week, from a day on."""

    valid_from: date
    week: Week


OfficeHours = tuple[Schedule, ...]
"""What held and holds, in the order of days."""
HOUSE_WEEK: Week = (((8 * 60 + 30, 12 * 60), (14 * 60 + 30, 18 * 60)),) * 7
"""House rule, until a district says otherwise."""
HOUSE_HOURS: OfficeHours = (Schedule(date.min, HOUSE_WEEK),)
_ALL_DAY: tuple[Window, ...] = ((0, DAY_MINUTES),)


def check_week(week: Week) -> None:
    """422 for windows that are empty, overlap or stand out of order, and for a week without any from Monday to Friday."""
    for windows in week:
        edges = [edge for window in windows for edge in window]
        if any(later <= sooner for sooner, later in pairwise(edges)):
            raise RuleBroken("每日的办公时段须先后排列、互不重叠", field="week")
    if not any(week[:5]):
        raise RuleBroken("周一至周五至少一天有办公时段", field="week")


def windows_on(hours: OfficeHours, day: date) -> tuple[Window, ...]:
    """The office hours of a day, were it worked."""
    schedule = next((one for one in reversed(hours) if one.valid_from <= day), HOUSE_HOURS[0])
    return schedule.week[day.weekday()]


@dataclass(frozen=True, slots=True)
class Measure:
    """What counts: a unit, the office hours, and of working days the day of the start."""

    unit: Unit
    hours: OfficeHours = HOUSE_HOURS
    first_day: date | None = None

    def windows(self, day: date) -> tuple[Window, ...]:
        """The stretches of a day that count."""
        if self.unit is Unit.CLOCK_MINUTES:
            return _ALL_DAY
        if self.unit is Unit.WORKING_DAYS:
            return _ALL_DAY if day == self.first_day or is_working_day(day) else ()
        return windows_on(self.hours, day) if is_working_day(day) else ()

    def add(self, start: datetime, counted: timedelta) -> datetime:
        """The first moment at which so much has counted since the start; the start itself for nothing."""
        if counted <= NOTHING:
            return start
        if self.unit is Unit.CLOCK_MINUTES:
            return start + counted
        for opens, closes in self._stretches(start):
            if counted <= closes - opens:
                return (opens + counted).astimezone(UTC)
            counted -= closes - opens
        raise OverflowError("too far to be counted")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much counts from the start until the end; nothing when the end comes first."""
        if end <= start:
            return NOTHING
        if self.unit is Unit.CLOCK_MINUTES:
            return end - start
        total = NOTHING
        for opens, closes in self._stretches(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What counts from a moment on, each with both ends."""
        first = china_day(start)
        for number in range(_FARTHEST_DAYS):
            day = first + timedelta(days=number)
            for opens, closes in edges(day, self.windows(day)):
                if closes > start:
                    yield max(opens, start), closes


def china_day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def edges(day: date, windows: Sequence[Window]) -> list[tuple[datetime, datetime]]:
    """The windows of a day as moments."""
    midnight = datetime.combine(day, time(), CHINA)
    return [(midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)) for begin, end in windows]


def measure(unit: Unit, hours: OfficeHours, started_at: datetime) -> Measure:
    """The measure of something that started then."""
    return Measure(unit, hours, china_day(started_at) if unit is Unit.WORKING_DAYS else None)


def notice_awaited(unit: Unit, until: datetime) -> int | None:
    """The year whose notice may still move a moment counted in this unit; None when it stands."""
    return None if unit is Unit.CLOCK_MINUTES else awaited(china_day(until))


def time_of(amount: int, unit: Unit) -> timedelta:
    """So many of a unit, in its measure."""
    return timedelta(minutes=amount * DAY_MINUTES if unit is Unit.WORKING_DAYS else amount)


def week_of(stored: Sequence[Sequence[Sequence[int]]]) -> Week:
    """A week as a row keeps it."""
    return tuple(tuple((begin, end) for begin, end in day) for day in stored)
