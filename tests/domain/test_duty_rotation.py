"""The draw of the duty rotation: fair over the years, reproducible from its seed, and what gives way when units are few."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import RuleBroken
from app.domain import duty_rotation
from app.domain.duty_rotation import (
    TURNS,
    Drawn,
    Entrant,
    Relaxed,
    Result,
    commitment_of,
    draw,
    in_order,
    lot_of,
    may_draw,
    seed_of,
    span_of,
    successor,
)

FIRST_YEAR = 2000
YEARS = 50


def unit(number: int) -> UUID:
    return UUID(int=number)


def fresh(number: int, joined: int = 1990) -> Entrant:
    return Entrant(unit(number), joined, None, 0, 0)


@dataclass
class Committee:
    """A committee over the years, drawn each January."""

    random: Random
    members: dict[UUID, Entrant] = field(default_factory=dict)
    turns: dict[int, Result] = field(default_factory=dict)
    made: int = 0

    def join(self, year: int, count: int) -> None:
        for _ in range(count):
            self.made += 1
            self.members[unit(self.made)] = fresh(self.made, year)

    def leave(self, count: int, staying: set[UUID]) -> None:
        free = sorted(self.members.keys() - staying)
        for gone in self.random.sample(free, min(count, len(free))):
            del self.members[gone]

    def hold(self, year: int) -> Result:
        """Draw a year and let it pass."""
        loads = {key: replace(one, load=self.random.randrange(4)) for key, one in self.members.items()}
        found = draw(loads.values(), year, f"seed {self.random.random()}")
        for turn in found.turns:
            one = self.members[turn.unit_id]
            self.members[turn.unit_id] = replace(one, last_year=year, turns=one.turns + 1)
        self.turns[year] = found
        return found


def fifty_years(seed: int, start: int) -> tuple[Committee, set[UUID]]:
    """Units come and go; those of the first day stay for good."""
    random = Random(seed)
    committee = Committee(random)
    committee.join(FIRST_YEAR, start)
    staying = set(committee.members)
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
        if year > FIRST_YEAR:
            committee.join(year, random.choice((0, 0, 1, 2, 5)))
            committee.leave(random.choice((0, 0, 1, 3)), staying)
        waiting = [one for one in committee.members.values() if one.last_year != year - 1]
        found = committee.hold(year)
        _check_year(found, waiting, committee)
    return committee, staying


def _check_year(found: Result, waiting: list[Entrant], committee: Committee) -> None:
    drawn = {turn.unit_id for turn in found.turns}
    assert len(found.turns) == TURNS
    assert len(drawn) == min(TURNS, len(committee.members)), "nobody twice while there are enough"
    again = drawn - {one.unit_id for one in waiting}
    assert not again or {one.unit_id for one in waiting} <= drawn, "no consecutive years while others wait"
    assert (Relaxed.CONSECUTIVE in found.relaxed) == bool(again)
    assert (Relaxed.TWICE in found.relaxed) == (len(committee.members) < TURNS)
    assert sorted([*drawn, *found.reserve]) == sorted(committee.members)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 80))
def test_over_fifty_years_nobody_has_more_than_one_turn_more(seed: int, start: int) -> None:
    committee, staying = fifty_years(seed, start)
    counts = [committee.members[one].turns for one in staying]
    assert max(counts) - min(counts) <= 1


def _blind(monkeypatch: pytest.MonkeyPatch, years: int, **forgotten: Any) -> Committee:
    """Twenty units over some years, drawn by an order that does without a part of what it should go by."""
    whole = duty_rotation.in_order

    def blind(entrants: list[Entrant], year: int, seed: str) -> list[Entrant]:
        return whole([replace(one, **forgotten) for one in entrants], year, seed)

    monkeypatch.setattr(duty_rotation, "in_order", blind)
    committee = Committee(Random(1))
    committee.join(FIRST_YEAR, 20)
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        committee.hold(year)
    return committee


def test_without_the_number_of_turns_it_would_not_be_fair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Years alone let two units that met in one year drift apart: this is why the rule is there."""
    counts = [one.turns for one in _blind(monkeypatch, 200, turns=0).members.values()]
    assert max(counts) - min(counts) > 1


def test_without_the_years_units_would_have_consecutive_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    committee = _blind(monkeypatch, 5, last_year=None, turns=0)
    years = [{turn.unit_id for turn in found.turns} for found in committee.turns.values()]
    assert any(one & next_one for one, next_one in pairwise(years))


@given(st.lists(st.integers(1, 200), unique=True, min_size=1, max_size=80), st.text(max_size=9), st.randoms())
def test_it_comes_out_the_same_however_the_list_is_written(numbers: list[int], seed: str, random: Random) -> None:
    entrants = [fresh(number) for number in numbers]
    found = draw(entrants, 2027, seed)
    random.shuffle(entrants)
    assert draw(entrants, 2027, seed) == found


def test_another_seed_is_another_draw() -> None:
    entrants = [fresh(number) for number in range(1, 71)]
    assert len({draw(entrants, 2027, f"{n}").turns for n in range(20)}) == 20
    counts = Counter(turn.unit_id for n in range(2_000) for turn in draw(entrants, 2027, f"{n}").turns)
    assert len(counts) == 70
    assert max(counts.values()) < 2 * min(counts.values()), "all alike have the same chance"


def test_anybody_can_recompute_it() -> None:
    """By the words of the docstring, with nothing of the house's."""
    nonce, word = "ab" * 32, "03 08 11 19 25 31+07"
    assert commitment_of(nonce) == hashlib.sha256(nonce.encode("ascii")).hexdigest()
    seed = hashlib.sha256(f"{nonce}:{word}".encode()).hexdigest()
    assert seed_of(nonce, word) == seed
    units = [str(unit(number)) for number in range(1, 20)]
    lots = sorted(units, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest())
    found = draw([fresh(number) for number in range(1, 20)], 2027, seed)
    assert [str(turn.unit_id) for turn in found.turns] + [str(one) for one in found.reserve] == lots
    assert lot_of(seed, unit(1)) == hashlib.sha256(f"{seed}:{units[0]}".encode()).hexdigest()


ORDERED = (
    Entrant(unit(1), 2010, 2012, 5, 9),
    Entrant(unit(2), 2013, None, 0, 9),
    Entrant(unit(3), 2010, 2014, 1, 9),
    Entrant(unit(4), 2010, 2014, 2, 0),
    Entrant(unit(5), 2010, 2014, 2, 1),
    Entrant(unit(6), 2026, None, 0, 0),
    Entrant(unit(7), 2001, 2026, 1, 0),
)


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_the_order_is_last_year_then_years_then_turns_then_load(seed: str) -> None:
    assert [one.unit_id for one in in_order(ORDERED[::-1], 2027, seed)] == [one.unit_id for one in ORDERED]


def test_who_is_exempt_is_never_drawn() -> None:
    entrants = [replace(fresh(number), exempt=number < 5) for number in range(1, 8)]
    found = draw(entrants, 2027, "s")
    assert {turn.unit_id for turn in found.turns} == {unit(5), unit(6), unit(7)}
    assert (found.reserve, found.relaxed) == ((), (Relaxed.TWICE,))
    with pytest.raises(RuleBroken):
        draw([replace(one, exempt=True) for one in entrants], 2027, "s")
    with pytest.raises(RuleBroken):
        draw([], 2027, "s")


@pytest.mark.parametrize(
    ("rested", "tired", "relaxed"),
    [
        (6, 6, ()),
        (12, 0, ()),
        (5, 6, (Relaxed.CONSECUTIVE,)),
        (0, 6, (Relaxed.CONSECUTIVE,)),
        (5, 0, (Relaxed.TWICE,)),
        (2, 2, (Relaxed.CONSECUTIVE, Relaxed.TWICE)),
        (1, 0, (Relaxed.TWICE,)),
    ],
)
def test_rules_give_way_in_their_order(rested: int, tired: int, relaxed: tuple[Relaxed, ...]) -> None:
    units = [fresh(number) for number in range(rested)]
    units += [replace(fresh(100 + number), last_year=2026, turns=1) for number in range(tired)]
    found = draw(units, 2027, "s")
    assert found.relaxed == relaxed
    assert {one.unit_id for one in units[:rested]} <= {turn.unit_id for turn in found.turns} or rested > TURNS
    assert Counter(turn.lap for turn in found.turns)[1] == min(TURNS, rested + tired)


def test_with_few_units_the_laps_follow_each_other() -> None:
    found = draw([fresh(1), fresh(2)], 2027, "s")
    first, second = found.turns[:2]
    assert found.turns == tuple(Drawn((first, second)[n % 2].unit_id, n // 2 + 1) for n in range(TURNS))


def test_who_takes_the_turn_of_a_unit_that_left() -> None:
    reserve = [unit(7), unit(8)]
    members = [unit(n) for n in (1, 2, 8, 9)]
    assert successor(reserve, members, [unit(1), unit(2)]) == (unit(8), 1), "the next in reserve that is still a member"
    assert successor(reserve, members, [unit(1), unit(2), unit(8)]) == (unit(9), 1), "then who has had none this year"
    assert successor([], members[:2], [unit(1), unit(1), unit(2)]) == (unit(2), 2), "then who has had fewest"
    assert successor(reserve, [], [unit(1)]) is None


def test_the_six_turns_are_the_whole_year() -> None:
    spans = [span_of(2028, number) for number in range(1, 7)]
    assert spans[0] == (date(2028, 1, 1), date(2028, 2, 29))
    assert spans[-1] == (date(2028, 11, 1), date(2028, 12, 31))
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(spans))


@pytest.mark.parametrize(
    ("day", "may"), [("2025-12-31", False), ("2026-01-01", True), ("2027-02-28", True), ("2027-03-01", False)]
)
def test_when_a_year_may_be_drawn(day: str, may: bool) -> None:
    assert may_draw(2027, date.fromisoformat(day)) is may
