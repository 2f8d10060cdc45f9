"""The lifecycle machinery: a bad table does not load, and a good one decides as it is written."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Forbidden, WrongState
from app.domain.activities import ACTIVITY
from app.domain.activity_series import SERIES
from app.domain.assignments import ACTIVE, ASSIGNMENT, NOT_AGAIN, UNFINISHED
from app.domain.bookings import BOOKING
from app.domain.lifecycle import Lifecycle, Step
from app.domain.matches import MATCH
from app.domain.needs import NEED
from app.domain.orders import ENDED, ORDER, WORKED_ON
from app.domain.people import Parties, Party, Relation, Role
from app.domain.resources import RESOURCE
from app.domain.sign_ups import SIGN_UP


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Turn(StrEnum):
    GO = "go"
    STOP = "stop"
    FADE = "fade"


RED, GREEN = frozenset({Light.RED}), frozenset({Light.GREEN})
WALKER, SYSTEM = frozenset({Role.RESIDENT}), frozenset({Relation.SYSTEM})
GO = Step(Turn.GO, RED, Light.GREEN, WALKER)
STOP = Step(Turn.STOP, GREEN, Light.RED, frozenset({Role.GRID_WORKER}), barred=frozenset({Relation.ASKER}))
FADE = Step(Turn.FADE, GREEN, Light.RED, SYSTEM, also=GREEN)
REAL: tuple[Lifecycle[Any, Any], ...] = (NEED, ORDER, ASSIGNMENT, ACTIVITY, SERIES, SIGN_UP, RESOURCE, BOOKING, MATCH)
PARTIES: list[Party] = [*Role, *Relation]


def light(*steps: Step[Light, Turn], **more: Any) -> Lifecycle[Light, Turn]:
    known: dict[str, Any] = {
        "noun": "light",
        "title": "灯",
        "initial": Light.RED,
        "state_names": {Light.RED: "红", Light.GREEN: "绿"},
        "action_names": {Turn.GO: "行", Turn.STOP: "停", Turn.FADE: "灭"},
        "actions": Turn,
    }
    return Lifecycle(steps=steps, **known | more)


def test_two_steps_for_one_state_and_action_do_not_load() -> None:
    with pytest.raises(ValueError, match="two steps"):
        light(GO, replace(GO, who=SYSTEM), STOP, FADE)


def test_a_state_nothing_leads_to_does_not_load() -> None:
    with pytest.raises(ValueError, match="unreachable"):
        light(replace(GO, target=Light.RED), STOP, FADE)


def test_an_action_without_a_step_does_not_load() -> None:
    with pytest.raises(ValueError, match="no step"):
        light(GO, STOP)


@pytest.mark.parametrize("names", [{"state_names": {Light.RED: "红"}}, {"action_names": {Turn.GO: "行"}}])
def test_what_has_no_name_does_not_load(names: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no name"):
        light(GO, STOP, FADE, **names)


def test_it_decides_who_before_when() -> None:
    table = light(GO, STOP, FADE)
    assert table.decide(Light.RED, Turn.GO, WALKER) is GO
    with pytest.raises(WrongState) as late:
        table.decide(Light.GREEN, Turn.GO, WALKER)
    assert late.value.members == {"state": "green", "action": "go"}
    for state in Light:
        with pytest.raises(Forbidden):
            table.decide(state, Turn.GO, frozenset({Role.AUDITOR}))


def test_whoever_is_barred_may_not_whatever_else_they_are() -> None:
    table = light(GO, STOP, FADE)
    grid = frozenset({Role.GRID_WORKER})
    assert table.decide(Light.GREEN, Turn.STOP, grid) is STOP
    with pytest.raises(Forbidden):
        table.decide(Light.GREEN, Turn.STOP, grid | {Relation.ASKER})
    assert table.offered(Light.GREEN, grid | {Relation.ASKER}) == []


def test_only_what_people_do_has_a_route() -> None:
    table = light(GO, STOP, FADE)
    assert table.routed() == [Turn.GO, Turn.STOP]
    assert table.final == frozenset()
    assert "green --> red: fade" in table.mermaid()
    assert "green --> green: fade" in table.mermaid()


@given(st.sampled_from(REAL), st.frozensets(st.sampled_from(PARTIES), max_size=4), st.data())
def test_what_is_offered_is_what_would_be_decided(table: Any, parties: Parties, data: st.DataObject) -> None:
    """``actions`` in an answer never promises what the verb then refuses, nor hides what it would do."""
    state = data.draw(st.sampled_from(table.states))
    offered = table.offered(state, parties)
    for action in table.actions:
        try:
            allowed = state in table.decide(state, action, parties).sources
        except (Forbidden, WrongState):
            allowed = False
        assert allowed == (action in offered)


@pytest.mark.parametrize("table", REAL, ids=lambda table: table.noun)
def test_nobody_but_the_system_is_in_a_step_of_the_system(table: Lifecycle[Any, Any]) -> None:
    routed = table.routed()
    for action in (action for action in table.action_names if action not in routed):
        assert table.who(action) == SYSTEM


@pytest.mark.parametrize("table", REAL, ids=lambda table: table.noun)
def test_auditors_write_nothing(table: Lifecycle[Any, Any]) -> None:
    assert [step.action for step in table.steps if Role.AUDITOR in step.who] == []


def test_people_are_asked_and_never_assigned() -> None:
    """志愿服务条例 §25: an order reaches a person only through their own yes."""
    into_acceptance = {step.action.value for step in ORDER.steps if ORDER.states[3] in step.targets}
    assert into_acceptance == {"assign", "take", "accept", "overrule"}


def test_the_sets_of_states_fit_together() -> None:
    assert set(ORDER.states) == ENDED | WORKED_ON
    assert ENDED.isdisjoint(WORKED_ON)
    assert UNFINISHED <= ACTIVE
    assert ACTIVE.isdisjoint(NOT_AGAIN)
