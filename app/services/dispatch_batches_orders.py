"""The orders a batch of dispatch looks at: open, for helpers, insured, and on no other way unless that is asked for."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np

from app.core.clock import CHINA
from app.core.columns import EPOCH, NO_TIME, Columns, columns, key_bytes
from app.domain.catalogue import SERVICE_MINUTES, Skill, Terms, terms_of
from app.domain.dispatch_batch_facts import NONE, Bools, Ids, Ints, Orders, Small
from app.domain.dispatch_batches import MOST_ORDERS, free_places, takes_way
from app.domain.dispatch_cost import UNFILLED_CM
from app.domain.dispatch_ways import Way
from app.domain.needs import Urgency
from app.domain.places import ancestors, below
from app.domain.quiet_hours import Quiet, quiet_of
from app.services import dispatch_batches_sql as sql

BITS = {skill: 1 << number for number, skill in enumerate(Skill)}
_MINUTE = 60_000_000
_BEFORE_EPOCH = (EPOCH - date(1970, 1, 1)) // timedelta(minutes=1)
"""Minutes from 1970 to where the database's times begin."""
_CHINA_MINUTES, _DAY_MINUTES = 8 * 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Look:
    """What a batch is to look at. ``asks``: people are asked now, so quiet hours hold; ``every_way``: orders on all ways."""

    district: int
    path: str
    moment: datetime
    asks: bool = True
    every_way: bool = False

    @property
    def today(self) -> date:
        return self.moment.astimezone(CHINA).date()

    @property
    def given(self) -> dict[str, Any]:
        """As the queries name it."""
        low, high = below(self.path)
        given = {"district": self.district, "low": low, "high": high, "now": self.moment}
        return given | {"above": "\n".join(ancestors(self.path))}

    @property
    def askable(self) -> dict[str, Any]:
        """What an order must be like, as the query names it."""
        local = self.moment.astimezone(CHINA)
        ways = [way or "" for way in (None, *Way) if takes_way(way, every_way=self.every_way)]
        given = {"today": self.today, "minute": local.hour * 60 + local.minute, "asks": int(self.asks)}
        return given | {"ways": ",".join(ways), "most": MOST_ORDERS}


@dataclass(slots=True)
class OpenOrders:
    """The orders as they were read; each kind of service with its terms once."""

    rows: Columns
    kind: Ints
    terms: list[Terms]
    categories: list[str]
    days: list[date]
    """Of service, ascending."""
    day: Small
    ids: list[bytes]

    def __len__(self) -> int:
        return len(self.rows)

    def of_terms(self, values: Sequence[Any]) -> Any:
        """From a value for each kind the one of each order."""
        return np.array(values)[self.kind] if len(self.kind) else np.zeros(0, np.int64)


async def open_orders(connection: Any, look: Look) -> OpenOrders:
    """Everything that helpers may be asked for."""
    rows = await columns(connection, sql.ORDERS, sql.ORDERS_KINDS, look.given | look.askable, text=True)
    first, kind = _kinds(rows)
    ids = key_bytes(rows["id"])
    told = await connection.fetch(sql.OF_KIND, look.district, [UUID(bytes=ids[at]) for at in first])
    known = {row["id"].bytes: row for row in told}
    kinds = [known[ids[at]] for at in first]
    terms = [terms_of(json.loads(row["terms"])) for row in kinds]
    found, number = np.unique(_days(rows, look.today), return_inverse=True)
    days = [EPOCH + timedelta(days=int(one)) for one in found]
    categories = [row["category"] for row in kinds]
    return OpenOrders(rows, kind, terms, categories, days, number.reshape(-1).astype(np.int32), ids)


def _kinds(rows: Columns) -> tuple[list[int], Ints]:
    """One order of each kind of service on the same terms, and which kind each is of."""
    both = np.stack([rows["category"], rows["terms"]], axis=1)
    _, first, kind = np.unique(both, axis=0, return_index=True, return_inverse=True)
    return first.tolist(), kind.reshape(-1)


def _days(rows: Columns, today: date) -> Ints:
    """``dispatch.day_of_service`` of each, in days since ``EPOCH``."""
    wanted = rows["wanted_at"]
    local = (wanted // _MINUTE + _CHINA_MINUTES) // _DAY_MINUTES
    return np.maximum(np.where(wanted == NO_TIME, 0, local), (today - EPOCH).days)


def quiet_hours(rows: Columns) -> list[Quiet | None]:
    """Of each order, as ``services.orders_quiet`` has them."""
    told = zip(rows["quiet_since"].tolist(), rows["quiet_until"].tolist(), rows["urgency"].tolist(), strict=True)
    return [
        None if since < 0 else quiet_of(since, until, urgent=sql.URGENCIES[urgency] is not Urgency.NORMAL)
        for since, until, urgency in told
    ]


def answer_minutes(rows: Columns) -> list[int]:
    """How long whoever is asked may think: as the wave says, or the order."""
    in_waves = _in_waves(rows) & (rows["answer_minutes"] > 0)
    found: list[int] = np.where(in_waves, rows["answer_minutes"], rows["offer_minutes"]).tolist()
    return found


def minutes_to_next_wave(rows: Columns) -> list[int | None]:
    """After how long the next are asked though these still think; None: once they all have answered."""
    every: list[int] = np.where(_in_waves(rows), rows["every_minutes"], NONE).tolist()
    return [minutes if minutes > 0 else None for minutes in every]


def _in_waves(rows: Columns) -> Bools:
    found: Bools = rows["way"] == sql.WAYS.index(Way.WAVES)
    return found


def orders_of(found: OpenOrders, slots: list[list[int]], near: Small, weighed: list[int]) -> Orders:
    """As the batch has them; ``weighed``: which of the weights hold for each kind."""
    rows = found.rows
    wanted = rows["wanted_at"]
    lasts = found.of_terms([one.service_minutes or SERVICE_MINUTES for one in found.terms])
    timed = wanted != NO_TIME
    unfilled = np.array([UNFILLED_CM[urgency] for urgency in sql.URGENCIES], np.int64)
    categories = sorted(set(found.categories))
    return Orders(
        ids=Ids(found.ids),
        places=np.fromiter(map(len, slots), np.int64, len(slots)),
        unfilled_cm=unfilled[rows["urgency"]],
        lon=rows["lon"],
        lat=rows["lat"],
        near=near,
        scope=np.zeros(len(rows), np.int32),
        skills=found.of_terms([sum(BITS[skill] for skill in one.skills) for one in found.terms]).astype(np.int64),
        certified=found.of_terms([one.certified for one in found.terms]).astype(np.bool_),
        category=found.of_terms([categories.index(one) for one in found.categories]).astype(np.int32),
        weighed=found.of_terms(weighed).astype(np.int32),
        day=found.day,
        since=np.where(timed, wanted // _MINUTE + _BEFORE_EPOCH, NONE),
        until=np.where(timed, -(-wanted // _MINUTE) + _BEFORE_EPOCH + lasts, NONE),
    )


def minutes(times: Ints, *, up: bool) -> Ints:
    """Since 1970, of times since ``EPOCH``."""
    return (-(-times // _MINUTE) if up else times // _MINUTE) + _BEFORE_EPOCH


def free_slots(wanted: Sequence[int], touched: Columns, order: Ints) -> list[list[int]]:
    """The places of each order nobody holds or is being asked for."""
    taken: dict[int, set[int]] = {}
    for at, slot, takes in zip(order.tolist(), touched["slot"].tolist(), touched["takes"].tolist(), strict=True):
        if takes and at != NONE:
            taken.setdefault(at, set()).add(slot)
    return [free_places(places, taken.get(at, ())) for at, places in enumerate(wanted)]


def scopes(paths: Sequence[bytes], grants: Sequence[bytes], holder: Ints) -> tuple[Small, list[Ints]]:
    """Which orders lie in the same granted places, and who holds the grants of these.

    ``grants`` are the paths of grants, ``holder`` whose each is. Among sorted paths whatever lies in a place stands together, so
    scopes change only where a granted place begins or ends.
    """
    at = sorted(range(len(paths)), key=paths.__getitem__)
    ordered = [paths[one] for one in at]
    granted = {path: number for number, path in enumerate(sorted(set(grants)))}
    which = np.array([granted[path] for path in grants], np.int64)
    ends = {0} | {bisect_left(ordered, end) for path in granted for end in (path, path[:-1] + b"0")}
    known: dict[tuple[int, ...], int] = {}
    scope = np.zeros(len(paths), np.int32)
    cuts = sorted(ends | {len(paths)})
    for since, until in pairwise(cuts):
        above = (one.encode() for one in ancestors(ordered[since].decode()))
        key = tuple(granted[one] for one in above if one in granted)
        scope[at[since:until]] = known.setdefault(key, len(known))
    return scope, [np.unique(holder[np.isin(which, key)]) for key in known]
