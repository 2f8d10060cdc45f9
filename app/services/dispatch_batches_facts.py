"""Reads everything a batch of dispatch is decided on, in some fifteen statements however many orders and people there are.

Each statement sees its own moment: what is read is what a decision is made from, and each order is looked at anew, locked, when it
is written. The rules are those of one order (``services.dispatch_facts``, ``domain.dispatch``).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.clocks import ClockKind, Limit
from app.domain.clocks_orders import limits
from app.domain.dispatch_batch_facts import Batch, Ints, place_numbers
from app.domain.dispatch_cost import Weights
from app.domain.needs import Urgency
from app.domain.work_time import OfficeHours
from app.services import dispatch_batches_orders as orders_
from app.services import dispatch_batches_people as people_
from app.services import dispatch_batches_sql as sql
from app.services import dispatch_weights
from app.services.dispatch_batches_orders import Look, OpenOrders, open_orders
from app.services.dispatch_batches_pairs import barred, paired, touched_orders
from app.services.dispatch_batches_times import times_of
from app.services.office_hours import hours_of


class Seen:
    """What was read: the batch, and of each of its orders what is needed to ask for it.

    ``weights``: the district's own, then those of kinds of service. ``slots``: the free places of each order; ``most``: of each
    party how much they may hold at once.
    """

    def __init__(
        self,
        batch: Batch,
        weights: list[Weights],
        orders: OpenOrders,
        slots: list[list[int]],
        most: Ints,
        hours: OfficeHours,
    ) -> None:
        self.batch, self.weights, self.orders, self.slots, self.hours = batch, weights, orders, slots, hours
        self.most: list[int] = most.tolist()
        self.quiet = orders_.quiet_hours(orders.rows)
        self.minutes = orders_.answer_minutes(orders.rows)
        self.next_wave = orders_.minutes_to_next_wave(orders.rows)
        self._terms, self._urgency = orders.kind.tolist(), orders.rows["urgency"].tolist()

    def order_id(self, at: int) -> UUID:
        return UUID(bytes=self.orders.ids[at])

    def signed_by(self, at: int) -> tuple[int, Urgency]:
        """What the time to sign depends on: the number of the order's terms, and how urgent it is."""
        return self._terms[at], sql.URGENCIES[self._urgency[at]]

    def to_sign(self, terms: int, urgency: Urgency) -> Limit | None:
        """How long whoever has an order may take to sign for it."""
        return limits(self.orders.terms[terms], urgency).get(ClockKind.SIGN)


async def read(session: AsyncSession, connection: Any, look: Look) -> Seen:
    """Of everything open at or under the place. ``connection`` is the driver's, in the session's transaction and district."""
    orders = await open_orders(connection, look)
    touched, which = await touched_orders(connection, look, orders)
    slots = orders_.free_slots(orders.rows["wanted"].tolist(), touched, which)
    found = await people_.helpers(connection, look, orders)
    weights, weighed = await _weights(session, orders.categories)
    numbers = place_numbers(orders.rows.texts + found.rows.texts)
    wanted = orders_.orders_of(orders, slots, numbers[: len(orders)], weighed)
    wanted.scope, scopes = orders_.scopes(orders.rows.texts, found.grants.texts, found.holder)
    parties, most = people_.parties(found, orders, numbers[len(orders) :])
    batch = Batch(
        wanted,
        parties,
        scopes,
        await barred(connection, look, orders, found, touched, which),
        await paired(connection, look, orders, found),
        people_.served(found, orders),
        await times_of(connection, look, wanted, found),
    )
    return Seen(batch, weights, orders, slots, most, await hours_of(session))


async def _weights(session: AsyncSession, categories: Sequence[str]) -> tuple[list[Weights], list[int]]:
    """The weights that hold in the district, and which of them hold for each kind of service."""
    rows = await dispatch_weights.newest(session)
    found = [dispatch_weights.setting(None, rows).weights]
    which = []
    for category in categories:
        weights = dispatch_weights.setting(category, rows).weights
        if weights not in found:
            found.append(weights)
        which.append(found.index(weights))
    return found, which
