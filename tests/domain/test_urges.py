"""Urging: for which working day it counts, of what it may be, and who is told of the third."""

from datetime import date

import pytest

from app.core.errors import Duplicate, WrongState
from app.core.ids import new_id
from app.domain.levels import Level, above, answering, is_above, levels_of, reaches
from app.domain.orders import OrderState
from app.domain.people import Role
from app.domain.urges import counted_on, must_be_first, must_be_unfinished, told_above

_S = OrderState


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-27", "2026-11-27"),
        ("2026-11-28", "2026-11-30"),
        ("2026-10-01", "2026-10-08"),
        ("2026-10-10", "2026-10-10"),
    ],
    ids=["Friday", "Saturday", "National Day", "a Saturday that is worked"],
)
def test_an_urge_counts_for_the_day_somebody_reads_it(day: str, expected: str) -> None:
    assert counted_on(date.fromisoformat(day)) == date.fromisoformat(expected)


def test_once_a_working_day() -> None:
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    must_be_first(saturday, None)
    must_be_first(saturday, date(2026, 11, 27))
    must_be_first(date(2026, 12, 1), monday)
    for day in (saturday, monday):
        with pytest.raises(Duplicate):
            must_be_first(day, monday)


def test_only_what_is_somebody_elses_turn() -> None:
    urged = set()
    for state in OrderState:
        try:
            must_be_unfinished(state)
            urged.add(state)
        except WrongState:
            pass
    assert urged == set(_S) - {_S.REPORTED, _S.CLOSED, _S.TERMINATED, _S.WITHDRAWN}


@pytest.mark.parametrize(
    ("number", "dispatching", "told"),
    [
        (1, Level.GRID, None),
        (2, Level.GRID, None),
        (3, Level.GRID, Level.SUBDISTRICT),
        (3, Level.COMMUNITY, Level.SUBDISTRICT),
        (3, Level.SUBDISTRICT, Level.DISTRICT),
        (3, Level.DISTRICT, None),
        (4, Level.GRID, None),
    ],
)
def test_the_third_is_told_above_whoever_dispatches(number: int, dispatching: Level, told: Level | None) -> None:
    assert told_above(number, dispatching) is told


def test_levels_stand_one_above_the_other() -> None:
    assert [above(level) for level in Level] == [Level.COMMUNITY, Level.SUBDISTRICT, Level.DISTRICT, None]
    assert is_above(Level.DISTRICT, Level.GRID)
    assert not is_above(Level.GRID, Level.GRID)
    assert reaches(Level.SUBDISTRICT, Level.COMMUNITY, Level.SUBDISTRICT)
    assert not reaches(Level.DISTRICT, Level.COMMUNITY, Level.SUBDISTRICT)
    assert levels_of([Role.DISTRICT_ADMIN, Role.GRID_WORKER, Role.RESIDENT]) == [Level.GRID, Level.DISTRICT]


def test_what_nobody_answers_for_goes_to_the_next_above() -> None:
    chief, worker = new_id(), new_id()
    holders = {Role.DISTRICT_ADMIN: {chief}, Role.GRID_WORKER: {worker}}
    assert answering(holders, Level.GRID) == {worker}
    assert answering(holders, Level.COMMUNITY) == {chief}
    assert answering({}, Level.GRID) == set()
