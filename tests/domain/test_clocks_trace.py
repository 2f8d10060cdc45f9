"""The trace: every stretch of every day with its reason, and sums that are exactly what was granted."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import CHINA
from app.domain.clocks import Mark
from app.domain.clocks_trace import counted, day_lines, running_spans
from app.domain.work_time import HOUSE_HOURS, Measure, Unit, measure, time_of
from app.domain.workdays import DayKind

WORKING = Measure(Unit.WORKING_MINUTES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(ruler: Measure, *spans: tuple[str, str]) -> list[tuple[str, DayKind, int, list[str]]]:
    lines = day_lines(ruler, [(at(start), at(end)) for start, end in spans])
    return [
        (
            line.on.isoformat()[5:],
            line.day.kind,
            int(line.counted.total_seconds() // 60),
            [f"{'+' if one.counted else '-'}{one.reason}" for one in line.stretches],
        )
        for line in lines
    ]


def test_a_day_says_what_counted_and_why_the_rest_did_not() -> None:
    """From the Wednesday before the National Day to the Friday after, which is followed by a Saturday that is worked."""
    lines = shown(WORKING, ("2026-09-30T11:30", "2026-10-10T09:00"))
    off = [f"10-0{day}" for day in range(1, 8)]
    assert lines[0] == ("09-30", DayKind.WORKDAY, 240, ["+办公时间", "-午休", "+办公时间", "-非办公时间"])
    assert [line[0] for line in lines[1:8]] == off
    assert {(kind, minutes, *words) for _, kind, minutes, words in lines[1:8]} == {
        (DayKind.HOLIDAY, 0, "-节假日（国庆节）")
    }
    whole = ["-非办公时间", "+办公时间", "-午休", "+办公时间", "-非办公时间"]
    assert lines[8:10] == [("10-08", DayKind.WORKDAY, 420, whole), ("10-09", DayKind.WORKDAY, 420, whole)]
    assert lines[10] == ("10-10", DayKind.MAKEUP, 30, ["-非办公时间", "+办公时间"])


def test_working_days_count_whole_and_the_day_of_the_start_from_the_start() -> None:
    """Begun on a Saturday for two days: due on Tuesday at the same time."""
    start, end = "2026-11-28T10:00", "2026-12-01T10:00"
    ruler = measure(Unit.WORKING_DAYS, HOUSE_HOURS, at(start))
    assert ruler.add(at(start), time_of(2, Unit.WORKING_DAYS)) == at(end)
    assert shown(ruler, (start, end)) == [
        ("11-28", DayKind.REST, 840, ["+起算日，自起算时刻计"]),
        ("11-29", DayKind.REST, 0, ["-休息日"]),
        ("11-30", DayKind.WORKDAY, 1440, ["+全天计"]),
        ("12-01", DayKind.WORKDAY, 600, ["+全天计"]),
    ]


def test_pauses_are_left_out() -> None:
    marks = [
        (at("2026-11-24T09:00"), Mark.START),
        (at("2026-11-24T10:00"), Mark.PAUSE),
        (at("2026-11-25T10:00"), Mark.EXTEND),
        (at("2026-11-26T10:00"), Mark.RESUME),
    ]
    until = at("2026-11-26T11:00")
    spans = list(running_spans(marks, until))
    assert spans == [(marks[0][0], marks[1][0]), (marks[3][0], until)]
    assert counted(day_lines(WORKING, spans)) == timedelta(hours=2)
    assert list(running_spans([*marks, (at("2026-11-27T10:00"), Mark.MEET)], until)) == spans, "no further than due"


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda later: at("2025-01-01T00:00") + later)


@settings(deadline=None, max_examples=40)
@given(start=MOMENTS, granted=st.timedeltas(timedelta(microseconds=1), timedelta(days=9)), unit=st.sampled_from(Unit))
def test_the_sums_are_what_was_granted(start: datetime, granted: timedelta, unit: Unit) -> None:
    ruler = measure(unit, HOUSE_HOURS, start)
    lines = day_lines(ruler, [(start, ruler.add(start, granted))])
    assert counted(lines) == granted
    assert all(line.stretches for line in lines)
