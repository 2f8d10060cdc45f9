"""What a batch of dispatch knows of pairs: who is not to have which order, and who is bound to its door (结对包联)."""

from bisect import bisect_left
from typing import Any

import numpy as np

from app.core.columns import EPOCH, NO_KEY, Columns, columns, places_in
from app.domain.dispatch import PAIRED_AT
from app.domain.dispatch_batch_cost import PAIRED
from app.domain.dispatch_batch_facts import NONE, Ints, Pairs, least_of
from app.domain.pairings import NEAREST_FIRST
from app.services import dispatch_batches_sql as sql
from app.services.dispatch_batches_orders import Look, OpenOrders
from app.services.dispatch_batches_people import Helpers

_LEVELS = np.array([PAIRED[PAIRED_AT[level]] for level in NEAREST_FIRST], np.int64)


class Members:
    """Who belongs to which party: everybody to themselves, to their unit or branch, and, for pairings, to what stands above it."""

    def __init__(self, found: Helpers, *names: str) -> None:
        keys = np.concatenate([found.rows[name] for name in ("id", *names)])
        at = np.argsort(keys, kind="stable")
        self._keys, self._who = keys[at], at % max(1, len(found))

    def of(self, parties: Any) -> tuple[Ints, Ints]:
        """Of each party its members: which of the parties, and who."""
        first = np.searchsorted(self._keys, parties)
        size = np.where(parties == NO_KEY, 0, np.searchsorted(self._keys, parties, "right") - first)
        which = np.repeat(np.arange(len(parties)), size)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(size) - size, size)
        return which, self._who[np.repeat(first, size) + nth]


async def barred(
    connection: Any, look: Look, orders: OpenOrders, found: Helpers, touched: Columns, order: Ints
) -> Pairs:
    """Who asked, who takes part or is being asked, who said no, and whom the need complains about (回避)."""
    rows, people = orders.rows, np.int64(max(1, len(found)))
    everybody = np.arange(len(orders), dtype=np.int64)
    pairs = [(everybody, found.at(rows["asker"])), (everybody, found.at(rows["submitted_by"]))]
    pairs.append((order, found.at(touched["person"])))
    complaints = await columns(connection, sql.RESPONDENTS, sql.RESPONDENTS_KINDS, look.given)
    if len(complaints):
        pairs.append(_respondents(complaints, orders, found))
    keys = np.concatenate([one * people + who for one, who in pairs])
    good = np.concatenate([(one != NONE) & (who != NONE) for one, who in pairs])
    return least_of(keys[good], np.ones(int(good.sum()), np.int64))


def _respondents(complaints: Columns, orders: OpenOrders, found: Helpers) -> tuple[Ints, Ints]:
    """Members of an organization that is complained about are not to have the order either."""
    which, who = Members(found, "unit").of(complaints["party"])
    need = complaints["need"][which]
    at = np.argsort(orders.rows["need"], kind="stable")
    needs = orders.rows["need"][at]
    first, last = np.searchsorted(needs, need), np.searchsorted(needs, need, "right")
    size = last - first
    nth = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return at[np.repeat(first, size) + nth], np.repeat(who, size)


async def touched_orders(connection: Any, look: Look, orders: OpenOrders) -> tuple[Columns, Ints]:
    """Who holds, was asked for or has said no to one of the orders; and which of them."""
    touched = await columns(connection, sql.TOUCHED, sql.TOUCHED_KINDS, look.given)
    return touched, places_in(orders.rows["id"], touched["order"])


async def paired(connection: Any, look: Look, orders: OpenOrders, found: Helpers) -> Pairs:
    """By which pairing each is bound to the order's door on its day of service, the nearest of several (``dispatch.paired_at``)."""
    if not orders.days:
        return least_of(np.zeros(0, np.int64), np.zeros(0, np.int64))
    span = {"first": orders.days[0], "last": orders.days[-1]}
    rows = await columns(connection, sql.PAIRINGS, sql.PAIRINGS_KINDS, look.given | span, text=True)
    pairing, order = _within(rows, orders)
    if not len(pairing):
        return least_of(pairing, order)
    day = np.array([(day - EPOCH).days for day in orders.days], np.int64)[orders.day[order]]
    holds = (rows["since"][pairing] <= day) & (day <= rows["until"][pairing])
    pairing, order = pairing[holds], order[holds]
    which, who = Members(found, "unit", "above").of(rows["party"][pairing])
    return least_of(order[which] * np.int64(len(found)) + who, _LEVELS[rows["level"][pairing[which]]])


def _within(rows: Columns, orders: OpenOrders) -> tuple[Ints, Ints]:
    """Which orders lie in the place of which pairing."""
    paths = orders.rows.texts
    at = np.array(sorted(range(len(paths)), key=paths.__getitem__), np.int64)
    ordered = [paths[one] for one in at]
    first = np.array([bisect_left(ordered, path) for path in rows.texts], np.int64)
    last = np.array([bisect_left(ordered, path[:-1] + b"0") for path in rows.texts], np.int64)
    size = last - first
    nth = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return np.repeat(np.arange(len(rows)), size), at[np.repeat(first, size) + nth]
