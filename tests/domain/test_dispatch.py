"""Whom to ask: feasible first, then by what asking each costs, and the same facts give the same choice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue import SERVICE_MINUTES, Skill, Terms
from app.domain.dispatch import (
    OBSTACLE_WORDS,
    Candidate,
    Obstacle,
    barred,
    day_of_service,
    obstacle,
    paired_at,
    price,
    rank,
    span_of,
)
from app.domain.dispatch_cost import CM, Facts, Nearness, PairedAt, Weights
from app.domain.orders import MOST_UNFINISHED
from app.domain.pairings import PairingLevel

NEEDED = Terms(skills=(Skill.PLUMBING,))
SHOWN = Terms(skills=(Skill.PLUMBING,), certified=True)


def someone(number: int = 1, **more: Any) -> Candidate:
    known: dict[str, Any] = {
        "person_id": UUID(int=number),
        "distance_m": 100.0,
        "skills": frozenset({Skill.PLUMBING}),
        "unfinished": 0,
        "pending": 0,
        "asker": False,
        "already": False,
        "said_no": False,
    }
    return Candidate(**known | more)


def facts(number: int, **more: Any) -> Candidate:
    """Feasible; ``more`` says what the cost is made of."""
    return someone(number, facts=Facts(**{"distance_cm": 100 * CM} | more))


def order(*candidates: Candidate, terms: Terms = NEEDED, weights: Weights | None = None) -> list[int]:
    return [choice.person_id.int for choice in rank(candidates, terms, weights or Weights())]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"paired_at": PairedAt.HOUSEHOLD}, {"paired_at": PairedAt.ENTRANCE}),
        ({"paired_at": PairedAt.ENTRANCE}, {"paired_at": PairedAt.BUILDING}),
        ({"paired_at": PairedAt.BUILDING}, {"paired_at": PairedAt.COMPOUND}),
        ({"paired_at": PairedAt.COMPOUND}, {"paired_at": None}),
        ({"nearness": Nearness.ENTRANCE}, {"nearness": Nearness.BUILDING}),
        ({"nearness": Nearness.GRID}, {"nearness": Nearness.ELSEWHERE}),
        ({"distance_cm": 30 * CM}, {"distance_cm": 900 * CM}),
        ({}, {"distance_cm": None}),
        ({"fit": 1_000}, {"fit": 400}),
        ({"ratings": 4, "rating_sum": 20}, {"ratings": 4, "rating_sum": 8}),
        ({"served": 2}, {"served": 0}),
        ({"unfinished": 0}, {"unfinished": 1}),
        ({"asked_lately": 0}, {"asked_lately": 1}),
        ({"pending": 0}, {"pending": 1}),
    ],
)
def test_each_part_decides_where_the_rest_is_alike(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert order(facts(1, **worse), facts(2, **better)) == [2, 1]


def test_weights_turn_the_choice() -> None:
    near, rested = facts(1, distance_cm=10 * CM, asked_lately=2), facts(2, distance_cm=500 * CM)
    assert order(near, rested) == [1, 2]
    assert order(near, rested, weights=Weights(notice=1_000)) == [2, 1]


def test_equal_costs_fall_to_the_smaller_id() -> None:
    assert order(someone(3), someone(1), someone(2)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"asker": True}, Obstacle.ASKER),
        ({"respondent": True}, Obstacle.RESPONDENT),
        ({"respondent": True, "already": True}, Obstacle.RESPONDENT),
        ({"already": True}, Obstacle.ALREADY),
        ({"said_no": True}, Obstacle.SAID_NO),
        ({"refuses": True}, Obstacle.REFUSES),
        ({"skills": frozenset({Skill.LAW})}, Obstacle.SKILL),
        ({"uninsured": True}, Obstacle.INSURANCE),
        ({"radius_m": 100}, None),
        ({"radius_m": 99}, Obstacle.TOO_FAR),
        ({"radius_m": 99, "distance_m": None}, None),
        ({"busy": True}, Obstacle.BUSY),
        ({"away": True}, Obstacle.AWAY),
        ({"unfinished": MOST_UNFINISHED}, Obstacle.LOAD),
        ({"unfinished": MOST_UNFINISHED - 1}, None),
        ({"unfinished": 2, "load_limit": 2}, Obstacle.LOAD),
        ({"unfinished": 1, "load_limit": 2}, None),
        ({"unfinished": MOST_UNFINISHED, "load_limit": 50}, Obstacle.LOAD),
        ({}, None),
    ],
)
def test_who_cannot_have_it_is_not_asked(more: dict[str, Any], reason: Obstacle | None) -> None:
    candidate = someone(**more)
    assert obstacle(candidate, NEEDED) == reason
    assert (order(candidate) == []) == (reason is not None)
    assert [why for _, why in barred([candidate], NEEDED)] == ([reason] if reason else [])


@pytest.mark.parametrize("wish", [{"refuses": True}, {"radius_m": 1}])
def test_what_is_wished_of_the_system_binds_no_one_who_asks_by_name(wish: dict[str, Any]) -> None:
    assert obstacle(someone(**wish), NEEDED) is not None
    assert obstacle(someone(**wish), NEEDED, by_name=True) is None


@pytest.mark.parametrize("fact", ["respondent", "busy", "away", "uninsured", "asker"])
def test_the_rest_holds_by_name_and_again_too(fact: str) -> None:
    assert obstacle(someone(**{fact: True}), NEEDED, by_name=True, again=True) is not None


def test_a_supervisor_may_ask_again_who_said_no() -> None:
    assert obstacle(someone(said_no=True), NEEDED, again=True) is None
    assert obstacle(someone(said_no=True, asker=True), NEEDED, again=True) is Obstacle.ASKER


def test_no_skill_asked_for_is_no_skill_needed() -> None:
    assert order(someone(skills=frozenset()), terms=Terms()) == [1]


def test_a_skill_may_have_to_be_shown() -> None:
    assert obstacle(someone(), SHOWN) is Obstacle.CERTIFICATE
    assert obstacle(someone(certified=frozenset({Skill.LAW})), SHOWN) is Obstacle.CERTIFICATE
    assert obstacle(someone(certified=frozenset({Skill.PLUMBING})), SHOWN) is None


def test_all_skills_are_needed() -> None:
    both = Terms(skills=(Skill.PLUMBING, Skill.ELECTRICITY))
    assert obstacle(someone(), both) is Obstacle.SKILL
    assert obstacle(someone(skills=frozenset(both.skills)), both) is None


def test_every_obstacle_has_its_words() -> None:
    assert OBSTACLE_WORDS.keys() == set(Obstacle)
    assert not [words for words in OBSTACLE_WORDS.values() if "反映" in words or "投诉" in words]


def test_a_choice_says_what_it_is_made_of() -> None:
    choice = price(facts(1, distance_cm=12_346, unfinished=2, pending=1))
    assert (choice.parts["distance"], choice.parts["load"], choice.parts["pending"]) == (123.46, 800.0, 150.0)
    assert choice.cost == pytest.approx(sum(choice.parts.values()))
    assert choice.facts.unfinished == 2


def test_the_nearest_of_those_who_cannot_come_first() -> None:
    far, near, nowhere = (someone(n, busy=True, distance_m=m) for n, m in ((1, 900.0), (2, 5.0), (3, None)))
    assert [c.person_id.int for c, _ in barred([nowhere, far, near, someone(4)], NEEDED)] == [2, 1, 3]


@pytest.mark.parametrize(
    ("wanted", "day"),
    [
        (None, date(2026, 11, 29)),
        (datetime(2026, 11, 30, 17, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), date(2026, 11, 29)),
    ],
)
def test_the_day_of_service_is_the_wanted_one_in_china_and_never_past(wanted: datetime | None, day: date) -> None:
    assert day_of_service(wanted, date(2026, 11, 29)) == day


def test_a_service_lasts_as_its_terms_say() -> None:
    start = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    for minutes, lasts in ((None, SERVICE_MINUTES), (90, 90)):
        since, until = span_of(start, Terms(service_minutes=minutes))
        assert (since, (until - since).total_seconds()) == (start, lasts * 60)


_ME, _BRANCH, _ABOVE, _UNIT = (UUID(int=number) for number in range(1, 5))
_L = PairingLevel


@pytest.mark.parametrize(
    ("paired", "at"),
    [
        ({}, None),
        ({_L.MEMBER: _ME, _L.BRANCH: _BRANCH}, PairedAt.HOUSEHOLD),
        ({_L.MEMBER: UUID(int=9), _L.BRANCH: _BRANCH}, PairedAt.ENTRANCE),
        ({_L.GENERAL_BRANCH: _ABOVE}, PairedAt.BUILDING),
        ({_L.WORK_UNIT: _BRANCH}, PairedAt.COMPOUND),
        ({_L.WORK_UNIT: _UNIT}, None),
    ],
)
def test_the_nearest_pairing_that_binds(paired: dict[PairingLevel, UUID], at: PairedAt | None) -> None:
    assert paired_at(paired, _ME, _BRANCH, _ABOVE) is at


def test_nobody_in_no_unit_is_bound_by_a_pairing_of_units() -> None:
    assert paired_at({_L.BRANCH: _BRANCH}, _ME, None, None) is None
    assert paired_at({}, _ME, None, None) is None


_SOMEONE = st.builds(
    lambda number, said_no, **known: replace(facts(number, **known), said_no=said_no, unfinished=known["unfinished"]),
    st.integers(1, 2**64),
    st.booleans(),
    distance_cm=st.none() | st.integers(0, 5_000_000),
    unfinished=st.integers(0, MOST_UNFINISHED + 1),
    pending=st.integers(0, 5),
)


@given(st.lists(_SOMEONE, max_size=30, unique_by=lambda candidate: candidate.person_id), st.randoms())
def test_the_order_of_asking_does_not_depend_on_the_order_of_reading(people: list[Candidate], random: Any) -> None:
    shuffled = random.sample(people, len(people))
    ranked = rank(people, NEEDED)
    assert ranked == rank(shuffled, NEEDED)
    assert [choice.cost for choice in ranked] == sorted(choice.cost for choice in ranked)
    assert {c.person_id for c in ranked} == {p.person_id for p in people if obstacle(p, NEEDED) is None}
