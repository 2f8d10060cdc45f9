"""What a batch of dispatch is decided on: every order and every party as a place in arrays, in the order of their ids.

Numbers instead of names make 10,000 orders × 20,000 people a matter of a second. An order and a party are known here by their
place in the arrays; the smaller id has the smaller place, so that equal costs fall to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.domain.availability import DayException

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NONE = -1
"""No place, no time, no level."""
WEEKDAYS = 7
_SMALLER = (4, 5, 6, 7)
"""How deep grid, compound, building and entrance stand in a path."""


@dataclass(slots=True)
class Orders:
    """The open orders. All arrays are as long as ``ids``."""

    ids: Sequence[UUID]
    places: Ints
    """How many are to be asked: the places nobody holds or is being asked for."""
    unfilled_cm: Ints
    """What each place nobody is asked for costs (``dispatch_cost.UNFILLED_CM``)."""
    lon: Floats
    lat: Floats
    """WGS-84; not a number where it is not known."""
    near: Small
    """Per order the numbers of its grid, compound, building and entrance, the same for the same place; NONE where it has none."""
    scope: Small
    """Which of the batch's scopes holds who may serve here at all."""
    skills: Ints
    """The skills asked for, a bit each."""
    certified: Bools
    """Whether each of them must be shown by a certificate."""
    category: Small
    weighed: Small
    """Which of the batch's weights hold for the order's category."""
    day: Small
    """Which of the batch's days of service is the order's: certificates must be good on it."""
    since: Ints
    """When somebody is wanted, in minutes since 1970; NONE: any time."""
    until: Ints


@dataclass(slots=True)
class Parties:
    """Whoever may be asked, people and teams alike. All arrays are as long as ``ids``."""

    ids: Sequence[UUID]
    capacity: Ints
    """How many more orders they may be asked for now."""
    lon: Floats
    lat: Floats
    near: Small
    skills: Ints
    certificates: Ints
    """Per day of service and party: the skills that certificates show on that day."""
    radius_cm: Ints
    """How far from home they would help; NONE: anywhere in their scope."""
    unfinished: Ints
    asked_lately: Ints
    pending: Ints
    ratings: Ints
    rating_sum: Ints
    alike: NDArray[np.int8]
    """Per party and category: orders brought to an end, as far as they matter."""


class Ids(Sequence[UUID]):
    """Ids of which few are ever looked at, kept as their bytes."""

    def __init__(self, raw: Sequence[bytes]) -> None:
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw)

    def __getitem__(self, at: Any) -> Any:
        return [UUID(bytes=one) for one in self._raw[at]] if isinstance(at, slice) else UUID(bytes=self._raw[at])


@dataclass(slots=True)
class Pairs:
    """Something about some pairs, sorted by ``keys``: order × number of parties + party."""

    keys: Ints
    values: Ints

    def of(self, wanted: Ints, otherwise: int) -> Ints:
        """What is known of each wanted pair."""
        if not len(self.keys):
            return np.full(wanted.shape, otherwise, np.int64)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, self.values[at], otherwise)


def pairs_of(rows: dict[int, int]) -> Pairs:
    return least_of(np.fromiter(rows.keys(), np.int64, len(rows)), np.fromiter(rows.values(), np.int64, len(rows)))


def least_of(keys: Ints, values: Ints) -> Pairs:
    """Of a pair that comes several times the least value."""
    at = np.lexsort((values, keys))
    keys, values = keys[at], values[at]
    first = np.flatnonzero(np.diff(keys, prepend=NONE))
    return Pairs(keys[first], values[first])


def count_of(keys: Ints) -> Pairs:
    """How often each pair comes."""
    found, count = np.unique(keys, return_counts=True)
    return Pairs(found, count.astype(np.int64))


def no_pairs() -> Pairs:
    return pairs_of({})


@dataclass(slots=True)
class Times:
    """When parties are free, and when they have promised to be elsewhere. Weekly minutes and days are of China."""

    stated: Bools
    """Per party: whether a week was stated. Who has stated none may be asked for any time."""
    windows: NDArray[np.int16]
    """Per party and weekday from Monday: spans of minutes from, until; an empty one fills up."""
    busy: Ints
    """Per party: spans in minutes since 1970; an empty one fills up."""
    exceptions: dict[int, list[DayException]] = field(default_factory=dict)
    """Of those who have stated any."""


@dataclass(slots=True)
class Batch:
    """Everything a batch is decided on."""

    orders: Orders
    parties: Parties
    scopes: list[Ints]
    """The parties that may serve the orders of each scope, ascending."""
    barred: Pairs
    """Never together: the asker, who takes part or has said no already, whom a complaint is about."""
    paired: Pairs
    """The level of the pairing between them (``dispatch_batch_cost.PAIRED``)."""
    served: Pairs
    """How often the party served the order's asker to the end."""
    times: Times

    def key(self, order: Ints, party: Ints) -> Ints:
        return order * np.int64(len(self.parties.ids)) + party


def free_times(parties: int) -> Times:
    """Nobody has said anything about their time."""
    windows = np.zeros((parties, WEEKDAYS, 1, 2), np.int16)
    return Times(np.zeros(parties, np.bool_), windows, np.zeros((parties, 1, 2), np.int64))


def minutes_of(moment: datetime) -> int:
    """Since 1970, rounded down."""
    return int(moment.timestamp()) // 60


def place_numbers(paths: Sequence[str] | Sequence[bytes]) -> Small:
    """A row of numbers for each path, the same for the same grid, compound, building and entrance, as ``nearness`` tells them.

    Among sorted paths neighbours have the most in common: where a place of some depth is not the neighbour's, another begins.
    """
    if not len(paths):
        return np.zeros((0, len(_SMALLER)), np.int32)
    whole = np.array(paths, np.bytes_)
    at = np.argsort(whole, kind="stable")
    signs = whole[at].view(np.uint8).reshape(len(whole), -1)
    slash = signs == ord("/")
    same = np.logical_and.accumulate(signs[1:] == signs[:-1], axis=1)
    common, depth = (same & slash[1:]).sum(axis=1), slash.sum(axis=1)
    numbers = np.empty((len(whole), len(_SMALLER)), np.int32)
    for column, deep in enumerate(_SMALLER):
        begins = np.concatenate([[False], common < deep])
        numbers[at, column] = np.where(depth < deep, NONE, np.cumsum(begins))
    return numbers
