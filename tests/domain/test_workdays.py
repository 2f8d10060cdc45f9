"""The working calendar against the State Council's notices of 2025 and 2026, 调休 included."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import CHINA
from app.domain.workdays import add_working_days, is_working_day

NOTICES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/cn_holidays_2025_2026.json").read_text())[
    "years"
]


def days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_is_what_the_notice_says(year: int) -> None:
    notice = NOTICES[str(year)]
    off, on = set(notice["off"]), set(notice["makeup_workdays"])
    wrong = [
        day.isoformat()
        for day in days(year)
        if is_working_day(day) != (day.isoformat() in on or (day.weekday() < 5 and day.isoformat() not in off))
    ]
    assert wrong == []


def test_a_year_without_a_notice_falls_back_to_the_week() -> None:
    assert [is_working_day(date(2090, 1, day)) for day in range(2, 9)] == [True, True, True, True, True, False, False]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-11-24T10:00", 1, "2026-11-25T10:00"),
        ("2026-11-27T10:00", 1, "2026-11-30T10:00"),
        ("2026-09-30T10:00", 1, "2026-10-08T10:00"),  # over the National Day
        ("2026-10-08T10:00", 2, "2026-10-10T10:00"),  # a Saturday that is worked
        ("2025-01-25T10:00", 1, "2025-01-26T10:00"),  # a Sunday that is worked
        ("2025-01-27T10:00", 1, "2025-02-05T10:00"),  # over the Spring Festival
        ("2026-11-24T10:00", 0, "2026-11-24T10:00"),
    ],
)
def test_deadlines_count_working_days(start: str, count: int, end: str) -> None:
    assert add_working_days(at(start), count) == at(end)


def test_the_day_is_the_day_in_china() -> None:
    """17:00 UTC on a Friday is already Saturday in China; the deadline is told in UTC."""
    friday_evening = datetime(2026, 11, 27, 17, tzinfo=UTC)
    due = add_working_days(friday_evening, 1)
    assert due == datetime(2026, 11, 29, 17, tzinfo=UTC)
    assert due.tzinfo == UTC
