"""The helpers a batch of dispatch may ask, with what they know, hold, were asked and have done."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from app.core.columns import EPOCH, NO_KEY, Columns, columns, key_bytes, places_in
from app.domain.dispatch_batch_facts import NONE, Ids, Ints, Pairs, Parties, Small, count_of
from app.domain.dispatch_batches import room
from app.domain.dispatch_cost import CM, NOTICE_DAYS
from app.services import dispatch_batches_sql as sql
from app.services.dispatch_batches_orders import Look, OpenOrders
from app.services.dispatch_facts import GOOD_ENOUGH, REMEMBERED

_MOST_ALIKE = 100


@dataclass(slots=True)
class Helpers:
    """Rows of people, in the order of their ids, and of each what was read of them."""

    rows: Columns
    grants: Columns
    holder: Ints
    """Whose each grant is; grants of nobody here are left out."""
    known: Ints
    certificates: Ints
    past: Columns
    who: Ints
    """Whose each row of ``past`` is."""
    refusing: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, keys: Any) -> Ints:
        """The places of these ids among the helpers; NONE for others."""
        return places_in(self.rows["id"], keys)


async def helpers(connection: Any, look: Look, orders: OpenOrders) -> Helpers:
    """Everybody whose grant covers some place here."""
    given = look.given
    rows = await columns(connection, sql.PEOPLE, sql.PEOPLE_KINDS, given, text=True)
    keys = rows["id"]
    grants = await columns(connection, sql.GRANTS, sql.GRANTS_KINDS, given, text=True)
    known = await columns(connection, sql.KNOWN, sql.KNOWN_KINDS, given)
    refusing = await columns(connection, sql.REFUSING, sql.REFUSING_KINDS, given)
    ago = {"lately": look.moment - timedelta(days=NOTICE_DAYS), "remembered": look.moment - REMEMBERED}
    past = await columns(connection, sql.PAST, sql.PAST_KINDS, given | ago)
    holder = places_in(keys, grants["person"])
    here = np.flatnonzero(holder != NONE)
    found = Columns(grants.rows[here], [grants.texts[at] for at in here])
    shown = await _certificates(connection, look, orders, keys)
    skills = _bits(places_in(keys, known["person"]), known["skill"], len(rows))
    who = places_in(keys, past["person"])
    return Helpers(rows, found, holder[here], skills, shown, past, who, places_in(keys, refusing["person"]))


def _bits(person: Ints, skill: Small, count: int) -> Ints:
    """The skills of each, a bit each."""
    bits, good = np.zeros(count, np.int64), (person != NONE) & (skill >= 0)
    np.bitwise_or.at(bits, person[good], np.int64(1) << skill[good].astype(np.int64))
    return bits


async def _certificates(connection: Any, look: Look, orders: OpenOrders, keys: Any) -> Ints:
    """Per day of service and person the skills shown on it. Few certificates begin or end between two of the days."""
    if not orders.days:
        return np.zeros((1, len(keys)), np.int64)
    span = {"first": orders.days[0], "last": orders.days[-1]}
    rows = await columns(connection, sql.CERTIFICATES, sql.CERTIFICATES_KINDS, look.given | span)
    days = np.array([(day - EPOCH).days for day in orders.days], np.int64)
    person = places_in(keys, rows["person"])
    first, last = np.searchsorted(days, rows["since"]), np.searchsorted(days, rows["until"], "right")
    always = (first == 0) & (last == len(days))
    found = np.tile(_bits(person[always], rows["skill"][always], len(keys)), (len(days), 1))
    for day in range(len(days)):
        here = ~always & (first <= day) & (day < last)
        if here.any():
            found[day] |= _bits(person[here], rows["skill"][here], len(keys))
    return found


def parties(found: Helpers, orders: OpenOrders, near: Small) -> tuple[Parties, Ints]:
    """As the batch has them, and how many orders each may hold at once."""
    rows, count = found.rows, len(found)
    unfinished, pending, asked = (
        _counted(found, flag) for flag in (sql.UNFINISHED_FLAG, sql.INVITED_FLAG, sql.LATELY_FLAG)
    )
    free = _rooms(rows["load_limit"], unfinished, pending)
    free[found.refusing[found.refusing != NONE]] = 0
    done = (found.past["flags"] & sql.DONE_FLAG > 0) & (found.who != NONE)
    stars, who = found.past["rating"][done].astype(np.int64), found.who[done]
    return Parties(
        ids=Ids(key_bytes(rows["id"])),
        capacity=free,
        lon=rows["lon"],
        lat=rows["lat"],
        near=near,
        skills=found.known,
        certificates=found.certificates,
        radius_cm=np.where(rows["radius_m"] < 0, NONE, rows["radius_m"].astype(np.int64) * CM),
        unfinished=unfinished,
        asked_lately=asked,
        pending=pending,
        ratings=_sums(who, (stars > 0).astype(np.int64), count),
        rating_sum=_sums(who, stars, count),
        alike=_alike(who, found.past["category"][done], orders, count),
    ), unfinished + pending + free


def _counted(found: Helpers, flag: int) -> Ints:
    return np.bincount(found.who[(found.past["flags"] & flag > 0) & (found.who != NONE)], minlength=len(found))


def _sums(who: Ints, values: Ints, count: int) -> Ints:
    return np.bincount(who, values, count).astype(np.int64)


def _rooms(limit: Ints, unfinished: Ints, pending: Ints) -> Ints:
    """``room`` of each; there are few different cases."""
    least = 1_000
    cases, which = np.unique((limit * least + unfinished) * least + pending, return_inverse=True)
    told = []
    for case in cases.tolist():
        rest, waiting = divmod(case, least)
        wish, held = divmod(rest, least)
        told.append(room(wish or None, held, waiting))
    return np.array(told, np.int64)[which.reshape(-1)] if told else np.zeros(0, np.int64)


def _alike(who: Ints, category: Ints, orders: OpenOrders, count: int) -> Any:
    """Per person and category of the open orders, how many were brought to an end."""
    names = sorted(set(orders.categories))
    first = {
        int(code): names.index(orders.categories[kind])
        for code, kind in zip(orders.rows["category"].tolist(), orders.kind.tolist(), strict=True)
    }
    codes = np.array(sorted(first), np.int64)
    found = np.zeros((count, max(1, len(names))), np.int8)
    at = np.searchsorted(codes, category)
    known = np.zeros(len(category), np.bool_) if not len(codes) else codes[np.minimum(at, len(codes) - 1)] == category
    column = np.array([first[code] for code in codes.tolist()], np.int64)[at[known]]
    cells, times = np.unique(who[known] * found.shape[1] + column, return_counts=True)
    found.reshape(-1)[cells] = np.minimum(times, _MOST_ALIKE)
    return found


def served(found: Helpers, orders: OpenOrders) -> Pairs:
    """How often each served the asker of an order well, as ``services.dispatch_facts`` counts it."""
    past = found.past
    rating = past["rating"]
    good = (past["flags"] & sql.DONE_FLAG > 0) & ((rating == 0) | (rating >= GOOD_ENOUGH))
    rows = np.flatnonzero(good & (found.who != NONE) & (past["asker"] != NO_KEY))
    rows = rows[np.argsort(past["asker"][rows], kind="stable")]
    askers, who = past["asker"][rows], found.who[rows]
    asker = orders.rows["asker"]
    since, until = np.searchsorted(askers, asker), np.searchsorted(askers, asker, "right")
    times = np.where(asker == NO_KEY, 0, until - since)
    order = np.repeat(np.arange(len(orders)), times)
    nth = np.arange(len(order)) - np.repeat(np.cumsum(times) - times, times)
    return count_of(order * np.int64(len(found)) + who[np.repeat(since, times) + nth])
