"""What asking somebody costs: part by part, in centimetres of equivalent way, never less than nothing."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import RuleBroken
from app.domain.dispatch_cost import (
    BOUNDS,
    CM,
    FAR_CM,
    FULL_FIT,
    MOST_WAY_CM,
    PART_WORDS,
    UNFILLED_CM,
    WEIGHTS,
    Facts,
    Nearness,
    PairedAt,
    Part,
    Weights,
    missing_satisfaction,
    nearness,
    price,
    skill_fit,
    told,
    weights_of,
)
from app.domain.orders import MOST_UNFINISHED

IDEAL = Facts(0, Nearness.ENTRANCE, PairedAt.HOUSEHOLD, FULL_FIT, ratings=10**6, rating_sum=5 * 10**6, served=3)
GRID = "150103/150103001/150103001002/01/"
DOOR = f"{GRID}A/3/2/301/"


def facts() -> st.SearchStrategy[Facts]:
    count = st.integers(0, 60)
    rated = st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(n, 5 * n)))
    return st.builds(
        lambda rated, **more: Facts(ratings=rated[0], rating_sum=rated[1], **more),
        rated=rated,
        distance_cm=st.none() | st.integers(0, 2 * MOST_WAY_CM),
        nearness=st.sampled_from(Nearness),
        paired_at=st.none() | st.sampled_from(PairedAt),
        fit=st.integers(0, FULL_FIT),
        served=count,
        unfinished=count,
        asked_lately=count,
        pending=count,
    )


@pytest.mark.parametrize(
    ("part", "changed", "metres"),
    [
        (Part.PAIRING, {"paired_at": None}, 2_000),
        (Part.PAIRING, {"paired_at": PairedAt.ENTRANCE}, 300),
        (Part.PAIRING, {"paired_at": PairedAt.BUILDING}, 600),
        (Part.PAIRING, {"paired_at": PairedAt.COMPOUND}, 900),
        (Part.NEARNESS, {"nearness": Nearness.BUILDING}, 120),
        (Part.NEARNESS, {"nearness": Nearness.COMPOUND}, 270),
        (Part.NEARNESS, {"nearness": Nearness.GRID}, 420),
        (Part.NEARNESS, {"nearness": Nearness.ELSEWHERE}, 600),
        (Part.DISTANCE, {"distance_cm": 12_345}, 123.45),
        (Part.DISTANCE, {"distance_cm": None}, FAR_CM / CM),
        (Part.DISTANCE, {"distance_cm": 10**9}, MOST_WAY_CM / CM),
        (Part.SKILL, {"fit": 0}, 500),
        (Part.SKILL, {"fit": 700}, 150),
        (Part.SATISFACTION, {"ratings": 0, "rating_sum": 0}, 200),
        (Part.SATISFACTION, {"ratings": 5, "rating_sum": 5}, 500),
        (Part.CONTINUITY, {"served": 0}, 500),
        (Part.CONTINUITY, {"served": 2}, 166.66),
        (Part.LOAD, {"unfinished": 2}, 800),
        (Part.LOAD, {"unfinished": 99}, 400 * MOST_UNFINISHED),
        (Part.NOTICE, {"asked_lately": 3}, 600),
        (Part.PENDING, {"pending": 2}, 300),
    ],
)
def test_what_is_missing_adds_to_the_way(part: Part, changed: dict[str, Any], metres: float) -> None:
    found = price(replace(IDEAL, **changed))
    assert found.in_metres() == {other.value: metres if other is part else 0.0 for other in Part}
    assert found.total == round(metres * CM)


def test_who_has_everything_costs_nothing() -> None:
    assert price(IDEAL).total == 0


def test_another_order_of_the_batch_counts_as_one_in_hand() -> None:
    assert price(IDEAL, more=2).total == price(replace(IDEAL, unfinished=2)).total


@given(facts())
def test_a_cost_is_the_sum_of_its_parts_and_never_less_than_nothing(some: Facts) -> None:
    found = price(some)
    assert list(found.parts) == list(Part) == list(PART_WORDS)
    assert found.total == sum(found.parts.values())
    assert min(found.parts.values()) >= 0
    assert all(isinstance(cm, int) for cm in found.parts.values())


@given(facts(), st.sampled_from(["ratings", "served"]))
def test_good_work_and_continuity_never_cost(some: Facts, what: str) -> None:
    more: dict[str, Any] = {"served": 99}
    if what == "ratings":
        more = {"ratings": some.ratings + 1, "rating_sum": some.rating_sum + 5}
    assert price(replace(some, **more)).total <= price(some).total


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (DOOR, Nearness.ENTRANCE),
        (f"{GRID}A/3/2/302/", Nearness.ENTRANCE),
        (f"{GRID}A/3/2/", Nearness.ENTRANCE),
        (f"{GRID}A/3/1/301/", Nearness.BUILDING),
        (f"{GRID}A/4/2/301/", Nearness.COMPOUND),
        (f"{GRID}A/", Nearness.COMPOUND),
        (f"{GRID}B/3/2/301/", Nearness.GRID),
        ("150103/150103001/150103001002/02/A/3/2/301/", Nearness.ELSEWHERE),
        ("150103/", Nearness.ELSEWHERE),
    ],
)
def test_how_near_says_the_smallest_place_that_holds_both(other: str, near: Nearness) -> None:
    assert nearness(DOOR, other) is near
    assert nearness(other, DOOR) is near


def test_satisfaction_is_not_settled_by_one_word() -> None:
    assert missing_satisfaction(0, 0) == 250
    assert missing_satisfaction(1, 1) == 375
    assert missing_satisfaction(100, 100) > 960
    assert missing_satisfaction(100, 500) < 20


def test_skills_fit_better_with_certificates_and_practice() -> None:
    assert [skill_fit(2, 0, 0), skill_fit(2, 1, 0), skill_fit(2, 2, 1), skill_fit(2, 2, 9)] == [400, 550, 800, 1_000]
    assert skill_fit(0, 0, 0) == 700


def test_weights_are_bounded_and_named() -> None:
    assert weights_of(None) == weights_of(told(WEIGHTS)) == WEIGHTS
    assert weights_of({"load": 0}).load == 0
    assert set(told(WEIGHTS)) == {part.value for part in Part}
    for part, (least, most) in BOUNDS.items():
        for wrong in (least - 1, most + 1):
            with pytest.raises(RuleBroken):
                weights_of({part.value: wrong})
    with pytest.raises(RuleBroken):
        weights_of({"beauty": 1})


def test_a_weight_of_nothing_takes_the_part_away() -> None:
    none = Weights(**dict.fromkeys(told(WEIGHTS), 0))
    assert price(Facts(unfinished=3, asked_lately=2), none).total == 0


def test_the_urgent_are_left_out_last() -> None:
    assert sorted(UNFILLED_CM.values()) == list(UNFILLED_CM.values())
