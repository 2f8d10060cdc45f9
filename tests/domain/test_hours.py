"""Arithmetic of service time: whole minutes given, plausible spans, and a ledger that balances (I5)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Conflict, RuleBroken
from app.domain.hours import (
    FLOW,
    LONGEST_SERVICE,
    Account,
    EntryKind,
    HourStatus,
    check_span,
    minutes_between,
    record_due_at,
    reversal_of,
)

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (59, 0), (60, 1), (119.999, 1), (2_730, 45), (86_400, 1_440)])
def test_only_whole_minutes_count(seconds: float, minutes: int) -> None:
    assert minutes_between(NOON, NOON + timedelta(seconds=seconds)) == minutes


@given(st.timedeltas(timedelta(0), timedelta(days=2)))
def test_no_time_is_given_away(span: timedelta) -> None:
    minutes = minutes_between(NOON, NOON + span)
    assert timedelta(0) <= span - timedelta(minutes=minutes) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (timedelta(hours=-2), timedelta(seconds=1), "晚于现在"),
        (-LONGEST_SERVICE - timedelta(seconds=1), timedelta(0), "十六小时"),
        (timedelta(seconds=-59), timedelta(0), "不足一分钟"),
        (timedelta(hours=-1), timedelta(hours=-2), "不足一分钟"),
    ],
)
def test_a_span_that_cannot_be_is_refused(start: timedelta, end: timedelta, why: str) -> None:
    with pytest.raises(RuleBroken, match=why):
        check_span(NOON + start, NOON + end, NOON)


def test_the_longest_and_the_shortest_span() -> None:
    assert check_span(NOON - LONGEST_SERVICE, NOON, NOON) == 960
    assert check_span(NOON - timedelta(minutes=1), NOON, NOON) == 1


def test_recording_is_due_ten_working_days_after() -> None:
    """令第67号 §11, over a weekend worked and one not."""
    assert record_due_at(NOON) == datetime(2026, 12, 8, 4, tzinfo=UTC)


def _balance(moves: list[tuple[Account, Account]]) -> dict[Account, int]:
    sums = dict.fromkeys(Account, 0)
    for debit, credit in moves:
        sums[debit] -= 60
        sums[credit] += 60
    return sums


@pytest.mark.parametrize("status", [HourStatus.RECORDED, HourStatus.CONFIRMED])
def test_i5_a_reversal_leaves_nothing_behind(status: HourStatus) -> None:
    moves = [FLOW[EntryKind.RECORD]] + ([FLOW[EntryKind.CONFIRM]] if status is HourStatus.CONFIRMED else [])
    assert _balance(moves)[Account(status.value)] == 60
    assert set(_balance([*moves, reversal_of(status)]).values()) == {0}


def test_i5_nothing_is_reversed_twice() -> None:
    with pytest.raises(Conflict):
        reversal_of(HourStatus.REVERSED)
