"""Whom a batch looks at for an order: the cheapest of those who may have it, however many others stand before them."""

import numpy as np
import pytest

from app.domain.dispatch_batch_candidates import KEPT, NEAREST, candidates
from app.domain.dispatch_batch_cost import pricing
from app.domain.dispatch_batch_facts import NONE, Ints, free_times, no_pairs, pairs_of, place_numbers
from app.domain.dispatch_cost import WEIGHTS, price
from tests.domain.dispatch_batches import MadeUp

_AT = 29_000_000
"""Some minute."""


def test_candidates_are_all_that_may_be_and_the_cheapest_of_them() -> None:
    made = MadeUp(2, 30, 70)
    found = candidates(pricing(made.batch, WEIGHTS))
    for order in range(30):
        here = found.party[found.order == order].tolist()
        able = [party for party in range(70) if made.may(order, party)]
        assert set(here) <= set(able)
        cheapest = sorted(able, key=lambda party: (price(made.facts(order, party)).total, party))
        known = [p for p in cheapest if not np.isnan(made.parties.lon[p])]
        assert set(known[: KEPT - 5]) <= set(here)


def plain(orders: int, parties: int) -> MadeUp:
    """Everybody may have every order."""
    made = MadeUp(6, orders, parties)
    made.batch.barred = made.batch.paired = made.batch.served = no_pairs()
    made.orders.skills[:] = made.orders.weighed[:] = made.orders.day[:] = 0
    made.orders.certified[:] = False
    return made


def at_once(made: MadeUp, busy: Ints) -> None:
    """The orders are wanted at one time, and these parties are elsewhere then."""
    made.orders.since[:], made.orders.until[:] = _AT, _AT + 60
    made.batch.times = free_times(len(made.parties.ids))
    made.batch.times.busy[busy, 0] = _AT, _AT + 60


def found(made: MadeUp, order: int = 0) -> list[int]:
    those = candidates(pricing(made.batch, WEIGHTS))
    return sorted(those.party[those.order == order].tolist())


@pytest.mark.parametrize("free", [1, 300])
def test_whoever_is_free_is_found_though_all_who_live_nearer_are_busy(free: int) -> None:
    """So they are where homes are not known, and what is nearest is what costs least."""
    made = plain(1, 2_000 + free)
    for lon in (111.6 + np.arange(2_000 + free) / 100_000, np.nan):
        made.orders.lon[:], made.orders.lat[:] = 111.6, 40.8
        made.parties.lon[:], made.parties.lat[:] = lon, 40.8
        prices = pricing(made.batch, WEIGHTS)
        first = np.zeros(2_000 + free, np.int64)
        by_cost = np.lexsort(
            (
                np.arange(2_000 + free),
                prices.costs(first, np.arange(2_000 + free), prices.facts(first, np.arange(2_000 + free))),
            )
        )
        nearest = by_cost if np.isscalar(lon) else np.arange(2_000 + free)
        at_once(made, nearest[:2_000])
        chosen = set(nearest[2_000:].tolist())
        assert set(found(made)) <= chosen
        assert len(found(made)) == min(KEPT, free)


def test_whoever_would_come_so_far_is_found_behind_those_who_would_not() -> None:
    made = plain(2, NEAREST + 1)
    made.orders.lon[:], made.orders.lat[:] = 111.6, 40.8
    made.parties.lon[:], made.parties.lat[:] = 111.62, 40.8
    made.parties.lon[7] = 111.65
    made.parties.radius_cm[:] = 100_000
    made.parties.radius_cm[7] = NONE
    assert found(made, 0) == found(made, 1) == [7]


@pytest.mark.parametrize("seed", range(2))
def test_of_every_order_without_a_position_the_cheapest_are_looked_at(seed: int) -> None:
    """By its own place, kind of service and day, not by those of the first that is alike in skills."""
    made = MadeUp(seed, 8, 2_000)
    made.orders.skills[:] = made.orders.weighed[:] = 0
    made.orders.certified[:] = False
    made.orders.lon[:] = made.orders.lat[:] = np.nan
    made.batch.barred = made.batch.paired = made.batch.served = no_pairs()
    for order in range(8):
        cheapest = sorted(range(2_000), key=lambda party: (price(made.facts(order, party)).total, party))
        assert found(made, order) == sorted(cheapest[:KEPT])


@pytest.mark.parametrize("lon", [111.6, np.nan])
def test_neighbours_whose_home_has_no_position_are_looked_at_for_each_order(lon: float) -> None:
    """Thirty live at either door, and others elsewhere, whose ids are smaller."""
    made = plain(2, 60 + NEAREST)
    made.orders.lon[:], made.orders.lat[:] = lon, 40.8
    made.parties.lon[:], made.parties.lat[:] = 111.9, 40.8
    made.parties.lon[NEAREST:] = np.nan
    doors = ["1/1/1/1/1/1/1/", "1/1/1/2/1/1/1/"]
    numbers = place_numbers([*doors, *["1/1/1/3/1/1/1/"] * NEAREST, *[doors[0]] * 30, *[doors[1]] * 30])
    made.orders.near[:], made.parties.near[:] = numbers[:2], numbers[2:]
    for facts in (made.parties.unfinished, made.parties.asked_lately, made.parties.pending, made.parties.alike):
        facts[:] = 0
    made.parties.ratings[:] = made.parties.rating_sum[:] = 0
    assert found(made, 0) == list(range(NEAREST, NEAREST + KEPT))
    assert found(made, 1) == list(range(NEAREST + 30, NEAREST + 30 + KEPT))


def test_of_hundreds_paired_with_an_order_the_cheapest_are_looked_at() -> None:
    made = plain(6, 500)
    made.batch.paired = pairs_of({order * 500 + party: 1 for order in range(6) for party in range(40, 460)})
    for order in range(6):
        cheapest = sorted(range(40, 460), key=lambda party: (price(made.facts(order, party)).total, party))
        assert set(cheapest[:KEPT]) <= set(found(made, order))
        assert len(found(made, order)) <= 2 * KEPT
