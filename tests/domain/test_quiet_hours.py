"""Quiet hours: nobody is asked within them, and nobody's time runs out; also over midnight."""

from datetime import datetime, timedelta

import pytest

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain.quiet_hours import Quiet, answer_by, check_quiet, clock_of, minute_of, quiet_of, waking

NIGHT = Quiet(22 * 60, 7 * 60)
NOON = Quiet(12 * 60, 14 * 60)


def at(clock: str, day: int = 10) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("quiet", "clock", "inside"),
    [
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "23:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "06:59", True),
        (NIGHT, "07:00", False),
        (NOON, "11:59", False),
        (NOON, "12:00", True),
        (NOON, "13:59", True),
        (NOON, "14:00", False),
        (NOON, "23:00", False),
    ],
)
def test_what_is_quiet(quiet: Quiet, clock: str, inside: bool) -> None:
    assert quiet.covers(at(clock)) is inside


@pytest.mark.parametrize(
    ("quiet", "moment", "then"),
    [
        (None, at("23:00"), at("23:00")),
        (NIGHT, at("21:00"), at("21:00")),
        (NIGHT, at("22:00"), at("07:00", 11)),
        (NIGHT, at("23:30"), at("07:00", 11)),
        (NIGHT, at("03:15"), at("07:00")),
        (NOON, at("12:30"), at("14:00")),
    ],
)
def test_what_is_put_off_is_put_to_their_end(quiet: Quiet | None, moment: datetime, then: datetime) -> None:
    assert waking(moment, quiet) == then


@pytest.mark.parametrize(
    ("quiet", "asked", "minutes", "until"),
    [
        (None, at("23:00"), 60, at("00:00", 11)),
        (NIGHT, at("10:00"), 60, at("11:00")),
        (NIGHT, at("21:30"), 29, at("21:59")),
        (NIGHT, at("21:30"), 30, at("07:00", 11)),
        (NIGHT, at("21:30"), 60, at("07:30", 11)),
        (NIGHT, at("23:00"), 60, at("08:00", 11)),
        (NIGHT, at("03:00"), 60, at("08:00")),
        (NIGHT, at("10:00"), 12 * 60 + 15 * 60 + 30, at("07:30", 12)),
        (NOON, at("11:30"), 60, at("14:30")),
        (NOON, at("11:00"), 24 * 60, at("13:00", 11) + timedelta(hours=2)),
    ],
)
def test_until_when_to_answer(quiet: Quiet | None, asked: datetime, minutes: int, until: datetime) -> None:
    assert answer_by(asked, minutes, quiet) == until


@pytest.mark.parametrize("quiet", [NIGHT, NOON, Quiet(0, 1), Quiet(1439, 0), Quiet(20 * 60, 10 * 60)])
def test_no_answer_is_due_while_it_is_quiet(quiet: Quiet) -> None:
    for start in range(0, 24 * 60, 37):
        asked = at("00:00") + timedelta(minutes=start)
        for minutes in (1, 59, 60, 600, 2_000):
            until = answer_by(asked, minutes, quiet)
            assert not quiet.covers(until)
            assert awake_between(waking(asked, quiet), until, quiet) == minutes


def awake_between(start: datetime, end: datetime, quiet: Quiet) -> int:
    whole = int((end - start).total_seconds() // 60)
    return sum(not quiet.covers(start + timedelta(minutes=minute)) for minute in range(whole))


def test_none_for_what_is_urgent() -> None:
    assert quiet_of(60, 120, urgent=False) == Quiet(60, 120)
    assert quiet_of(60, 120, urgent=True) is None
    assert quiet_of(None, None, urgent=False) is None


@pytest.mark.parametrize(("since", "until"), [(60, None), (None, 60), (60, 60), (0, 14 * 60 + 1), (18 * 60, 9 * 60)])
def test_half_or_too_many_are_refused(since: int | None, until: int | None) -> None:
    with pytest.raises(RuleBroken):
        check_quiet(since, until)


def test_clocks() -> None:
    assert [minute_of("00:00"), minute_of("21:30"), clock_of(1290), clock_of(0)] == [0, 1290, "21:30", "00:00"]
    assert clock_of(None) is None
