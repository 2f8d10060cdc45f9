"""What a pair can score at most: never less than what it does score, whatever is known of it."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.geo import LonLat, box_around, metres_between
from app.domain.matches import COARSE_M, distance_told
from app.domain.matching import HEAVIEST, UNKNOWN, WEIGHTS, Pair, Part, category_part, distance_part, metres_for, score
from app.domain.matching_bounds import (
    EVERYWHERE,
    NOWHERE,
    Tier,
    at_most,
    bounder,
    next_ring,
    reach,
    tiers,
    unplaced,
    whole,
)

CODES = ("repair", "repair.plumbing", "repair.plumbing.tap", "repair.electric", "culture", "culture.sports", "law")
ALL_WEIGHTS = st.fixed_dictionaries({p: st.integers(0, HEAVIEST) for p in Part}).filter(lambda w: any(w.values()))
PAIRS = st.builds(
    Pair,
    need_id=st.just(UUID(int=1)),
    resource_id=st.just(UUID(int=2)),
    category=st.none() | st.sampled_from(CODES),
    serves=st.frozensets(st.sampled_from(CODES), max_size=3),
    alike=st.floats(0, 1),
    distance_m=st.none() | st.floats(0, 30_000),
    free_then=st.none() | st.booleans(),
    wanted=st.integers(1, 9),
    left=st.integers(0, 20),
    on_duty=st.booleans(),
    ratings=st.just(9),
    ratings_sum=st.integers(9, 45),
    matches=st.integers(0, 9),
    mean_matches=st.floats(0, 9),
)


@given(PAIRS, ALL_WEIGHTS, st.sets(st.sampled_from(Part)))
def test_no_pair_scores_more_than_its_bound(pair: Pair, weights: dict[Part, int], known: set[Part]) -> None:
    found = score(pair, weights)
    assert found.score <= at_most(weights, {part: found.parts[part] for part in known})
    assert found.score <= at_most(weights, {}) <= 1.001


@given(PAIRS, ALL_WEIGHTS)
def test_the_bound_for_many_is_no_less(pair: Pair, weights: dict[Part, int]) -> None:
    found, timed = score(pair, weights), pair.free_then is not None
    bound = bounder(weights, timed=timed)(found.parts[Part.CATEGORY], pair.alike, pair.distance_m, pair.on_duty)
    known = (Part.CATEGORY, Part.TEXT, Part.DISTANCE, Part.DUTY, *(() if timed else (Part.TIME,)))
    assert found.score <= bound
    assert bound == pytest.approx(at_most(weights, {part: found.parts[part] for part in known}), abs=1e-5)


@given(PAIRS, ALL_WEIGHTS, st.floats(0, 1))
def test_what_lies_out_of_reach_does_not_come_up_to_the_floor(
    pair: Pair, weights: dict[Part, int], floor: float
) -> None:
    found = score(pair, weights)
    metres = reach(weights, {Part.CATEGORY: found.parts[Part.CATEGORY], Part.DUTY: found.parts[Part.DUTY]}, floor)
    outside = not unplaced(metres) if pair.distance_m is None else pair.distance_m > metres
    assert not (outside and found.score >= floor)


def test_reach_of_the_first_weights() -> None:
    assert reach(WEIGHTS, {}, 0.0) == EVERYWHERE
    assert reach(WEIGHTS, {Part.CATEGORY: 0.0}, 0.9) == NOWHERE
    assert 999 < reach(WEIGHTS, {Part.CATEGORY: 0.0, Part.TEXT: 0.5}, 0.55) - 50 < 1_001, "half of the distance part"
    assert reach(WEIGHTS | {Part.DISTANCE: 0}, {Part.CATEGORY: 0.0}, 0.9) == NOWHERE
    assert [next_ring(inner) for inner in (0.0, 1_000.0, 4_000.0)] == [1_000.0, 4_000.0, EVERYWHERE]


@given(st.floats(0, 100_000))
def test_metres_and_the_distance_part_go_both_ways(metres: float) -> None:
    assert metres_for(distance_part(metres)) == pytest.approx(metres, abs=1e-6)
    assert unplaced(metres) == (distance_part(metres) <= UNKNOWN)


def indexed(code: str) -> set[str]:
    return {code, whole(code)}


@given(st.none() | st.sampled_from(CODES), st.frozensets(st.sampled_from(CODES), min_size=1, max_size=3))
def test_a_tier_bounds_what_no_earlier_one_has(category: str | None, serves: frozenset[str]) -> None:
    kinds = set().union(*map(indexed, serves))

    def has(tier: Tier) -> bool:
        return tier.kinds is None or bool(kinds & set(tier.kinds))

    first = next(tier for tier in tiers(category) if has(tier))
    assert category_part(category, serves) <= first.category


@given(st.floats(73, 135), st.floats(-89.9, 89.9), st.floats(0, 400_000), st.randoms())
def test_a_box_holds_all_within(lon: float, lat: float, metres: float, chance: random.Random) -> None:
    low, high = box_around(LonLat(lon, lat), metres)
    for _ in range(50):
        spot = LonLat(lon + chance.uniform(-4, 4), max(-90.0, min(90.0, lat + chance.uniform(-4, 4))))
        if metres_between(LonLat(lon, lat), spot) <= metres:
            assert low.lon <= spot.lon <= high.lon
            assert low.lat <= spot.lat <= high.lat


def test_a_box_holds_what_is_too_near_for_a_distance() -> None:
    low, high = box_around(LonLat(73, 3e-235), 0)
    assert low.lat <= 0 <= high.lat


def test_a_box_is_no_wider_than_it_must_be() -> None:
    low, high = box_around(LonLat(111.65, 40.82), 1_000)
    for corner in (LonLat(low.lon, 40.82), LonLat(high.lon, 40.82), LonLat(111.65, low.lat), LonLat(111.65, high.lat)):
        assert metres_between(LonLat(111.65, 40.82), corner) == pytest.approx(1_000, rel=1e-3)


@given(st.floats(0, 9_000))
def test_the_told_distance_is_nearer_by_half_a_step_at_most(metres: float) -> None:
    told = distance_told(metres, of_a_person=True)
    assert told is not None
    assert told >= metres - COARSE_M / 2
