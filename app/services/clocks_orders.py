"""The clocks of orders: each step of an order takes them along in the same write."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, exists, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.catalogue import Terms, terms_of
from app.domain.clocks import OPEN, ClockKind, ClockSubject, Limit
from app.domain.clocks_orders import Move, effects, limits, resolved_by, stands_still
from app.domain.orders import OrderAction, OrderState
from app.domain.work_time import HOUSE_HOURS, measure
from app.models import Clock, Need, Order
from app.models.base import literal_in
from app.services import clocks
from app.services.clocks import Bearer, Timing

_ENDS = {
    Move.MEET: clocks.meet,
    Move.STOP: clocks.stop,
}

_OPEN = literal_in("clocks.state", OPEN)


class Case(Protocol):
    """An order with its need and its clocks."""

    order: Order
    need: Need
    timing: Timing


def bearer(order: Order) -> Bearer:
    return Bearer(
        ClockSubject.ORDER,
        order.id,
        order.district_id,
        order.path,
        order.community_id,
        order.grid_id,
        order.round,
    )


def opened(session: AsyncSession, order: Order, need: Need) -> None:
    """The clock of the work on a new order; its due moment is the order's."""
    _start(session, Timing(), order, need, ClockKind.RESOLVE, "open")


def limit_of(order: Order, need: Need, kind: ClockKind, at: datetime) -> Limit | None:
    """How long this may take, on the terms the order was opened on; None where they set no limit."""
    limit = limits(terms_of(order.terms), order.urgency).get(kind)
    if limit is None or kind is not ClockKind.RESOLVE:
        return limit
    return resolved_by(limit, at, need.sender_due_at, order.need_round if order.round == 1 else order.round)


def due_of(need: Need, terms: Terms) -> datetime:
    """By when an order that is opened for the need now is due."""
    moment = now()
    limit = limits(terms, need.urgency)[ClockKind.RESOLVE]
    limit = resolved_by(limit, moment, need.sender_due_at, need.round)
    return measure(limit.unit, HOUSE_HOURS, moment).add(moment, limit.time)


def follow(session: AsyncSession, case: Case, action: OrderAction, target: OrderState) -> None:
    """What this step of the order does to its clocks (``domain.clocks_orders``)."""
    moment = now()
    for kind, move in effects(action, target):
        if move is Move.START:
            _start(session, case.timing, case.order, case.need, kind, action.value)
        else:
            _ENDS[move](session, case.timing, kind, action.value, moment)
    stand(session, case, action.value)


def stand(session: AsyncSession, case: Case, cause: str) -> None:
    """Let its clocks stand still or run on, as the order and its need stand now."""
    order, moment = case.order, now()
    still = stands_still(order.state, order.people_accepted, case.need.state)
    for kind in ClockKind:
        (clocks.pause if still else clocks.resume)(session, case.timing, kind, cause, moment)
    show(order, case.timing)


def standing_still() -> ColumnElement[bool]:
    """Of an order in a query: whether the clock of the work is paused."""
    of_order = (Clock.district_id == Order.district_id, Clock.subject_id == Order.id, text(_OPEN))
    return exists().where(*of_order, Clock.kind == ClockKind.RESOLVE, Clock.paused_at.is_not(None))


def _start(session: AsyncSession, times: Timing, order: Order, need: Need, kind: ClockKind, cause: str) -> None:
    moment = now()
    limit = limit_of(order, need, kind, moment)
    if limit is not None:
        clocks.start(session, times, bearer(order), kind, limit, cause, moment)
        show(order, times)


def show(order: Order, times: Timing) -> None:
    """The order's deadline is its clock's."""
    running = times.open(ClockKind.RESOLVE)
    if running is not None:
        order.due_at = running.due_at
