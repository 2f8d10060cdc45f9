"""An invented district for simulations: who lives where and can do what, and who needs what when. The same seed, the same district.

Nobody in it is anybody: positions, skills and needs are drawn by chance around the middle of 回民区. Everything that does not
depend on how orders are dispatched is drawn here, beforehand, so that every policy meets the same days (common random numbers).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, radians
from uuid import UUID

import numpy as np

from app.domain.dispatch_batch_facts import Bools, Floats, Ints, Small, place_numbers
from app.domain.dispatch_cost import UNFILLED_CM
from app.domain.needs import NIGHT_TOO, Urgency

START = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(hours=8)
"""A Monday, at midnight in China."""
_LON, _LAT, _METRES_A_DEGREE = 111.62, 40.81, 111_194.9
_GRIDS, _COMPOUNDS, _BUILDINGS, _ENTRANCES = 40, 5, 8, 4
_GRID_M, _COMPOUND_M, _BUILDING_M = 2_500.0, 350.0, 80.0
"""How far, by standard deviation, grids lie from the middle, compounds from their grid, buildings from their compound."""
_SKILLS = (0, 0, 0, 0, 1, 1, 2, 4, 8)
"""What orders ask for, a bit each: half of them for nothing in particular."""
_KNOW = (0.35, 0.25, 0.2, 0.12)
"""The share of people with each skill."""
_HOURS = np.array([0, 0, 0, 0, 0, 0, 1, 3, 7, 9, 9, 7, 4, 4, 7, 8, 8, 7, 6, 6, 4, 2, 1, 0], np.float64)
"""How many needs come at each hour of the day, in proportion."""
_URGENCIES = (Urgency.NORMAL, Urgency.URGENT, Urgency.CRITICAL)
_URGENT_SHARE = (0.85, 0.13, 0.02)
_WITHIN = {Urgency.NORMAL: 2 * 24 * 60, Urgency.URGENT: 4 * 60, Urgency.CRITICAL: 60}
"""Until when somebody should be there, in minutes after the need came."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Orders for one person each, in the sequence they come."""

    at: Ints
    """Minutes after the start."""
    within: Ints
    """How soon somebody should be there, in minutes."""
    lasts: Ints
    """How long the service takes."""
    night_too: Bools
    """Whether people are asked for it in quiet hours."""
    unfilled_cm: Ints
    lon: Floats
    lat: Floats
    near: Small
    skills: Ints


@dataclass(frozen=True, slots=True)
class People:
    lon: Floats
    lat: Floats
    near: Small
    skills: Ints
    limit: Ints
    """How many unfinished orders each will hold."""
    willing: Floats
    """How likely each says yes to an order next door when they have not been asked lately."""
    prompt: Floats
    """How long each takes to answer, in minutes, on average."""
    ids: list[UUID]


@dataclass(frozen=True, slots=True)
class District:
    seed: int
    days: int
    needs: Needs
    people: People


def invent(seed: int, orders: int, people: int, days: int) -> District:
    """Orders spread over the days as needs come in life, people living among them."""
    chance = np.random.default_rng(seed)
    buildings = _Buildings(chance)
    needs = _needs(chance, buildings, orders, days)
    return District(seed, days, needs, _people(chance, buildings, people))


class _Buildings:
    """Where people live: entrances of buildings of compounds of grids, some bigger than others."""

    def __init__(self, chance: np.random.Generator) -> None:
        grid = chance.normal(0, _GRID_M, (_GRIDS, 1, 1, 2))
        compound = grid + chance.normal(0, _COMPOUND_M, (_GRIDS, _COMPOUNDS, 1, 2))
        self._spots = (compound + chance.normal(0, _BUILDING_M, (_GRIDS, _COMPOUNDS, _BUILDINGS, 2))).reshape(-1, 2)
        size = chance.gamma(2.0, 1.0, len(self._spots))
        self._share = size / size.sum()
        paths = [_path(building, entrance) for building in range(len(self._spots)) for entrance in range(_ENTRANCES)]
        self._near = place_numbers(paths)

    def homes(self, chance: np.random.Generator, count: int) -> tuple[Floats, Floats, Small]:
        """Positions, and the numbers of the places they lie in."""
        building = chance.choice(len(self._spots), count, p=self._share)
        entrance = chance.integers(_ENTRANCES, size=count)
        metres = self._spots[building]
        lon = _LON + metres[:, 0] / (_METRES_A_DEGREE * cos(radians(_LAT)))
        lat = _LAT + metres[:, 1] / _METRES_A_DEGREE
        return lon, lat, self._near[building * _ENTRANCES + entrance]


def _path(building: int, entrance: int) -> str:
    compound, number = divmod(building, _BUILDINGS)
    grid, inner = divmod(compound, _COMPOUNDS)
    return f"150103/150103001/150103001{grid:03}/{grid}/{inner}/{number}/{entrance}/"


def _needs(chance: np.random.Generator, buildings: _Buildings, count: int, days: int) -> Needs:
    hour = chance.choice(24, count, p=_HOURS / _HOURS.sum())
    at = np.sort(chance.integers(days, size=count) * 1_440 + hour * 60 + chance.integers(60, size=count))
    urgency = chance.choice(len(_URGENCIES), count, p=_URGENT_SHARE)
    lon, lat, near = buildings.homes(chance, count)
    return Needs(
        at=at,
        within=np.array([_WITHIN[one] for one in _URGENCIES])[urgency],
        lasts=chance.integers(20, 121, size=count),
        night_too=np.array([one in NIGHT_TOO for one in _URGENCIES])[urgency],
        unfilled_cm=np.array([UNFILLED_CM[one] for one in _URGENCIES])[urgency],
        lon=lon,
        lat=lat,
        near=near,
        skills=chance.choice(_SKILLS, count).astype(np.int64),
    )


def _people(chance: np.random.Generator, buildings: _Buildings, count: int) -> People:
    lon, lat, near = buildings.homes(chance, count)
    knows = chance.random((count, len(_KNOW))) < np.array(_KNOW)
    return People(
        lon=lon,
        lat=lat,
        near=near,
        skills=(knows * (1 << np.arange(len(_KNOW)))).sum(axis=1).astype(np.int64),
        limit=chance.choice([1, 2, 3], count, p=[0.5, 0.35, 0.15]).astype(np.int64),
        willing=chance.beta(5.0, 3.0, count),
        prompt=chance.gamma(2.0, 15.0, count) + 2.0,
        ids=[UUID(int=number) for number in range(count)],
    )
