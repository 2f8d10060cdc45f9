"""Working time against the real notices of 2025 and 2026; add and between undo each other."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain import workdays
from app.domain.work_time import (
    HOUSE_HOURS,
    HOUSE_WEEK,
    Measure,
    Schedule,
    Unit,
    Week,
    check_week,
    measure,
    notice_awaited,
    time_of,
)
from app.domain.workdays import DayKind, add_working_days, day_of

NOTICES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/cn_holidays_2025_2026.json").read_text())[
    "years"
]
OFF = [(day, name) for year in NOTICES.values() for day, name in year["off"].items()]
MAKEUP = [day for year in NOTICES.values() for day in year["makeup_workdays"]]
WORKING = Measure(Unit.WORKING_MINUTES)
SUMMER: Week = (((9 * 60, 12 * 60), (15 * 60, 18 * 60)),) * 5 + ((), ())
HOURS = (*HOUSE_HOURS, Schedule(date(2026, 5, 6), SUMMER), Schedule(date(2026, 10, 8), HOUSE_WEEK))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(("day", "name"), OFF)
def test_of_a_holiday_nothing_counts(day: str, name: str) -> None:
    said = day_of(date.fromisoformat(day))
    assert (said.kind, said.works) == (DayKind.HOLIDAY, False)
    assert said.occasion in name.split("、")
    assert said.notice is not None
    assert day[:4] in said.notice
    assert WORKING.between(at(f"{day}T00:00"), at(f"{day}T23:59")) == timedelta(0)
    due = WORKING.add(at(f"{day}T10:00"), timedelta(minutes=1)).astimezone(CHINA)
    assert (due.hour, due.minute) == (8, 31)
    assert due.date() > date.fromisoformat(day)


@pytest.mark.parametrize("day", MAKEUP)
def test_a_day_made_up_for_counts_as_any_other(day: str) -> None:
    assert day_of(date.fromisoformat(day)).kind is DayKind.MAKEUP
    assert WORKING.between(at(f"{day}T00:00"), at(f"{day}T23:59")) == timedelta(hours=7)
    assert WORKING.add(at(f"{day}T08:30"), timedelta(hours=1)) == at(f"{day}T09:30")


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_has_as_many_working_minutes_as_its_notice_gives(year: int) -> None:
    notice = NOTICES[str(year)]
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    worked = [
        day
        for day in days
        if day.isoformat() in notice["makeup_workdays"] or (day.weekday() < 5 and day.isoformat() not in notice["off"])
    ]
    counted = WORKING.between(at(f"{year}-01-01T00:00"), at(f"{year + 1}-01-01T00:00"))
    assert counted == timedelta(hours=7) * len(worked)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-24T10:00", 60, "2026-11-24T11:00"),
        ("2026-11-24T11:30", 60, "2026-11-24T15:00"),  # over noon
        ("2026-11-24T12:00", 0, "2026-11-24T12:00"),
        ("2026-11-24T11:30", 30, "2026-11-24T12:00"),  # the close of the stretch, not the next opening
        ("2026-11-24T17:59", 2, "2026-11-25T08:31"),
        ("2026-11-27T17:30", 60, "2026-11-30T09:00"),  # over a weekend
        ("2026-09-30T17:00", 120, "2026-10-08T09:30"),  # over the National Day
        ("2025-01-24T17:00", 120, "2025-01-26T09:30"),  # to a Sunday that is worked
        ("2026-05-01T10:00", 60, "2026-05-06T10:00"),  # to the first day of summer hours
        ("2026-05-09T10:00", 60, "2026-05-11T10:00"),  # a Saturday that is worked, on which the district gives no hours
    ],
)
def test_minutes_count_in_office_hours(start: str, minutes: int, end: str) -> None:
    assert Measure(Unit.WORKING_MINUTES, HOURS).add(at(start), timedelta(minutes=minutes)) == at(end)


@pytest.mark.parametrize("start", ["2026-11-24T10:00", "2026-11-28T10:00", "2026-09-30T23:59"])
@pytest.mark.parametrize("days", [1, 2, 5, 20])
def test_working_days_end_at_the_same_time_of_day(start: str, days: int) -> None:
    begun = at(start)
    assert measure(Unit.WORKING_DAYS, HOURS, begun).add(begun, time_of(days, Unit.WORKING_DAYS)) == add_working_days(
        begun, days
    )


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=715)).map(lambda later: at("2025-01-01T00:00") + later)
SPANS = st.timedeltas(timedelta(microseconds=1), timedelta(days=20))


@settings(deadline=None, max_examples=60)
@given(start=MOMENTS, counted=SPANS, unit=st.sampled_from(Unit))
def test_between_undoes_add(start: datetime, counted: timedelta, unit: Unit) -> None:
    ruler = measure(unit, HOURS, start)
    assert ruler.between(start, ruler.add(start, counted)) == counted


@settings(deadline=None, max_examples=60)
@given(start=MOMENTS, later=SPANS, unit=st.sampled_from(Unit))
def test_add_undoes_between(start: datetime, later: timedelta, unit: Unit) -> None:
    """To the end itself where that counts; otherwise to where the last stretch before it closed."""
    ruler = measure(unit, HOURS, start)
    counted = ruler.between(start, start + later)
    back = ruler.add(start, counted)
    assert back <= start + later
    assert ruler.between(back, start + later) == timedelta(0)


@settings(deadline=None, max_examples=60)
@given(start=MOMENTS, one=SPANS, other=SPANS)
def test_what_counts_can_be_cut_anywhere(start: datetime, one: timedelta, other: timedelta) -> None:
    ruler = Measure(Unit.WORKING_MINUTES, HOURS)
    assert ruler.add(ruler.add(start, one), other) == ruler.add(start, one + other)


def test_a_year_without_a_notice_goes_by_the_week_until_it_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notice_awaited(Unit.WORKING_MINUTES, at("2026-12-23T23:59")) is None
    assert notice_awaited(Unit.WORKING_MINUTES, at("2026-12-24T00:00")) == 2027
    assert notice_awaited(Unit.CLOCK_MINUTES, at("2090-01-02T10:00")) is None
    assert day_of(date(2090, 1, 2)).notice is None
    assert WORKING.add(at("2089-12-30T17:00"), timedelta(minutes=90)) == at("2090-01-02T09:00")
    monkeypatch.setattr(workdays, "announced", lambda: 2027)
    assert notice_awaited(Unit.WORKING_MINUTES, at("2027-03-01T00:00")) is None


@pytest.mark.parametrize(
    "week",
    [
        ((((600, 600),),) * 7),
        ((((600, 700), (690, 800)),) * 7),
        ((((900, 1000), (500, 600)),) * 7),
        (((),) * 5 + (((500, 600),),) * 2),
    ],
)
def test_hours_that_make_no_sense_are_refused(week: Week) -> None:
    with pytest.raises(RuleBroken):
        check_week(week)
