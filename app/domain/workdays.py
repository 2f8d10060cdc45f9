"""The Chinese working calendar, 调休 included: which days count when a rule says working days.

Source: the State Council's yearly notices as kept by the library chinesecalendar; a test compares it with the notices of
2025 and 2026. Years without a notice fall back to Monday to Friday, and are counted again once the notice is out.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar
from chinese_calendar.constants import holidays, workdays

from app.core.clock import CHINA

_DECEMBER = 12
_LATE_DECEMBER = 24
"""A notice may move days of the end of the year before its own: 元旦 of 2019 was given for 29 December 2018."""
NOTICES = {
    2025: "国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号）",
    2026: "国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）",
}
"""By number, where it is known; of other years the library has it without."""

OCCASIONS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}
"""The library's names in those of the notices."""


class DayKind(StrEnum):
    WORKDAY = "workday"
    REST = "rest"
    """A Saturday or Sunday."""
    HOLIDAY = "holiday"
    """Given by a notice, 调休 included."""
    MAKEUP = "makeup"
    """A Saturday or Sunday that is worked (调休)."""


DAY_KIND_NAMES = {
    DayKind.WORKDAY: "工作日",
    DayKind.REST: "休息日",
    DayKind.HOLIDAY: "节假日",
    DayKind.MAKEUP: "调休上班",
}


@dataclass(frozen=True, slots=True)
class Day:
    """What the calendar says of a day, and which notice says so; without one, the day goes by the week."""

    kind: DayKind
    occasion: str | None = None
    """The holiday it is given for, or worked for."""
    notice: str | None = None

    @property
    def works(self) -> bool:
        return self.kind in {DayKind.WORKDAY, DayKind.MAKEUP}


def announced() -> int:
    """The last year whose notice is known."""
    year: int = max(holidays).year
    return year


def awaited(day: date) -> int | None:
    """The year whose notice may still change what is said of the day; None when it stands."""
    year = day.year + (day.month == _DECEMBER and day.day >= _LATE_DECEMBER)
    return year if year > announced() else None


@lru_cache(maxsize=4_096)
def is_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def day_of(day: date) -> Day:
    """The day with its reason."""
    weekend = day.weekday() >= 5
    notice = notice_of(day.year)
    if is_working_day(day):
        kind = DayKind.MAKEUP if weekend else DayKind.WORKDAY
        return Day(kind, _occasion(workdays.get(day)), notice)
    if day in holidays:
        return Day(DayKind.HOLIDAY, _occasion(holidays[day]), notice)
    return Day(DayKind.REST, None, notice)


def notice_of(year: int) -> str | None:
    """The State Council's notice for a year; None while there is none."""
    if not min(holidays).year <= year <= announced():
        return None
    return NOTICES.get(year, f"国务院办公厅关于{year}年部分节假日安排的通知")


def _occasion(name: str | None) -> str | None:
    return None if name is None else OCCASIONS.get(name, name)


def add_working_days(start: datetime, days: int) -> datetime:
    """The same time of day ``days`` working days later, counted in China Standard Time, answered in UTC.

    The day of the start does not count.
    """
    moment = start.astimezone(CHINA)
    while days:
        moment += timedelta(days=1)
        days -= is_working_day(moment.date())
    return moment.astimezone(UTC)
