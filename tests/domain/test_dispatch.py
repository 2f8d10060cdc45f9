"""Whom to ask: feasible first, then near and free, and the same facts give the same choice."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue import Skill, Terms
from app.domain.dispatch import ASKED_M, FAR_M, LOAD_M, OBSTACLE_WORDS, Candidate, Obstacle, obstacle, price, rank
from app.domain.orders import MOST_UNFINISHED

NEEDED = Terms(skills=(Skill.PLUMBING,))


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


def order(*candidates: Candidate, terms: Terms = NEEDED) -> list[int]:
    return [choice.person_id.int for choice in rank(candidates, terms)]


def test_the_nearest_is_asked_first() -> None:
    assert order(someone(1, distance_m=900.0), someone(2, distance_m=30.0), someone(3, distance_m=400.0)) == [2, 3, 1]


def test_work_in_hand_counts_as_distance() -> None:
    assert order(someone(1, distance_m=0.0, unfinished=1), someone(2, distance_m=LOAD_M - 1)) == [2, 1]
    assert order(someone(1, distance_m=0.0, unfinished=1), someone(2, distance_m=LOAD_M + 1)) == [1, 2]
    assert order(someone(1, distance_m=0.0, pending=1), someone(2, distance_m=ASKED_M - 1)) == [2, 1]


def test_who_is_nowhere_known_comes_after_who_is_near() -> None:
    assert order(someone(1, distance_m=None), someone(2, distance_m=FAR_M - 1)) == [2, 1]


def test_equal_costs_fall_to_the_smaller_id() -> None:
    assert order(someone(3), someone(1), someone(2)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"asker": True}, Obstacle.ASKER),
        ({"already": True}, Obstacle.ALREADY),
        ({"said_no": True}, Obstacle.SAID_NO),
        ({"refuses": True}, Obstacle.REFUSES),
        ({"skills": frozenset({Skill.LAW})}, Obstacle.SKILL),
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


def test_a_supervisor_may_ask_again_who_said_no() -> None:
    assert obstacle(someone(said_no=True), NEEDED, again=True) is None
    assert obstacle(someone(said_no=True, asker=True), NEEDED, again=True) is Obstacle.ASKER


def test_no_skill_asked_for_is_no_skill_needed() -> None:
    assert order(someone(skills=frozenset()), terms=Terms()) == [1]


def test_a_skill_may_have_to_be_shown() -> None:
    shown = Terms(skills=(Skill.PLUMBING,), certified=True)
    assert obstacle(someone(), shown) is Obstacle.CERTIFICATE
    assert obstacle(someone(certified=frozenset({Skill.LAW})), shown) is Obstacle.CERTIFICATE
    assert obstacle(someone(certified=frozenset({Skill.PLUMBING})), shown) is None


def test_all_skills_are_needed() -> None:
    both = Terms(skills=(Skill.PLUMBING, Skill.ELECTRICITY))
    assert obstacle(someone(), both) is Obstacle.SKILL
    assert obstacle(someone(skills=frozenset(both.skills)), both) is None


def test_every_obstacle_has_its_words() -> None:
    assert OBSTACLE_WORDS.keys() == set(Obstacle)


def test_a_choice_says_what_it_is_made_of() -> None:
    choice = price(someone(distance_m=123.46, unfinished=2, pending=1))
    assert choice.parts == {"distance": 123.5, "load": 2 * LOAD_M, "pending": ASKED_M}
    assert choice.cost == round(sum(choice.parts.values()), 1)


_SOMEONE = st.builds(
    someone,
    st.integers(1, 2**64),
    distance_m=st.none() | st.floats(0, 50_000),
    unfinished=st.integers(0, MOST_UNFINISHED + 1),
    pending=st.integers(0, 5),
    said_no=st.booleans(),
)


@given(st.lists(_SOMEONE, max_size=30, unique_by=lambda candidate: candidate.person_id), st.randoms())
def test_the_order_of_asking_does_not_depend_on_the_order_of_reading(people: list[Candidate], random: Any) -> None:
    shuffled = random.sample(people, len(people))
    ranked = rank(people, NEEDED)
    assert ranked == rank(shuffled, NEEDED)
    assert [choice.cost for choice in ranked] == sorted(choice.cost for choice in ranked)
    assert {c.person_id for c in ranked} == {p.person_id for p in people if obstacle(p, NEEDED) is None}


def test_who_refuses_the_system_is_asked_by_people_alone() -> None:
    shy = someone(1, refuses=True)
    assert order(shy, someone(2, distance_m=4_000.0)) == [2]
    assert obstacle(shy, NEEDED, by_name=True) is None
