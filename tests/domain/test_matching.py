"""The score with its parts and reasons, what dismissals teach, the order of equals, and the best set overall."""

import itertools
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import RuleBroken
from app.domain.match_batches import rooms
from app.domain.matching import (
    FLOOR,
    HEAVIEST,
    LESSONS,
    WEIGHTS,
    Dismissal,
    DismissReason,
    Pair,
    Part,
    check_weights,
    fits,
    learnt_from,
    rank,
    score,
)
from app.domain.matching_batch import best_set

NEED = UUID(int=1)
R = DismissReason


def pair(number: int = 100, **facts: Any) -> Pair:
    return replace(Pair(NEED, UUID(int=number), "repair.plumbing", frozenset({"repair.plumbing"})), **facts)


def part(which: Part, **facts: Any) -> float:
    return score(pair(**facts), WEIGHTS).parts[which]


@pytest.mark.parametrize(
    ("asked", "serves", "expected"),
    [
        ("repair.plumbing", {"repair.plumbing"}, 1.0),
        ("repair.plumbing", {"repair"}, 0.8),
        ("repair.plumbing", {"repair.electric", "culture"}, 0.4),
        ("repair", {"repair.plumbing"}, 0.4),
        ("repair.plumbing", {"culture"}, 0.0),
        (None, {"repair.plumbing"}, 0.0),
    ],
)
def test_category(asked: str | None, serves: set[str], expected: float) -> None:
    assert part(Part.CATEGORY, category=asked, serves=frozenset(serves)) == expected


def test_distance_halves_with_every_kilometre() -> None:
    found = [part(Part.DISTANCE, distance_m=metres) for metres in (0, 1_000, 2_000, None)]
    assert found == [1.0, 0.5, 0.25, 0.5]


def test_time_capacity_and_duty() -> None:
    assert [part(Part.TIME, free_then=then) for then in (True, None, False)] == [1.0, 0.5, 0.0]
    assert [part(Part.CAPACITY, wanted=4, left=left) for left in (1, 4, 9)] == [0.25, 1.0, 1.0]
    assert [part(Part.DUTY, on_duty=duty) for duty in (True, False)] == [1.0, 0.0]


def test_few_ratings_say_little() -> None:
    assert part(Part.RATING) == 0.75, "three ratings of 4 are put beside none"
    assert part(Part.RATING, ratings=1, ratings_sum=1) == round((13 / 4 - 1) / 4, 6)
    assert part(Part.RATING, ratings=97, ratings_sum=97 * 5) > 0.99


def test_who_did_more_than_others_comes_later() -> None:
    assert part(Part.FAIRNESS, matches=0, mean_matches=3.0) == part(Part.FAIRNESS, matches=3, mean_matches=3.0) == 1.0
    assert part(Part.FAIRNESS, matches=7, mean_matches=3.0) == 0.5


FACTS = st.builds(
    pair,
    st.integers(1, 10**6),
    alike=st.floats(0, 1),
    distance_m=st.none() | st.floats(0, 50_000),
    free_then=st.none() | st.booleans(),
    wanted=st.integers(1, 100),
    left=st.integers(0, 200),
    on_duty=st.booleans(),
    matches=st.integers(0, 50),
    mean_matches=st.floats(0, 50),
)
ALL_WEIGHTS = st.fixed_dictionaries({p: st.integers(0, HEAVIEST) for p in Part}).filter(lambda w: any(w.values()))


@given(FACTS, ALL_WEIGHTS)
def test_the_score_is_the_stated_formula(facts: Pair, weights: dict[Part, int]) -> None:
    found = score(facts, weights)
    assert all(0 <= value <= 1 for value in found.parts.values())
    mean = sum(weights[p] * found.parts[p] for p in Part) / sum(weights.values())
    assert found.score == pytest.approx(found.learnt * mean, abs=1e-6)
    assert 0 <= found.score <= 1


def test_reasons_are_plain() -> None:
    facts = pair(distance_m=120.4, free_then=True, on_duty=True, alike=0.3, ratings=2, ratings_sum=9)
    assert score(facts, WEIGHTS).reasons == (
        "正是可服务的类别",
        "说明文字相近",
        "相距约 120 米",
        "希望的时间有空",
        "数量足够",
        "本期轮值单位",
        "以往 2 次评价",
    )
    poor = pair(wanted=5, left=2, serves=frozenset({"repair"}), dismissals=(Dismissal(R.UNSUITABLE, 0),))
    assert score(poor, WEIGHTS).reasons == ("同一大类的服务", "只余 2，所需 5", "此类需求曾有未采用的对接")


def test_dismissals_teach_and_are_forgotten_and_have_a_floor() -> None:
    assert learnt_from(()) == 1
    assert learnt_from([Dismissal(R.UNSUITABLE, 0)]) == 0.7
    assert learnt_from([Dismissal(R.UNSUITABLE, 90)]) == 0.85
    assert learnt_from([Dismissal(R.SETTLED_OTHERWISE, 0)]) == 1, "says nothing against the resource"
    assert learnt_from([Dismissal(R.UNSUITABLE, 0)] * 9) == FLOOR
    assert set(LESSONS) == set(R)
    better, worse = pair(2), pair(1, dismissals=(Dismissal(R.TOO_FAR, 1),))
    assert [s.resource_id for s in rank([worse, better], WEIGHTS, 9)] == [better.resource_id, worse.resource_id]


def test_what_does_not_fit_is_not_proposed() -> None:
    other = frozenset({"culture"})
    assert fits(pair())
    assert fits(pair(serves=other, alike=0.1))
    assert not fits(pair(serves=other))
    assert not fits(pair(left=0))
    assert not fits(pair(free_then=False))


@given(st.lists(FACTS, max_size=12, unique_by=lambda facts: facts.resource_id), st.randoms())
def test_the_order_does_not_depend_on_how_it_came(facts: list[Pair], chance: Any) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)
    ranked = rank(facts, WEIGHTS, 5)
    assert ranked == rank(shuffled, WEIGHTS, 5)
    assert len(ranked) == min(5, sum(map(fits, facts)))


def test_equal_scores_fall_to_the_smaller_id() -> None:
    assert [s.resource_id.int for s in rank([pair(n) for n in (7, 3, 5)], WEIGHTS, 2)] == [3, 5]


@pytest.mark.parametrize(
    "weights",
    [{}, {Part.TEXT: 1}, WEIGHTS | {Part.TEXT: -1}, WEIGHTS | {Part.TEXT: HEAVIEST + 1}, dict.fromkeys(Part, 0)],
)
def test_weights_say_something_of_every_part(weights: dict[Part, int]) -> None:
    with pytest.raises(RuleBroken):
        check_weights(weights)


def test_the_first_weights_are_whole() -> None:
    check_weights(WEIGHTS)
    assert sum(WEIGHTS.values()) == HEAVIEST


def brute_force(scores: dict[tuple[UUID, UUID], float], capacities: dict[UUID, int]) -> int:
    """The greatest sum of all sets there are, in millionths."""
    needs = sorted({need for need, _ in scores})
    options = [[None, *(r for n, r in scores if n == need)] for need in needs]
    best = 0
    for chosen in itertools.product(*options):
        if all(chosen.count(r) <= capacities.get(r, 1) for r in set(chosen) if r is not None):
            pairs = zip(needs, chosen, strict=True)
            best = max(best, sum(round(scores[n, r] * 1_000_000) for n, r in pairs if r is not None))
    return best


SCORES = st.dictionaries(
    st.tuples(st.integers(1, 6).map(lambda n: UUID(int=n)), st.integers(100, 104).map(lambda n: UUID(int=n))),
    st.integers(1, 1_000_000).map(lambda n: n / 1_000_000),
    max_size=16,
)
CAPACITIES = st.dictionaries(st.integers(100, 104).map(lambda n: UUID(int=n)), st.integers(0, 3))


@given(SCORES, CAPACITIES)
def test_the_best_set_is_the_best_of_all(scores: dict[tuple[UUID, UUID], float], capacities: dict[UUID, int]) -> None:
    found = best_set(scores, capacities)
    held = list(found.values())
    assert all(held.count(resource) <= capacities.get(resource, 1) for resource in held)
    assert set(found.items()) <= set(scores)
    assert sum(round(scores[item] * 1_000_000) for item in found.items()) == brute_force(scores, capacities)
    assert found == best_set(dict(reversed(scores.items())), capacities), "however they came"


def test_one_after_the_other_would_be_worse() -> None:
    first, second, good, plain = (UUID(int=n) for n in (1, 2, 100, 101))
    scores = {(first, good): 0.9, (first, plain): 0.8, (second, good): 0.7}
    assert best_set(scores, {}) == {first: plain, second: good}
    assert best_set(scores, {good: 2}) == {first: good, second: good}


def test_a_resource_is_given_to_no_more_needs_than_it_has_room_for() -> None:
    """Least left, most wanted: whatever set is chosen, there is enough."""
    pairs = [
        pair(1, left=20, wanted=4),
        pair(1, left=9, wanted=2),
        pair(2, left=1, wanted=5),
        pair(3, left=6, wanted=1),
    ]
    assert rooms(pairs) == {UUID(int=1): 2, UUID(int=2): 1, UUID(int=3): 6}
