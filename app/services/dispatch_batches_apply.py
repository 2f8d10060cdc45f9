"""What a batch of dispatch decided, as invitations or proposals, some hundred orders a transaction.

What is written is what a single offer writes (``orders_dispatch.invite``): the invitations with their reasons, the order's move,
its clock to sign, and the events of all of it. The reasons are kept in short (``domain.dispatch_reasons``).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import repeat
from typing import Any
from uuid import UUID

import numpy as np

from app.core.clock import now
from app.core.columns import key_bytes
from app.core.ids import new_id, new_ids
from app.domain.clocks import ClockKind, ClockSubject, Limit
from app.domain.dispatch_batch import Decided
from app.domain.dispatch_batch_facts import Ints
from app.domain.dispatch_batches import WRITTEN, ChoiceResult
from app.domain.dispatch_reasons import in_short, weights_in_short
from app.domain.dispatch_ways import next_wave
from app.domain.needs import Urgency
from app.domain.quiet_hours import answer_by
from app.services import clocks
from app.services.clocks import Bearer
from app.services.dispatch_batches_ask import CHOOSE, INVITE, JOINED_AS_SETS
from app.services.dispatch_batches_facts import Seen

_TIMES = ("unit", "limit_time", "source", "warn_at", "due_at", "awaits_year")


@dataclass(slots=True)
class Plan:
    """Whom to ask for one order: (slot, person, what else they may hold then, the reasons as JSON)."""

    order: int
    order_id: UUID
    asked: list[tuple[int, UUID, int, str]]
    obstacles: list[str] | None = None
    """Of each who was to be asked and was not, why; none where it is for the order's sake."""


@dataclass(slots=True)
class Written:
    """What came of some orders."""

    orders: int
    people: int
    rest: list[Plan]
    """Of each order those who were not asked, and why."""


class Asking:
    """A batch that asks. All its invitations have one moment, by which they are known as its own."""

    def __init__(self, seen: Seen, district_id: int, batch_id: UUID, moment: datetime) -> None:
        self.seen, self.district_id, self.batch_id, self.moment = seen, district_id, batch_id, moment
        self._limits: dict[Limit, tuple[int, dict[str, Any]]] = {}
        self._limit_of = cache(self._limit)
        self._answer_by = cache(partial(answer_by, moment))
        self._next_wave = cache(partial(next_wave, moment))
        rows = seen.orders.rows
        self._versions, self._needs = rows["version"].tolist(), key_bytes(rows["need"])

    def order(self, plan: Plan) -> tuple[Any, ...]:
        """For the statement: id, version, until when one may answer, the number of the limit to sign, when the next are asked."""
        seen, at, quiet = self.seen, plan.order, self.seen.quiet[plan.order]
        until, then = self._answer_by(seen.minutes[at], quiet), self._next_wave(seen.next_wave[at], quiet)
        return plan.order_id, self._versions[at], until, self._limit_of(*seen.signed_by(at)), then

    def need_id(self, plan: Plan) -> UUID:
        return UUID(bytes=self._needs[plan.order])

    def _limit(self, terms: int, urgency: Urgency) -> int | None:
        limit = self.seen.to_sign(terms, urgency)
        if limit is not None and limit not in self._limits:
            bearer = Bearer(ClockSubject.ORDER, self.batch_id, self.district_id, "", None, None)
            said = clocks.started(bearer, ClockKind.SIGN, limit, self.seen.hours, self.moment)
            self._limits[limit] = len(self._limits), said
        return None if limit is None else self._limits[limit][0]

    def limits(self) -> list[tuple[Any, ...]]:
        return [(number, *(said[name] for name in _TIMES)) for number, said in self._limits.values()]


def plans(seen: Seen, decided: Decided, batch_id: UUID) -> Iterator[Plan]:
    """Of every order somebody is chosen for, those of one need together."""
    weights = [weights_in_short(one) for one in seen.weights]
    weighed, ids, batch = seen.batch.orders.weighed.tolist(), seen.batch.parties.ids, str(batch_id)
    party = cache(lambda number: (ids[number], str(ids[number])))
    before: Counter[int] = Counter()
    for choice in decided.choices(turn=_by_need(seen)):
        others = [f"{party(one.party)[1]} {one.said}" for one in choice.runners_up]
        asked = []
        for slot, one in zip(seen.slots[choice.order], choice.chosen, strict=False):
            before[one.party] += 1
            reasons = in_short(batch, one.rank, choice.feasible, weights[weighed[choice.order]], one.said, others)
            asked.append((slot, party(one.party)[0], seen.most[one.party] - before[one.party], reasons))
        yield Plan(choice.order, seen.order_id(choice.order), asked)


def _by_need(seen: Seen) -> Ints:
    """A number for each order, those of one need one after the other."""
    at = np.argsort(seen.orders.rows["need"], kind="stable")
    turn = np.empty(len(at), np.int64)
    turn[at] = np.arange(len(at))
    return turn


def chunks(seen: Seen, all_plans: Iterator[Plan]) -> Iterator[list[Plan]]:
    """As many as are written together. Orders of one need stay together, so that two writers never meet."""
    needs = seen.orders.rows["need"]
    some: list[Plan] = []
    for plan in all_plans:
        if len(some) >= WRITTEN and needs[plan.order] != needs[some[-1].order]:
            yield some
            some = []
        some.append(plan)
    if some:
        yield some


async def invite(connection: Any, asking: Asking, some: list[Plan]) -> Written:
    """Ask those chosen. Whatever happened to an order meanwhile leaves it as it is."""
    orders = [asking.order(plan) for plan in some]
    pairs = [(plan.order_id, *asked) for plan in some for asked in plan.asked]
    order_ids, versions, until, limits, then = _columns(orders, 5)
    ids = [new_ids(len(orders)) for _ in range(4)]
    order_of, slot, person, spare, reasons = _columns(pairs, 5)
    invited = new_ids(len(pairs))
    invitations = (order_of, person, slot, spare, invited, new_ids(len(pairs)), reasons)
    needs = [asking.need_id(plan) for plan in some]
    given = (order_ids, versions, until, *ids, limits, *invitations, asking.moment, asking.batch_id, needs)
    await connection.execute(JOINED_AS_SETS)
    more = (*_columns(asking.limits(), 7), new_id(), then, now())
    found = await connection.fetch(INVITE, asking.district_id, *given, *more)
    fell = {row["id"].bytes: row["obstacle"] for row in found}
    return _written(some, [fell.get(one.bytes) for one in invited])


def _written(some: list[Plan], fell: list[str | None]) -> Written:
    """``fell``: of each who was to be asked, one order's after another's, why that was not; None: asked."""
    why, written = iter(fell), Written(0, fell.count(None), [])
    for plan in some:
        left = [(one, reason) for one, reason in zip(plan.asked, why, strict=False) if reason is not None]
        written.orders += len(left) < len(plan.asked)
        if left:
            written.rest.append(replace(plan, asked=[one for one, _ in left], obstacles=[reason for _, reason in left]))
    return written


async def keep(connection: Any, asking: Asking, some: list[Plan], result: ChoiceResult) -> None:
    """What was chosen and not asked for. Waits for whoever has one of the orders in hand, so it holds none itself."""
    paths = asking.seen.orders.rows.texts
    rows = [(new_id(), p.order_id, paths[p.order].decode(), f"[{','.join(_named(p))}]") for p in some]
    if rows:
        given = (asking.batch_id, result.value, asking.moment, *_columns(rows, 4))
        await connection.execute(CHOOSE, asking.district_id, *given)


def _named(plan: Plan) -> Iterator[str]:
    """The reasons with the person they are about, and why that person was not asked."""
    for (_, person, _, reasons), obstacle in zip(plan.asked, plan.obstacles or repeat(""), strict=False):
        why = f'"obstacle":"{obstacle}",' if obstacle else ""
        yield f'{{"person_id":"{person}",{why}{reasons[1:]}'


def _columns(rows: Iterable[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]
