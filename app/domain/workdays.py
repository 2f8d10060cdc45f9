"""The Chinese working calendar, 调休 included: which days count when a rule says working days.

Source: the State Council's yearly notices as kept by the library chinesecalendar; a test compares it with the notices of
2025 and 2026. Years without a notice fall back to Monday to Friday, and are counted again once the notice is out.
"""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar

from app.core.clock import CHINA


def is_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_working_days(start: datetime, days: int) -> datetime:
    """The same time of day ``days`` working days later, counted in China Standard Time, answered in UTC.

    The day of the start does not count.
    """
    moment = start.astimezone(CHINA)
    while days:
        moment += timedelta(days=1)
        days -= is_working_day(moment.date())
    return moment.astimezone(UTC)
