"""The chain of ways, case by case: what is done now, what waits, and what comes next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.core.errors import RuleBroken
from app.domain.catalogue import Handler, Terms
from app.domain.dispatch_ways import (
    Do,
    Move,
    Standing,
    Way,
    WayStep,
    check_steps,
    chosen_rule,
    in_turn,
    next_move,
    steps_of,
    without_anybody,
)
from app.domain.needs import Urgency
from app.domain.orders import RETRY_OFFER_AFTER, OrderState
from app.domain.organizations import OrganizationKind
from app.domain.quiet_hours import Quiet

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
"""Noon in China."""
QUIET = Quiet(11 * 60, 13 * 60)
TEAM = UUID(int=7)
S = OrderState
WAVES = WayStep(Way.WAVES, minutes=120, people=3, every_minutes=20)
ONE_BY_ONE = WayStep(Way.WAVES)
POOL = WayStep(Way.POOL, minutes=60, cap=2)
ASSIGN = WayStep(Way.ASSIGN, minutes=60, organization_kind=OrganizationKind.PROPERTY_COMPANY)
TEAM_TURN = WayStep(Way.ROTATION, minutes=60, organization_id=TEAM)
UNIT_TURN = WayStep(Way.ROTATION, minutes=60, organization_kind=OrganizationKind.WORK_UNIT)
BY_HAND = WayStep(Way.BY_HAND, minutes=60)
EVERY = (WAVES, ONE_BY_ONE, POOL, ASSIGN, TEAM_TURN, UNIT_TURN, BY_HAND)
ACT, FALL, REST = Move(Do.ACT), Move(Do.FALL), Move(Do.WAIT)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def then(minutes: int) -> Move:
    return Move(Do.WAIT, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("step", EVERY, ids=lambda step: step.way.value)
@pytest.mark.parametrize("state", list(S))
def test_a_step_begins_where_nobody_has_the_order_or_thinks_about_it(step: WayStep, state: OrderState) -> None:
    begins = state in {S.OPEN, S.PUBLISHED}
    assert next_move(step, Standing(state), NOW, None, last=False) == (ACT if begins else REST)
    asks = step in {WAVES, ONE_BY_ONE, TEAM_TURN}
    quiet = then(60) if asks else ACT
    assert next_move(step, Standing(state), NOW, QUIET, last=False) == (quiet if begins else REST)


@pytest.mark.parametrize(
    ("step", "state", "began", "asked", "held", "move"),
    [
        (WAVES, S.OPEN, 30, 30, False, ACT),
        (WAVES, S.OPEN, 120, 30, False, FALL),
        (WAVES, S.OFFERED, 30, 5, False, then(15)),
        (WAVES, S.OFFERED, 30, 20, False, ACT),
        (WAVES, S.OFFERED, 120, 20, False, REST),
        (WAVES, S.PUBLISHED, 30, 20, False, REST),
        (WAVES, S.ACCEPTED, 30, 20, False, REST),
        (ONE_BY_ONE, S.OFFERED, 30, 20, False, REST),
        (ONE_BY_ONE, S.OPEN, 9_000, 20, False, ACT),
        (POOL, S.PUBLISHED, 59, 59, False, then(1)),
        (POOL, S.PUBLISHED, 60, 60, False, FALL),
        (POOL, S.OFFERED, 60, 60, False, REST),
        (POOL, S.OPEN, 10, 10, False, ACT),
        (ASSIGN, S.ACCEPTED, 10, 10, True, then(50)),
        (ASSIGN, S.ACCEPTED, 60, 60, True, Move(Do.TAKE_BACK)),
        (ASSIGN, S.ACCEPTED, 60, 60, False, REST),
        (ASSIGN, S.OPEN, 10, 10, False, ACT),
        (ASSIGN, S.DISPUTED, 90, 90, False, REST),
        (UNIT_TURN, S.ACCEPTED, 60, 60, True, Move(Do.TAKE_BACK)),
        (TEAM_TURN, S.OFFERED, 60, 20, False, REST),
        (TEAM_TURN, S.OPEN, 30, 20, False, ACT),
        (TEAM_TURN, S.OPEN, 60, 20, False, FALL),
        (BY_HAND, S.OPEN, 10, 10, False, then(50)),
        (BY_HAND, S.OPEN, 60, 60, False, FALL),
        (BY_HAND, S.PUBLISHED, 60, 60, False, REST),
        (BY_HAND, S.IN_PROGRESS, 60, 60, False, REST),
    ],
)
def test_a_step_under_way(step: WayStep, state: OrderState, began: int, asked: int, held: bool, move: Move) -> None:
    standing = Standing(state, ago(began), ago(asked), held)
    assert next_move(step, standing, NOW, None, last=False) == move


def test_the_next_wave_waits_for_the_end_of_quiet_hours() -> None:
    standing = Standing(S.OFFERED, ago(60), ago(20))
    assert next_move(WAVES, standing, NOW, QUIET, last=False) == then(60)
    soon = Standing(S.OFFERED, ago(90), ago(5))
    assert next_move(WAVES, soon, NOW, Quiet(12 * 60 + 10, 15 * 60), last=False) == then(180)


@pytest.mark.parametrize("step", [WAVES, POOL, ASSIGN, TEAM_TURN, UNIT_TURN, BY_HAND], ids=lambda s: s.way.value)
def test_the_last_step_never_ends(step: WayStep) -> None:
    for state in (S.OPEN, S.PUBLISHED, S.ACCEPTED):
        move = next_move(step, Standing(state, ago(9_000), ago(9_000), held=True), NOW, None, last=True)
        assert move.do in {Do.ACT, Do.WAIT}


def test_where_nobody_was_found() -> None:
    assert without_anybody(Standing(S.OPEN), NOW, last=False) == FALL
    assert without_anybody(Standing(S.OPEN), NOW, last=True) == Move(Do.WAIT, NOW + RETRY_OFFER_AFTER)
    assert without_anybody(Standing(S.OFFERED), NOW, last=False) == REST


@dataclass(frozen=True)
class Rule:
    category: str | None
    urgency: Urgency | None = None


@pytest.mark.parametrize(
    ("category", "urgency", "rule"),
    [
        ("repair.plumbing", Urgency.NORMAL, Rule("repair.plumbing")),
        ("repair.plumbing", Urgency.URGENT, Rule("repair.plumbing", Urgency.URGENT)),
        ("repair.locks", Urgency.NORMAL, Rule("repair")),
        ("repair.locks", Urgency.CRITICAL, Rule("repair")),
        ("care", Urgency.NORMAL, Rule(None)),
        ("care", Urgency.CRITICAL, Rule(None, Urgency.CRITICAL)),
    ],
)
def test_the_nearest_rule_is_chosen(category: str, urgency: Urgency, rule: Rule) -> None:
    rules = [
        Rule(None),
        Rule("repair"),
        Rule("repair.plumbing"),
        Rule("repair.plumbing", Urgency.URGENT),
        Rule(None, Urgency.CRITICAL),
    ]
    assert chosen_rule(rules, category, urgency) == rule
    assert chosen_rule([], category, urgency) is None


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([ONE_BY_ONE] * 7, "steps"),
        ([WayStep(Way.POOL), ONE_BY_ONE], "steps.0.minutes"),
        ([WayStep(Way.BY_HAND), ONE_BY_ONE], "steps.0.minutes"),
        ([WayStep(Way.ASSIGN)], "steps.0.organization_kind"),
        ([WayStep(Way.ASSIGN, organization_kind=OrganizationKind.TEAM)], "steps.0.organization_kind"),
        ([WayStep(Way.ROTATION)], "steps.0"),
        ([WayStep(Way.ROTATION, organization_id=TEAM, organization_kind=OrganizationKind.WORK_UNIT)], "steps.0"),
        ([ONE_BY_ONE, WayStep(Way.WAVES, cap=2)], "steps.1.cap"),
        ([WayStep(Way.POOL, people=2)], "steps.0.people"),
        ([WayStep(Way.BY_HAND, every_minutes=2)], "steps.0.every_minutes"),
    ],
)
def test_a_chain_that_makes_no_sense(steps: list[WayStep], field: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        check_steps(steps, None)
    assert broken.value.members["field"] == field


def test_a_chain_gives_work_to_those_who_may_do_it() -> None:
    check_steps(list(EVERY[:6]), None)
    with pytest.raises(RuleBroken):
        check_steps([ONE_BY_ONE], Terms(handlers=(Handler.DEPARTMENTS,)))
    check_steps([ASSIGN], Terms(handlers=(Handler.UNITS,)))


def test_a_chain_is_kept_as_it_was_said() -> None:
    assert steps_of([step.as_json() for step in EVERY]) == list(EVERY)


def test_turns_go_round_and_who_is_passed_over_keeps_theirs() -> None:
    a, b, c = (UUID(int=number) for number in (1, 2, 3))
    served: dict[UUID, int] = {}
    seen = []
    for turn, able in enumerate([{a, b, c}, {b, c}, {a, b, c}, {a, b, c}, {a, c}, {a, b, c}], start=1):
        first = in_turn(able, served)[0]
        served[first] = turn
        seen.append(first)
    assert seen == [a, b, c, a, c, b]
