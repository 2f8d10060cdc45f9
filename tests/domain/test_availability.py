"""When somebody is free: the week, the days that are not like it, and times that go beyond midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain.availability import DAY, DayException, Window, check, free

SATURDAY = date(2026, 11, 28)
SUNDAY = date(2026, 11, 29)
WEEK = (
    Window(6, 9 * 60, 12 * 60),
    Window(6, 12 * 60, 14 * 60),
    Window(6, 20 * 60, DAY),
    Window(7, 0, 2 * 60),
)
OFF = DayException(SATURDAY, free=False, from_minute=10 * 60, until_minute=11 * 60)
EXTRA = DayException(SATURDAY, free=True, from_minute=15 * 60, until_minute=16 * 60)


def at(day: date, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "end", "exceptions", "answer"),
    [
        ("09:00", "12:00", (), True),
        ("09:30", "10:00", (), True),
        ("08:59", "09:30", (), False),
        ("11:00", "13:00", (), True),
        ("13:00", "14:01", (), False),
        ("14:00", "20:00", (), False),
        ("09:00", "10:00", (OFF,), True),
        ("09:00", "10:01", (OFF,), False),
        ("10:15", "10:30", (OFF,), False),
        ("11:00", "12:00", (OFF,), True),
        ("15:00", "16:00", (), False),
        ("15:00", "16:00", (EXTRA,), True),
        ("14:59", "16:00", (EXTRA,), False),
        ("09:00", "09:30", (DayException(SATURDAY, free=False),), False),
        ("03:00", "05:00", (DayException(SATURDAY, free=True),), True),
        ("09:00", "09:30", (DayException(SUNDAY, free=False),), True),
    ],
)
def test_a_saturday(start: str, end: str, exceptions: tuple[DayException, ...], answer: bool) -> None:
    assert free(WEEK, exceptions, at(SATURDAY, start), at(SATURDAY, end)) is answer


@pytest.mark.parametrize(
    ("start", "end", "answer"),
    [
        ("20:00", "02:00", True),
        ("23:59", "00:01", True),
        ("22:00", "02:01", False),
        ("19:59", "00:30", False),
    ],
)
def test_a_night_goes_on_beyond_midnight(start: str, end: str, answer: bool) -> None:
    assert free(WEEK, (), at(SATURDAY, start), at(SUNDAY, end)) is answer


def test_midnight_itself_asks_nothing_of_the_next_day() -> None:
    assert free((Window(6, 20 * 60, DAY),), (), at(SATURDAY, "20:00"), at(SUNDAY, "00:00"))


def test_an_exception_of_the_next_day_holds_after_midnight() -> None:
    off = DayException(SUNDAY, free=False, from_minute=60)
    assert free(WEEK, (off,), at(SATURDAY, "23:00"), at(SUNDAY, "01:00"))
    assert not free(WEEK, (off,), at(SATURDAY, "23:00"), at(SUNDAY, "01:01"))


def test_seconds_are_not_rounded_away() -> None:
    end = at(SATURDAY, "14:00") + timedelta(seconds=1)
    assert not free(WEEK, (), at(SATURDAY, "13:00"), end)
    assert free(WEEK, (), at(SATURDAY, "13:00") + timedelta(seconds=59), at(SATURDAY, "14:00"))


def test_times_are_read_on_the_china_clock() -> None:
    """01:00 to 04:00 UTC of Saturday is 09:00 to 12:00 in China; 20:00 UTC of Friday is 04:00 of Saturday."""
    assert free(WEEK, (), datetime(2026, 11, 28, 1, tzinfo=UTC), datetime(2026, 11, 28, 4, tzinfo=UTC))
    assert not free(WEEK, (), datetime(2026, 11, 27, 20, tzinfo=UTC), datetime(2026, 11, 27, 21, tzinfo=UTC))


def test_who_states_no_week_may_be_asked_but_on_the_days_they_said() -> None:
    assert free((), (), at(SATURDAY, "03:00"), at(SUNDAY, "04:00"))
    assert not free((), (OFF,), at(SATURDAY, "09:00"), at(SATURDAY, "12:00"))


minutes = st.integers(0, DAY - 1)


@given(
    windows=st.lists(st.tuples(st.integers(1, 7), minutes, minutes), max_size=6),
    start=minutes,
    length=st.integers(1, 900),
)
def test_agrees_with_asking_minute_by_minute(windows: list[tuple[int, int, int]], start: int, length: int) -> None:
    week = [Window(day, min(a, b), max(a, b) + 1) for day, a, b in windows]
    begin = at(SATURDAY, "00:00") + timedelta(minutes=start)

    def open_at(moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        return not week or any(
            w.weekday == moment.isoweekday() and w.from_minute <= minute < w.until_minute for w in week
        )

    slow = all(open_at(begin + timedelta(minutes=step)) for step in range(length))
    assert free(week, (), begin, begin + timedelta(minutes=length)) is slow


@pytest.mark.parametrize(
    ("windows", "exceptions"),
    [
        ((Window(1, 0, 60), Window(1, 59, 120)), ()),
        ((Window(1, 0, 60), Window(1, 0, 60)), ()),
        ((Window(1, 60, 60),), ()),
        ((), (DayException(SUNDAY, free=True), DayException(SUNDAY, free=False, from_minute=5, until_minute=6))),
    ],
)
def test_overlaps_are_refused(windows: tuple[Window, ...], exceptions: tuple[DayException, ...]) -> None:
    with pytest.raises(RuleBroken):
        check(windows, exceptions)


def test_windows_may_touch_and_repeat_on_other_days() -> None:
    check(WEEK, (OFF, EXTRA))
