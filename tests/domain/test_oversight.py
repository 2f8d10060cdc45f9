"""Supervision and escalation: who stands above whom, from where an order is raised, who is told next and when."""

from datetime import datetime

import pytest

from app.core.clock import CHINA
from app.core.errors import Conflict
from app.domain import escalations, supervisions
from app.domain.escalations import ANSWER_WORKING_DAYS, is_asked, raised_from
from app.domain.levels import Level, above
from app.domain.supervisions import GROUND_NAMES, Ground, first_told, in_charge, must_stand_above, said_of

G, C, S, D = Level.GRID, Level.COMMUNITY, Level.SUBDISTRICT, Level.DISTRICT


@pytest.mark.parametrize(
    ("levels", "holds", "reached", "expected"),
    [
        ([], True, None, G),
        ([G], False, None, G),
        ([C], False, None, C),
        ([G, C], False, None, C),
        ([C], True, None, C),
        ([S], False, None, None),
        ([S], False, C, None),
        ([S], False, S, S),
        ([S], True, None, G),
        ([S], False, D, S),
        ([D], False, D, None),
        ([S, D], False, D, S),
    ],
)
def test_an_order_is_raised_from_where_it_has_come_to(
    levels: list[Level], holds: bool, reached: Level | None, expected: Level | None
) -> None:
    if expected is None:
        with pytest.raises(Conflict):
            raised_from(levels, holds=holds, reached=reached)
    else:
        assert raised_from(levels, holds=holds, reached=reached) is expected


@pytest.mark.parametrize(
    ("levels", "to_level", "told", "asked"),
    [
        ([C], C, None, True),
        ([S], C, None, False),
        ([S], C, S, True),
        ([D], C, S, False),
        ([G], C, D, False),
        ([], C, D, False),
    ],
)
def test_who_was_told_may_answer_too(levels: list[Level], to_level: Level, told: Level | None, asked: bool) -> None:
    assert is_asked(levels, to_level, told) is asked


def test_only_who_stands_above_the_handler_supervises() -> None:
    must_stand_above(C, G)
    must_stand_above(D, S)
    for level, handling in ((C, C), (C, S), (S, D), (S, S)):
        with pytest.raises(Conflict):
            must_stand_above(level, handling)


@pytest.mark.parametrize(
    ("in_office", "setter", "stands_in", "setter_left", "leads"),
    [
        (True, True, False, False, True),
        (True, False, False, False, False),
        (True, False, True, False, True),
        (True, False, False, True, True),
        (False, True, False, True, False),
    ],
)
def test_who_lifts(in_office: bool, setter: bool, stands_in: bool, setter_left: bool, leads: bool) -> None:
    found = in_charge(in_office=in_office, setter=setter, stands_in=stands_in, setter_left=setter_left)
    assert found is leads


def test_what_is_late_climbs_by_working_days_until_the_district() -> None:
    friday = datetime(2026, 11, 27, 10, tzinfo=CHINA)
    monday = datetime(2026, 11, 30, 10, tzinfo=CHINA)
    assert [first_told(level) for level in (C, S, D)] == [S, D, D]
    assert supervisions.tells_next(S, friday) == monday
    assert supervisions.tells_next(D, friday) is None
    assert escalations.due_at(C, friday) == monday
    assert escalations.tells_next(C, S, friday) == monday
    assert escalations.tells_next(C, D, friday) is None


def test_every_level_that_can_be_asked_has_its_time() -> None:
    assert set(ANSWER_WORKING_DAYS) == {above(level) for level in Level} - {None}


def test_grounds_have_names() -> None:
    assert set(GROUND_NAMES) == set(Ground)
    assert said_of(["urged", "instructed"]) == "群众反复催办、领导批示"
