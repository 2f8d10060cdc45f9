"""Simulated days: the same seed the same days, nobody overburdened or woken, every invitation accounted for."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain import simulation, simulation_state
from app.domain.dispatch_batch import Scored
from app.domain.orders import RETRY_OFFER_AFTER
from app.domain.simulation import QUIET, Log, simulate
from app.domain.simulation_answers import answer, rating
from app.domain.simulation_district import START, invent
from app.domain.simulation_figures import figures, gini
from app.domain.simulation_policies import Policy
from app.workers.simulating import _rounded
from app.workers.simulating_charts import draw

SEED, ORDERS, PEOPLE, DAYS = 7, 80, 60, 2
DISTRICT = invent(SEED, ORDERS, PEOPLE, DAYS)


@cache
def watched(policy: Policy) -> tuple[Log, list[int]]:
    """The days under a policy, during which nobody is asked at night or takes on more than they will; and what was told."""
    taking, asking = simulation_state.State.take, simulation._Run._ask
    told: list[int] = []

    def take(state: simulation_state.State, person: int) -> None:
        taking(state, person)
        assert state.unfinished[person] <= DISTRICT.people.limit[person]

    def ask(run: simulation._Run, order: int, scored: Scored) -> None:
        assert not QUIET.covers(simulation._moment(run._now)) or DISTRICT.needs.night_too[order]
        asking(run, order, scored)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulation_state.State, "take", take)
        patched.setattr(simulation._Run, "_ask", ask)
        return simulate(DISTRICT, policy, told.append), told


@pytest.mark.parametrize("policy", list(Policy))
def test_every_invitation_is_accounted_for(policy: Policy) -> None:
    log, told = watched(policy)
    assert told == list(range(1, ORDERS + 1))
    found = figures(DISTRICT, log)
    assert found.served > ORDERS * 0.8
    said = found.served + found.declined + found.expired + found.too_late
    assert 0 <= found.asked - said <= 10, "but for those still thinking on the last evening"
    accepted = ~np.isnan(log.accepted)
    assert (log.began[accepted] > log.accepted[accepted]).all()
    assert (log.accepted[accepted] >= DISTRICT.needs.at[accepted]).all()


@pytest.mark.parametrize("policy", list(Policy))
def test_the_same_seed_gives_the_same_days(policy: Policy) -> None:
    again = invent(SEED, ORDERS, PEOPLE, DAYS)
    assert figures(DISTRICT, watched(policy)[0]) == figures(again, simulate(again, policy)), "watching changes nothing"


def test_the_whole_is_cheaper_than_one_after_the_other() -> None:
    """Of the three, waves ask the most in vain and the batch sends people the shortest ways, as it does by its rule."""
    found = {policy: figures(DISTRICT, watched(policy)[0]) for policy in Policy}
    assert (found[Policy.WAVES].in_vain or 0) > 1.5 * (found[Policy.GREEDY].in_vain or 0)
    assert (found[Policy.WAVES].waiting_median or 0) < (found[Policy.GREEDY].waiting_median or 0)
    assert (found[Policy.BATCH].in_vain or 0) < 1.2 * (found[Policy.GREEDY].in_vain or 0)


@pytest.mark.parametrize("policy", [Policy.GREEDY, Policy.WAVES])
def test_the_next_are_asked_the_moment_the_last_has_said_no(policy: Policy) -> None:
    run, order, asked = _Noting(DISTRICT, policy, lambda _: None), 0, 3 if policy is Policy.WAVES else 1
    run._now = 12 * 60.0
    run._arrives(order)
    first = run.people
    assert len(first) == asked
    run._now += 5
    for person in first[:-1]:
        run._says(order, person, 0, yes=False)
    assert len(run.people) == asked, "some still think, and half an hour is not over"
    run._says(order, first[-1], 0, yes=False)
    assert len(run.people) == 2 * asked


class _Noting(simulation._Run):
    """Notes whom it asks, whose answer does not come by itself."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.people: list[int] = []

    def _ask(self, order: int, scored: Scored) -> None:
        self.people.append(scored.party)
        self.state.ask(order, scored.party)
        self._asked_at[order] = simulation._moment(self._now)


def test_what_is_urgent_goes_out_at_night() -> None:
    urgent = int(np.flatnonzero(DISTRICT.needs.within == 4 * 60)[0])
    normal = int(np.flatnonzero(DISTRICT.needs.within == 2 * 24 * 60)[0])
    for order, asked in ((urgent, 1), (normal, 0)):
        run = _Noting(DISTRICT, Policy.GREEDY, lambda _: None)
        run._now = 60.0
        run._arrives(order)
        assert len(run.people) == asked


def test_an_invitation_takes_up_room_in_a_batch_alone() -> None:
    run = simulation._Run(DISTRICT, Policy.GREEDY, lambda _: None)
    run.state.ask(0, 0)
    limit = DISTRICT.people.limit[0]
    assert [int(run.state.room(pending=so)[0]) for so in (False, True)] == [limit, limit - 1]


def test_with_nobody_left_to_ask_it_is_looked_at_again_as_in_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is computed for it meanwhile."""
    run = simulation._Run(DISTRICT, Policy.GREEDY, lambda _: None)
    run.state.unfinished[:] = DISTRICT.people.limit
    monkeypatch.setattr(simulation, "decide", lambda _: pytest.fail("nobody has room"))
    run._now = 12 * 60.0
    run._arrives(0)
    assert run._due == {0: 12 * 60 + RETRY_OFFER_AFTER / timedelta(minutes=1)}


def test_where_nobody_was_served_there_is_no_waiting_to_tell_of(tmp_path: Path) -> None:
    log = simulation._Run(DISTRICT, Policy.GREEDY, lambda _: None).log
    found = figures(DISTRICT, log)
    assert (found.waiting_median, found.waiting_p90, found.travel_km, found.in_vain) == (None, None, None, None)
    assert _rounded(found.travel_km) == "–"
    assert "travel.svg" in draw(tmp_path, DISTRICT, {Policy.GREEDY: log}, {Policy.GREEDY: found})
    assert "greedy" not in (tmp_path / "travel.svg").read_text(encoding="utf-8")


def test_the_answer_to_an_invitation_does_not_hang_on_who_was_asked_before() -> None:
    first = answer(DISTRICT, 3, 5, 40_000, 0)
    assert [answer(DISTRICT, 4, 5, 40_000, 0), answer(DISTRICT, 3, 5, 40_000, 0)][1] == first
    yes = [sum(answer(DISTRICT, 3, person, way, lately).yes for person in range(PEOPLE)) for way, lately in _HARDER]
    assert yes[0] > yes[1] > yes[2]


_HARDER = ((0, 0), (400_000, 0), (400_000, 4))


def test_who_comes_late_is_rated_worse() -> None:
    on_time, late = (np.mean([rating(DISTRICT, 1, person, by) for person in range(PEOPLE)]) for by in (0.0, 2_880.0))
    assert 3.7 < on_time <= 5.0
    assert late < on_time - 0.5


@pytest.mark.parametrize(
    ("counts", "expected"), [([2, 2, 2, 2], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25), ([0, 0], 0.0)]
)
def test_fairness_by_gini(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)


def test_the_days_begin_on_a_monday_at_midnight_in_china() -> None:
    assert (START.isoformat(), START.weekday()) == ("2026-03-01T16:00:00+00:00", 6)
