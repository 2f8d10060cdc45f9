"""The judge of histories finds what is wrong in a list and in what was told of it (INVARIANTS I2)."""

from dataclasses import replace

import pytest

from bench.histories_check import READ, Anomaly, Element, Operation, Outcome, Row, judge

OPENED = Element(1, "open", None, "open", None)
PUBLISHED = Element(2, "publish", "open", "published", "grid")
TAKEN = Element(3, "take", "published", "accepted", "anna")
HISTORY = [OPENED, PUBLISHED, TAKEN]
ROW = Row(3, "accepted")
PUBLISH = Operation("o", "grid", "publish", 0.0, 1.0, Outcome.DONE, 2, "published")
TAKE = Operation("o", "anna", "take", 2.0, 3.0, Outcome.DONE, 3, "accepted")
REFUSED = Operation("o", "bert", "take", 2.0, 4.0, Outcome.REFUSED)
READING = Operation("o", "bert", READ, 1.5, 2.5, Outcome.DONE, 2, "published")
STEPS = {("open", None), ("publish", "open"), ("take", "published")}


def found(history: list[Element], operations: list[Operation], row: Row = ROW) -> dict[Anomaly, int]:
    return judge({"o": history}, {"o": row}, operations, lambda e: (e.action, e.source) in STEPS).counts


def test_what_fits_is_not_held_against_it() -> None:
    assert found(HISTORY, [PUBLISH, TAKE, REFUSED, READING]) == {}


def test_without_an_answer_it_was_made_once_or_not_at_all() -> None:
    silent = replace(TAKE, outcome=Outcome.UNKNOWN, version=0, state="")
    assert found(HISTORY, [PUBLISH, silent]) == {}
    assert found([OPENED, PUBLISHED], [PUBLISH, silent], Row(2, "published")) == {}


CASES = {
    "a number is missing": ([OPENED, PUBLISHED, replace(TAKEN, seq=4)], [PUBLISH], ROW, Anomaly.GAP),
    "a step begins elsewhere": ([OPENED, PUBLISHED, replace(TAKEN, source="open")], [PUBLISH, TAKE], ROW, Anomaly.GAP),
    "no such step": (
        [OPENED, PUBLISHED, replace(TAKEN, action="jump")],
        [PUBLISH, replace(TAKE, action="jump")],
        ROW,
        Anomaly.OFF_THE_TABLE,
    ),
    "the row has moved alone": (HISTORY, [PUBLISH, TAKE], Row(4, "open"), Anomaly.OTHER_END),
    "acknowledged and gone": ([OPENED, PUBLISHED], [PUBLISH, TAKE], Row(2, "published"), Anomaly.LOST),
    "another stands in its place": (HISTORY, [PUBLISH, TAKE, replace(TAKE, actor="bert")], ROW, Anomaly.FORKED),
    "refused and made": (HISTORY, [PUBLISH, replace(TAKE, outcome=Outcome.REFUSED)], ROW, Anomaly.PHANTOM),
    "read what never was": (
        HISTORY,
        [PUBLISH, TAKE, replace(READING, state="accepted")],
        ROW,
        Anomaly.NOT_A_BEGINNING,
    ),
    "read the day before": (HISTORY, [PUBLISH, TAKE, replace(READING, began=3.5, ended=4.0)], ROW, Anomaly.STALE),
    "stepped before what was told": (
        HISTORY,
        [replace(PUBLISH, began=5.0, ended=6.0), TAKE],
        ROW,
        Anomaly.STALE,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_fit_is_found(name: str) -> None:
    history, operations, row, anomaly = CASES[name]
    assert anomaly in found(history, operations, row)


def test_one_made_twice_is_found() -> None:
    silent = replace(TAKE, outcome=Outcome.UNKNOWN)
    again = [
        *HISTORY,
        Element(4, "publish", "accepted", "published", "grid"),
        Element(5, "take", "published", "accepted", "anna"),
    ]
    assert Anomaly.PHANTOM in found(again, [PUBLISH, silent], Row(5, "accepted"))
