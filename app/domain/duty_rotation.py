"""The draw of the duty rotation 双月轮值: which six member units of the joint committee have two months each of a year.

How it is drawn, so that anybody can recompute it:

1. The members of the day are frozen, each with the year it joined, the year of its newest turn, how many turns it has had and its
   load; who is exempt for the year, and why, stands in the list. From then on nothing in it changes.
2. With the list the system publishes ``commitment`` = SHA-256 of a nonce it has made (64 hex digits, as ASCII), and the community
   names a public source that speaks only after that day, such as the numbers of a lottery to come.
3. When the source has spoken its ``word`` is put in and the nonce is shown. ``seed`` = SHA-256 of ``nonce:word`` in UTF-8, and a
   unit's lot = SHA-256 of ``seed:id``, the id in lower case with hyphens; all in lower-case hex digits.
4. Units are put in order: who had no turn last year first; then by the year they wait from, the earliest first (of the newest turn;
   of units without one, of joining); then who had fewer turns; then the smaller load; then the smaller lot.
5. The first six have the six turns of the year, in this order. Whoever is left, in this order, is the reserve.

Whoever could choose the word does not know the nonce, and whoever knows the nonce cannot choose the word: it comes from outside,
and everybody can compare it. A draw that is given up is kept with the reason, so that nobody can draw until it suits.

Why the number of turns: two units may have a turn in the same year after different waits. By years alone the next turn of the two
would be a toss, and who has had more could win it, again and again. With it the turns of units that are members all the time
never differ by more than one.

Rules give way in this order, and the draw says which: with fewer than six units that had no turn last year, units of last year
follow (consecutive years); with fewer than six units, the order begins again (twice in a year). Who is exempt is never drawn.
"""

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.core.errors import RuleBroken

TURNS = 6
MONTHS = 2
LOAD_DAYS = 365
"""Load: orders of the community that the unit took on in so many days before the list was frozen, and did not hand back."""


class Relaxed(StrEnum):
    """Which rule had to give way."""

    CONSECUTIVE = "consecutive_years"
    TWICE = "twice_a_year"


RELAXED_NAMES = {Relaxed.CONSECUTIVE: "不得连年轮值", Relaxed.TWICE: "一年只轮值一次"}


@dataclass(frozen=True, slots=True)
class Entrant:
    """A member unit as the frozen list has it."""

    unit_id: UUID
    joined_year: int
    last_year: int | None
    """Of its newest turn before the year that is drawn, in whatever membership."""
    turns: int
    load: int
    exempt: bool = False

    @property
    def waits_from(self) -> int:
        return self.joined_year if self.last_year is None else self.last_year


@dataclass(frozen=True, slots=True)
class Drawn:
    """One of the six turns; ``lap`` is the how-manieth of its unit in the year."""

    unit_id: UUID
    lap: int


@dataclass(frozen=True, slots=True)
class Result:
    turns: tuple[Drawn, ...]
    reserve: tuple[UUID, ...]
    relaxed: tuple[Relaxed, ...]


def commitment_of(nonce: str) -> str:
    return _digest(nonce)


def seed_of(nonce: str, word: str) -> str:
    return _digest(f"{nonce}:{word}")


def lot_of(seed: str, unit_id: UUID) -> str:
    return _digest(f"{seed}:{unit_id}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def in_order(entrants: Iterable[Entrant], year: int, seed: str) -> list[Entrant]:
    """Everyone who is not exempt, by rule 4."""

    def key(one: Entrant) -> tuple[bool, int, int, int, str]:
        return one.last_year == year - 1, one.waits_from, one.turns, one.load, lot_of(seed, one.unit_id)

    return sorted((one for one in entrants if not one.exempt), key=key)


def draw(entrants: Iterable[Entrant], year: int, seed: str) -> Result:
    """Six turns of the year. 422 when nobody is left to be drawn."""
    order = in_order(entrants, year, seed)
    if not order:
        raise RuleBroken("没有可以抽签的成员单位")
    turns = tuple(Drawn(order[place % len(order)].unit_id, place // len(order) + 1) for place in range(TURNS))
    rested = sum(one.last_year != year - 1 for one in order)
    relaxed = [Relaxed.CONSECUTIVE] if rested < min(TURNS, len(order)) else []
    relaxed += [Relaxed.TWICE] if len(order) < TURNS else []
    return Result(turns, tuple(one.unit_id for one in order[TURNS:]), tuple(relaxed))


def successor(reserve: Sequence[UUID], members: Sequence[UUID], held: Sequence[UUID]) -> tuple[UUID, int] | None:
    """Who takes the turn of a unit that left, with its lap: the next in reserve without a turn this year that is still a member; or
    any other member, who has had fewest this year first. ``members``: those not exempt, who joined first standing first. None when
    nobody is there.
    """
    still = [unit for unit in reserve if unit in members and unit not in held]
    others = sorted(members, key=lambda unit: (held.count(unit), members.index(unit)))
    chosen = next(iter([*still, *others]), None)
    return None if chosen is None else (chosen, held.count(chosen) + 1)


def span_of(year: int, number: int) -> tuple[date, date]:
    """First and last day of the turn of this number, 1 to 6."""
    last = number * MONTHS
    return date(year, last - MONTHS + 1, 1), date(year, last, monthrange(year, last)[1])


def may_draw(year: int, today: date) -> bool:
    """From the year before until the first turn of the year would be over."""
    return year - 1 <= today.year and today <= span_of(year, 1)[1]
