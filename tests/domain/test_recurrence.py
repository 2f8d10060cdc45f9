"""Which days a rule gives, and which rules are refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import RuleBroken
from app.domain.recurrence import MOST, check_rule, days_of, moment_of

START = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("rule", "until", "days"),
    [
        ("FREQ=DAILY;COUNT=3", date(2026, 12, 31), ["09-01", "09-02", "09-03"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH", date(2026, 9, 10), ["09-01", "09-03", "09-08", "09-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", date(2026, 10, 1), ["09-05", "09-19"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", date(2026, 11, 30), ["09-25", "10-30", "11-27"]),
        ("FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20261020", date(2027, 1, 1), ["09-15", "10-15"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", date(2026, 11, 30), ["09-01", "10-01", "11-02"]),
    ],
)
def test_days(rule: str, until: date, days: list[str]) -> None:
    check_rule(rule)
    assert [day.isoformat()[5:] for day in days_of(rule, START, until=until)] == days


def test_exceptions_additions_and_holidays() -> None:
    """1 to 3 October are public holidays; a weekend is none."""
    rule, until = "FREQ=DAILY;INTERVAL=1", date(2026, 10, 11)
    found = days_of(rule, date(2026, 9, 28), until=until, without=[date(2026, 9, 29)], skip_holidays=True)
    assert date(2026, 9, 29) not in found
    assert not {date(2026, 10, day) for day in (1, 2)} & set(found)
    assert date(2026, 10, 11) in found
    extra = days_of("FREQ=WEEKLY;COUNT=1", START, until=until, besides=[date(2026, 9, 3), date(2026, 8, 1)])
    assert extra == [START, date(2026, 9, 3)], "nothing before the first day"


def test_the_time_of_day_is_chinas() -> None:
    assert moment_of(START, 15 * 60).isoformat() == "2026-09-01T15:00:00+08:00"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=YEARLY",
        "COUNT=3;FREQ=DAILY",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;COUNT=5000",
        "FREQ=DAILY;UNTIL=20270101T000000Z",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=3",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=DAILY;DTSTART=20270101",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=MONTHLY;BYMONTHDAY=99",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "RRULE:FREQ=DAILY",
    ],
)
def test_rules_outside_our_part_are_refused(rule: str) -> None:
    with pytest.raises(RuleBroken):
        check_rule(rule)


@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "MONTHLY"])
@pytest.mark.parametrize("interval", [1, 2, 6, 7, 11, 14, 99])
@pytest.mark.parametrize(
    "by", ["", ";BYDAY=TU", ";BYDAY=MO;BYSETPOS=-4", ";BYDAY=5SU", ";BYDAY=MO,TU;BYSETPOS=4", ";BYMONTHDAY=31"]
)
def test_no_rule_is_looked_through_in_vain(freq: str, interval: int, by: str) -> None:
    """What fits no day would be looked for until the year 9999, for seconds; from a Monday, and from a short month."""
    rule = f"FREQ={freq};INTERVAL={interval}{by}"
    try:
        check_rule(rule)
    except RuleBroken:
        return
    for starts_on in (date(2026, 8, 31), date(2027, 2, 1)):
        assert days_of(rule, starts_on, until=date(2032, 1, 1)), rule


@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]), st.integers(1, 99), st.dates(date(2024, 1, 1), date(2030, 1, 1))
)
def test_there_are_never_too_many_and_they_ascend(freq: str, interval: int, until: date) -> None:
    found = days_of(f"FREQ={freq};INTERVAL={interval}", date(2024, 1, 1), until=until)
    assert len(found) <= MOST
    assert found == sorted(set(found))
    assert all(day <= until for day in found)
