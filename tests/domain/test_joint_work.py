"""By when the steps of a turn are due, who is told when they are not done, and when a meeting is quorate."""

from datetime import date, timedelta

import pytest

from app.domain.joint_work import DutyStep, Level, due_days, quorum, tellings

STARTS, ENDS = date(2027, 3, 1), date(2027, 4, 30)
DUE = due_days(STARTS, ENDS)


def told_by(today: date, *done: DutyStep) -> list[tuple[str, str]]:
    return [(one.step.value, one.level.value) for one in tellings(DUE, frozenset(done), today)]


def test_each_step_has_its_day() -> None:
    assert list(DUE) == list(DutyStep)
    assert list(DUE.values()) == sorted(DUE.values())
    assert STARTS < DUE[DutyStep.CALL] < DUE[DutyStep.CLAIM] < ENDS < DUE[DutyStep.REPORT]


def test_the_unit_is_told_ahead_and_then_it_climbs() -> None:
    due = DUE[DutyStep.CALL]
    levels = []
    for days in range(-10, 15):
        levels += [
            level for step, level in told_by(due + timedelta(days=days)) if step == "call" and level not in levels
        ]
    assert levels == [Level.PROMPT, Level.UNIT, Level.COMMUNITY, Level.SUBDISTRICT]
    assert told_by(due - timedelta(days=10)) == []
    assert ("call", "unit") not in told_by(due), "its last day is a day"


def test_what_is_done_is_not_told() -> None:
    assert told_by(ENDS + timedelta(days=60), *DutyStep) == []


@pytest.mark.parametrize(("present", "members", "enough"), [(0, 0, False), (1, 2, False), (2, 3, True), (36, 71, True)])
def test_more_than_half_is_a_quorum(present: int, members: int, enough: bool) -> None:
    assert quorum(present, members) is enough
