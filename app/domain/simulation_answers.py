"""What somebody says to an invitation in a simulation: the same to the same invitation, whichever policy sends it.

Chance is a hash of seed, order and person (Steele, Lea, Flood 2014, SplitMix64), not the next number of a sequence: a policy that
asks others in between meets the same answers. How likely a yes is depends on what was asked: a longer way and having been
asked lately make it less likely. The numbers are assumptions; only the comparison of policies under them means something.
"""

from dataclasses import dataclass
from math import exp, log

from app.domain.simulation_district import District

_MASK = (1 << 64) - 1
_KM_CM = 100_000
_TIRED, _FAR = 0.8, 0.85
"""What each time asked lately, and each kilometre, leave of somebody's willingness."""
_RATED = (1, 2, 3, 4, 5)
_SHARES = (0.02, 0.05, 0.13, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Answer:
    yes: bool
    minutes: float
    """How long it takes, of waking time."""


def answer(district: District, order: int, person: int, way_cm: int, asked_lately: int) -> Answer:
    people = district.people
    willing = people.willing[person] * _TIRED**asked_lately * _FAR ** (way_cm / _KM_CM)
    minutes = -log(1.0 - _chance(district.seed, order, person, 1)) * people.prompt[person]
    return Answer(bool(_chance(district.seed, order, person, 0) < willing), float(minutes))


def rating(district: District, order: int, person: int, late_minutes: float) -> int:
    """From 1 to 5, the worse the later somebody came."""
    drawn, total = _chance(district.seed, order, person, 2), 0.0
    happy = exp(-max(late_minutes, 0.0) / 1_440)
    for stars, share in zip(_RATED, _SHARES, strict=True):
        total += share
        if drawn * happy < total:
            return stars
    return _RATED[-1]


def _chance(seed: int, order: int, person: int, which: int) -> float:
    """From 0 to 1, 1 excluded."""
    state = seed
    for part in (order, person, which):
        state = _mixed((state ^ part) & _MASK)
    return (state >> 11) / (1 << 53)


def _mixed(state: int) -> int:
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)
