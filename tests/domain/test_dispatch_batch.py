"""The batch optimum: priced like one order, never an impossible pair, the least cost there is, the same for the same facts."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain.availability import DayException, Window, free
from app.domain.dispatch_batch import RUNNERS_UP, decide
from app.domain.dispatch_batch_cost import NEAR, common_places
from app.domain.dispatch_batch_facts import NONE, Batch, Bools, free_times, minutes_of, no_pairs, place_numbers
from app.domain.dispatch_batch_feasible import allowed, half_days, merged
from app.domain.dispatch_batch_flow import Graph, network, parts, solve
from app.domain.dispatch_cost import CM, WEIGHTS, Facts, Part, Weights, nearness, price
from app.domain.dispatch_reasons import facts_in_short, in_short, weights_in_short, written_out
from app.settings import ROOT
from bench.dispatch_proof import bound, greedy, value
from tests.domain.dispatch_batches import MadeUp, home, made_graph

_OTHERS = Weights(1_234, 777, 93, 450, 811, 333, 401, 57, 149)


@pytest.mark.parametrize("weights", [[WEIGHTS], [_OTHERS], [WEIGHTS, _OTHERS]])
def test_many_prices_are_those_of_one(weights: list[Weights]) -> None:
    """Every candidate of random facts costs what the rule says; a distance may round differently by a centimetre."""
    made = MadeUp(1, 40, 60)
    if len(weights) == 1:
        made.orders.weighed[:] = 0
    decided = decide(made.batch, weights)
    mine = [weights[which] for which in made.orders.weighed.tolist()]
    assert len(decided.found) > 500
    for order, party, cost in zip(
        *(a.tolist() for a in (decided.found.order, decided.found.party, decided.found.cost)), strict=True
    ):
        assert abs(price(made.facts(order, party), mine[order]).total - cost) <= 1
    for choice in decided.choices():
        for one in [*choice.chosen, *choice.runners_up]:
            assert price(one.facts, mine[choice.order]).total == one.total
            assert facts_in_short(one.facts) == one.said


def test_reasons_in_short_are_written_out_as_a_single_offer_has_them() -> None:
    made = MadeUp(3, 20, 40)
    chosen = next(decide(made.batch).choices())
    best, weights = chosen.chosen[0], weights_in_short(WEIGHTS)
    others = [f"{UUID(int=one.party)} {one.said}" for one in chosen.runners_up]
    kept = json.loads(in_short("b", best.rank, chosen.feasible, weights, best.said, others))
    told = written_out(kept)
    assert told is not None
    assert (told["cost"] * CM, told["rank"], told["batch_id"]) == (best.total, best.rank, "b")
    assert Facts(**told["facts"]) == best.facts
    assert list(told["parts"]) == list(told["weights"]) == list(Part)
    assert [one["person_id"] for one in told["runners_up"]] == [str(UUID(int=o.party)) for o in chosen.runners_up]
    assert [round(one["cost"] * CM) for one in told["runners_up"]] == [one.total for one in chosen.runners_up]
    assert written_out(told) == told, "what is written out already stays as it is"
    assert written_out(None) is None


def test_places_are_told_apart_as_one_by_one() -> None:
    chance = random.Random(4)
    paths = [home(chance) for _ in range(60)] + [
        "150103/",
        "150103/150103001/150103001002/1/",
        "150103/150103001/1/11/",
    ]
    numbers = place_numbers(paths)
    for one, near in zip(paths, numbers, strict=True):
        common = common_places(near[None], numbers).tolist()
        assert common == [NEAR.index(nearness(one, other)) for other in paths]


@pytest.mark.parametrize("load", [0, 7])
@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_is_the_least_there_is(seed: int, load: int) -> None:
    """By another exact solver on the same network, and by a bound from duality that knows no solver."""
    graph = made_graph(seed, 12, 3 + seed, load=load)
    found = solve(graph)
    net = network(graph)
    arcs = np.arange(len(net.tail))
    ends = np.concatenate([net.tail, net.head]), np.concatenate([arcs, arcs])
    signs = np.concatenate([np.ones(len(arcs)), -np.ones(len(arcs))])
    balance = coo_array((signs, ends), shape=(len(net.supply), len(arcs)))
    told = linprog(
        net.cost, A_eq=balance, b_eq=net.supply, bounds=np.stack([0 * arcs, net.capacity], 1), method="highs"
    )
    assert found.value == round(told.fun) == value(graph, found.taken) == bound(graph, found.taken)
    assert value(graph, greedy(graph)) >= found.value
    _holds(graph, found.taken)


def _holds(graph: Graph, taken: Bools) -> None:
    order, party = graph.order[taken], graph.party[taken]
    assert (np.bincount(order, minlength=len(graph.places)) <= graph.places).all()
    assert (np.bincount(party, minlength=len(graph.capacity)) <= graph.capacity).all()
    halves = [(p, h) for p, h in zip(party.tolist(), graph.half_day[order].tolist(), strict=True) if h != NONE]
    assert len(set(halves)) == len(halves), "nobody is asked for two orders of the same half of a day"


def test_parts_that_nothing_joins_are_solved_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same optimum as of the whole, and every edge in one part."""
    graph = made_graph(5, 40, 90, load=7)
    kept = graph.order % 3 == graph.party % 3
    graph = replace(graph, order=graph.order[kept], party=graph.party[kept], cost=graph.cost[kept])
    whole = solve(graph)
    monkeypatch.setattr("app.domain.dispatch_batch_flow._ENOUGH", 1)
    found = list(parts(graph))
    assert len(found) > 1
    assert sorted(np.concatenate(found).tolist()) == list(range(len(graph.order)))
    for one in found:
        others = np.setdiff1d(np.arange(len(graph.order)), one)
        assert not set(graph.order[one]) & set(graph.order[others])
        assert not set(graph.party[one]) & set(graph.party[others])
    apart = solve(graph)
    assert apart.value == whole.value == value(graph, apart.taken) == bound(graph, apart.taken)


def test_the_bound_tells_what_is_not_the_optimum() -> None:
    graph = made_graph(3, 12, 6, load=7)
    worse = greedy(graph)
    assert value(graph, worse) > solve(graph).value >= bound(graph, worse)


def test_the_known_optimum_of_500_by_500_is_reached() -> None:
    """``assign500`` of Beasley's OR-Library (people.brunel.ac.uk/~mastjb/jeb/orlib/assigninfo.html): 991."""
    words = (ROOT / "tests/data/assign500.txt").read_text().split()
    size, cost = int(words[0]), np.array(words[1:], np.int64)
    ones = np.ones(size, np.int64)
    order, party = (a.reshape(-1).astype(np.int64) for a in np.divmod(np.arange(size * size), size))
    found = solve(Graph(ones, ones * 10_000, ones, 0, order, party, cost, np.full(size, NONE, np.int32)))
    assert found.value == 991
    assert found.taken.sum() == size


def _around_a_hub(many: int, orders: int, cost: int) -> Graph:
    """One order that ``many`` may have, and others each of which somebody may have who lives next door; the first may have all."""
    own = np.arange(1, orders)
    order = np.concatenate([np.zeros(many, np.int64), np.repeat(own, 2)])
    party = np.concatenate([np.arange(many), np.stack([0 * own, own + many], axis=1).reshape(-1)])
    ones = np.ones(orders, np.int64)
    capacity, costs = np.ones(orders + many, np.int64), np.full(len(order), cost, np.int64)
    return Graph(ones, ones * 2 * cost, capacity, 0, order, party, costs, np.full(orders, NONE, np.int32))


def test_hundreds_who_may_have_one_of_many_orders_leave_equal_costs_to_the_smaller_ids() -> None:
    """With the dearest weights there are: what settles equal costs stays small enough to be added up."""
    graph = _around_a_hub(800, 20_000, 120_000_000)
    found = solve(graph)
    assert found.value == 20_000 * 120_000_000
    assert graph.party[found.taken][0] <= 1, "the smallest, or the next where somebody else is asked for it"


def test_costs_too_large_to_settle_equal_ones_are_still_the_least() -> None:
    graph = _around_a_hub(8, 50, 10**15)
    assert solve(graph).value == 50 * 10**15
    with pytest.raises(ArithmeticError, match="add up"):
        solve(_around_a_hub(8, 50, 10**18))


def test_equal_costs_fall_to_the_smaller_ids() -> None:
    ones, order = np.ones(2, np.int64), np.repeat(np.arange(2, dtype=np.int64), 3)
    party = np.tile(np.arange(3, dtype=np.int64), 2)
    cost = np.full(6, 50, np.int64)
    graph = Graph(ones, ones * 90, np.ones(3, np.int64), 0, order, party, cost, np.full(2, NONE, np.int32))
    found = solve(graph)
    assert found.value == 100
    assert sorted(party[found.taken].tolist()) == [0, 1]
    assert solve(graph).taken.tolist() == found.taken.tolist()


def test_load_is_shared_out_within_the_batch() -> None:
    """Two orders next to one person, who may have both: the second is dearer by the load, so a way of less than it wins."""
    near, far = 1_000, 1_000 + 300 * CM
    order, party = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    cost = np.array([near, far, near, far])
    graph = Graph(
        np.array([1, 1]), np.full(2, 10**6), np.array([2, 1]), 400 * CM, order, party, cost, np.full(2, NONE, np.int32)
    )
    assert sorted(party[solve(graph).taken].tolist()) == [0, 1]
    assert party[solve(replace(graph, load=200 * CM)).taken].tolist() == [0, 0]


def test_a_place_stays_unfilled_rather_than_cost_too_much() -> None:
    graph = Graph(
        np.array([2]),
        np.array([500]),
        np.array([1, 1]),
        0,
        np.array([0, 0]),
        np.array([0, 1]),
        np.array([100, 501]),
        np.full(1, NONE, np.int32),
    )
    assert solve(graph).taken.tolist() == [True, False]
    assert solve(graph).value == 600


def test_reasons_stand_with_every_choice() -> None:
    made = MadeUp(5, 25, 60)
    decided = decide(made.batch)
    choices = list(decided.choices())
    assert sum(len(choice.chosen) for choice in choices) == decided.filled
    for choice in choices:
        everyone = decided.found.party[decided.found.order == choice.order].tolist()
        by_cost = sorted(everyone, key=lambda party: (price(made.facts(choice.order, party)).total // 10, party))
        shown = choice.chosen + choice.runners_up
        assert choice.feasible == len(everyone)
        assert len({one.party for one in shown}) == len(shown)
        assert len(choice.runners_up) == min(RUNNERS_UP, len(everyone) - len(choice.chosen))
        assert [one.rank for one in choice.chosen] == sorted(one.rank for one in choice.chosen)
        assert {by_cost[0]} <= {one.party for one in shown if one.rank == 1} | set(by_cost[:1])
        assert all(1 <= one.rank <= choice.feasible for one in shown)


def test_the_same_facts_give_the_same_choice() -> None:
    chosen = [
        [(c.order, [one.party for one in c.chosen]) for c in decide(MadeUp(7, 40, 50).batch).choices()]
        for _ in range(2)
    ]
    assert chosen[0] == chosen[1]


def test_nothing_to_decide_is_decided() -> None:
    made = MadeUp(1, 4, 3)
    made.orders.places[:] = 0
    decided = decide(made.batch)
    assert (decided.filled, decided.solution.value, list(decided.choices())) == (0, 0, [])
    with pytest.raises(RuleBroken):
        Weights(load=-1)


def timed(seed: int) -> tuple[Batch, dict[int, list[Window]], dict[int, list[DayException]]]:
    """A batch whose orders have a time in the next days, and whose parties have weeks, days that are not so, and promises."""
    made, chance = MadeUp(seed, 40, 30), random.Random(seed)
    batch, start = made.batch, minutes_of(datetime(2026, 11, 29, tzinfo=CHINA))
    batch.barred = no_pairs()
    batch.orders.since[:] = [start + 15 * chance.randrange(96 * 8) for _ in range(40)]
    batch.orders.until[:] = batch.orders.since + np.array([chance.choice([30, 60, 150]) for _ in range(40)])
    weeks = {party: _week(chance) for party in range(30) if chance.random() < 0.7}
    batch.times = free_times(30)
    batch.times.windows = np.zeros((30, 7, 3, 2), np.int16)
    for party, week in weeks.items():
        batch.times.stated[party] = True
        for day in range(7):
            spans = [(w.from_minute, w.until_minute) for w in week if w.weekday == day + 1]
            for number, span in enumerate(merged(spans)):
                batch.times.windows[party, day, number] = span
    days = [date(2026, 11, 29) + timedelta(days=more) for more in range(8)]
    special = {
        party: [
            DayException(day, chance.random() < 0.5, 480, chance.choice([600, 1_440])) for day in chance.sample(days, 3)
        ]
        for party in range(0, 30, 4)
    }
    batch.times.exceptions = special
    batch.times.busy[:, 0, 0] = [start + 15 * chance.randrange(96 * 8) for _ in range(30)]
    batch.times.busy[:, 0, 1] = batch.times.busy[:, 0, 0] + 240
    return batch, weeks, special


def _week(chance: random.Random) -> list[Window]:
    """Windows that touch, reach midnight, or begin at it, among others."""
    found = []
    for weekday in chance.sample(range(1, 8), 5):
        cuts = [0, 480, 600, 720, 1_200, 1_440]
        kept = [span for span in pairwise(cuts) if chance.random() < 0.6]
        found += [Window(weekday, *span) for span in kept]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_many_times_are_judged_like_one(seed: int) -> None:
    batch, weeks, special = timed(seed)
    order, party = (a.reshape(-1) for a in np.meshgrid(np.arange(40), np.arange(30), indexing="ij"))
    found = allowed(batch, order, party, np.zeros(len(order), np.int64))
    for o, p, may in zip(order.tolist(), party.tolist(), found.tolist(), strict=True):
        since, until = int(batch.orders.since[o]), int(batch.orders.until[o])
        start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in (since, until))
        first, last = batch.times.busy[p, 0].tolist()
        is_free = free(weeks.get(p, []), special.get(p, []), start, end)
        assert may == (is_free and not (first < until and since < last)), (o, p)
    assert 0.1 < found.mean() < 0.9


def test_nobody_is_asked_beyond_their_own_radius() -> None:
    batch = MadeUp(1, 2, 2).batch
    batch.barred = no_pairs()
    batch.parties.radius_cm[:] = [100_000, NONE]
    order, party = np.array([0, 0, 0]), np.array([0, 0, 1])
    assert allowed(batch, order, party, np.array([100_000, 100_001, 10**9])).tolist() == [True, False, True]


def test_halves_of_days_are_china_s() -> None:
    moments = [datetime(2026, 11, 29, hour, 59, tzinfo=CHINA) for hour in (0, 11, 12, 23)]
    halves = half_days(np.array([*(minutes_of(moment) for moment in moments), NONE], np.int64)).tolist()
    assert halves[0] == halves[1] != halves[2] == halves[3]
    assert halves[4] == NONE
