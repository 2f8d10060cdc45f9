"""Clocks without a database: when they warn, are due and climb; what pauses, extensions and lateness make of them."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.core.clock import CHINA
from app.domain.catalogue import Terms
from app.domain.clocks import (
    CAUSES,
    CLOCK,
    LATE,
    OPEN,
    TOLD_AT,
    ClockAction,
    ClockKind,
    ClockState,
    Count,
    due_step,
    recounted,
)
from app.domain.clocks_orders import BY_ACTION, EMPTIED, FILLED, OVER, effects, limits, resolved_by, stands_still
from app.domain.needs import NeedState, Urgency
from app.domain.orders import ENDED, ORDER, OrderAction, OrderState
from app.domain.work_time import Measure, Unit, measure, time_of

_S, _A, _K = ClockState, ClockAction, ClockKind
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=CHINA)
WORKING, PLAIN = Measure(Unit.WORKING_MINUTES), Measure(Unit.CLOCK_MINUTES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_ten_hours_of_work_warn_after_eight_and_climb_by_fives() -> None:
    count = Count(10 * HOUR, 10 * HOUR, TUESDAY)
    assert count.warned_at(WORKING) == at("2026-11-25T09:30")
    assert count.due_at(WORKING) == at("2026-11-25T11:30")
    climbs = [count.climbs_at(WORKING, level) for level in (1, 2, 3)]
    assert climbs == [at("2026-11-26T09:30"), at("2026-11-26T17:00"), at("2026-11-27T15:00")]
    assert count.left_at(WORKING, at("2026-11-24T12:00")) == timedelta(hours=6, minutes=30)
    assert count.left_at(WORKING, at("2026-11-25T15:30")) == -timedelta(hours=1, minutes=30)


@pytest.mark.parametrize(
    ("state", "level", "moment", "wanted"),
    [
        (_S.RUNNING, 0, "2026-11-25T09:29", None),
        (_S.RUNNING, 0, "2026-11-25T09:30", _A.WARN),
        (_S.RUNNING, 0, "2026-11-25T11:30", _A.OVERDUE),  # nobody looked in between: no warning after the event
        (_S.WARNED, 0, "2026-11-25T11:29", None),
        (_S.WARNED, 0, "2026-11-25T11:30", _A.OVERDUE),
        (_S.OVERDUE, 1, "2026-11-26T09:29", None),
        (_S.OVERDUE, 1, "2026-11-26T09:30", _A.ESCALATE),
        (_S.ESCALATED, 2, "2026-11-26T16:59", None),
        (_S.ESCALATED, 2, "2026-11-26T17:00", _A.ESCALATE),
        (_S.ESCALATED, 4, "2027-01-01T00:00", None),
    ],
)
def test_time_takes_one_step_at_a_time(state: ClockState, level: int, moment: str, wanted: ClockAction | None) -> None:
    count = Count(10 * HOUR, 10 * HOUR, TUESDAY)
    next_at = count.next_at(WORKING, state, level)
    assert due_step(state, at(moment), count.due_at(WORKING), next_at) is wanted


def test_a_pause_costs_nothing_and_gives_nothing() -> None:
    """Paused from Tuesday 10:00 to Thursday 10:00, it is due as much later as was worked in between."""
    whole = Count(10 * HOUR, 10 * HOUR, TUESDAY)
    left = whole.left_at(WORKING, at("2026-11-24T10:00"))
    resumed = Count(10 * HOUR, left, at("2026-11-26T10:00"))
    between = WORKING.between(at("2026-11-24T10:00"), at("2026-11-26T10:00"))
    assert resumed.due_at(WORKING) == WORKING.add(whole.due_at(WORKING), between)
    assert WORKING.between(TUESDAY, resumed.due_at(WORKING)) - between == 10 * HOUR


@pytest.mark.parametrize(
    ("state", "left", "after"),
    [
        (_S.RUNNING, 5 * HOUR, _S.RUNNING),
        (_S.WARNED, 5 * HOUR, _S.RUNNING),
        (_S.WARNED, HOUR, _S.WARNED),
        (_S.OVERDUE, 5 * HOUR, _S.RUNNING),
        (_S.ESCALATED, HOUR, _S.WARNED),
        (_S.OVERDUE, -HOUR, _S.OVERDUE),
        (_S.ESCALATED, -HOUR, _S.ESCALATED),
    ],
)
def test_more_time_takes_back_what_is_no_longer_so(state: ClockState, left: timedelta, after: ClockState) -> None:
    count = Count(10 * HOUR, left, TUESDAY)
    assert recounted(state, count, PLAIN, TUESDAY) is after
    steps = [step for step in CLOCK.steps if step.action is _A.RECOUNT and state in step.sources]
    assert after is state or after in steps[0].targets


def test_the_lifecycle_is_the_systems_alone_and_ends() -> None:
    assert CLOCK.routed() == []
    assert CLOCK.final == {_S.MET, _S.STOPPED}
    assert OPEN | CLOCK.final == set(_S)
    assert len(TOLD_AT) == 4
    assert LATE < OPEN


def test_what_an_orders_step_does_to_its_clocks() -> None:
    assert effects(OrderAction.TAKE, OrderState.ACCEPTED) == FILLED
    assert effects(OrderAction.TAKE, OrderState.PUBLISHED) == ()
    assert effects(OrderAction.VACATE, OrderState.OPEN) == EMPTIED
    assert effects(OrderAction.VACATE, OrderState.IN_PROGRESS) == ()
    assert {effects(action, state) for action, state in product(OrderAction, ENDED)} == {OVER}
    for action in (OrderAction.DECLINE, OrderAction.EXPIRE, OrderAction.TRANSFER, OrderAction.OVERRULE):
        assert action not in BY_ACTION, "the clock goes on"
    still = {state for state in OrderState if stands_still(state, 0, NeedState.IN_SERVICE)}
    assert still == {OrderState.SUSPENDED, OrderState.PLANNED}
    waiting = {state for state in OrderState if stands_still(state, 0, NeedState.PLANNED)} - still
    assert waiting == {OrderState.OPEN, OrderState.PUBLISHED, OrderState.OFFERED}
    assert {state for state in OrderState if stands_still(state, 1, NeedState.PLANNED)} == still, "somebody has it"
    moving = {step.action for step in ORDER.steps if (still | waiting) & {step.target, *step.also}}
    resuming = {step.action for step in ORDER.steps if still & step.sources} - moving
    silent = {OrderAction.DECLINE, OrderAction.EXPIRE, OrderAction.TERMINATE, OrderAction.WITHDRAW}
    assert {action.value for action in BY_ACTION.keys() | moving | resuming} - silent <= CAUSES.keys()


def test_limits_come_from_the_terms_and_shrink_with_urgency() -> None:
    terms = Terms(
        resolve_working_days=4, sign_minutes=60, deadline_source="某条例", urgent_percent=50, critical_percent=25
    )
    usual = limits(terms, Urgency.NORMAL)
    assert usual.keys() == {_K.SIGN, _K.RESOLVE}, "no limit, no clock"
    assert (usual[_K.SIGN].time, usual[_K.SIGN].source) == (HOUR, "本系统规定")
    assert (usual[_K.RESOLVE].time, usual[_K.RESOLVE].source) == (time_of(4, Unit.WORKING_DAYS), "某条例")
    assert limits(terms, Urgency.URGENT)[_K.RESOLVE].time == time_of(2, Unit.WORKING_DAYS)
    assert limits(terms, Urgency.CRITICAL)[_K.SIGN].time == 15 * MINUTE


def test_the_senders_own_deadline_holds_where_it_is_sooner_in_the_first_round() -> None:
    five = limits(Terms(), Urgency.NORMAL)[_K.RESOLVE]
    start, sooner = TUESDAY.astimezone(UTC), at("2026-11-25T17:00")
    held = resolved_by(five, start, sooner, 1)
    assert measure(held.unit, (), start).add(start, held.time) == sooner
    assert resolved_by(five, start, sooner, 2) is five
    assert resolved_by(five, start, at("2026-12-31T17:00"), 1) is five
    assert resolved_by(five, start, None, 1) is five
