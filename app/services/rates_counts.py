"""What the three rates are counted from: one statement by the limits of first contact, one by the orders that ended.

Each part starts from an index of its community and its moments, so that a month of one costs what that month holds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.domain.clocks import ClockKind, ClockState, ClockSubject, Mark
from app.domain.objections import Verdict
from app.domain.orders import OrderAction, OrderState, Outcome
from app.domain.orders_at_risk import AT_RISK
from app.domain.places import ancestors
from app.domain.rates import CONTENT, Group, Left
from app.domain.revisits import RevisitState
from app.models import Assignment, Clock, ClockMark, Objection, Order, OrderRound, Place, Revisit
from app.models.base import literal_in
from app.models.orders import askers_rating
from app.schemas.rates import RateQuery
from app.services.access import at
from app.services.clocks_orders import standing_still

_CONTACTS = text(f"clocks.kind = '{ClockKind.CONTACT}' AND clocks.subject = '{ClockSubject.ORDER}'")
"""Literal, as the index has it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which orders, and how they are put into rows."""

    place: Place
    span: tuple[datetime, datetime]
    query: RateQuery

    def within(self, column: Any) -> ColumnElement[bool]:
        start, end = self.span
        return and_(column >= start, column < end)

    def here(self, model: Any) -> ColumnElement[bool]:
        return at_or_under(model, self.place)

    def chosen(self, unit: Any, kind: Any = Order.category) -> list[ColumnElement[bool]]:
        """What else was asked for: a kind of service and those below it, the orders of a unit."""
        wanted: list[ColumnElement[bool]] = []
        if (code := self.query.category) is not None:
            wanted.append(or_(kind == code, kind.startswith(f"{code}.", autoescape=True)))
        if self.query.organization_id is not None:
            wanted.append(unit == self.query.organization_id)
        return wanted

    def key(self, unit: Any, kind: Any = Order.category) -> Any:
        """What the row of an order is known by."""
        match self.query.group:
            case Group.ALL:
                return literal(str(self.place.id), Text)
            case Group.PLACE:
                depth = len(ancestors(self.place.path)) + 1
                return func.substring(Order.path, f"^(?:[^/]+/){{1,{depth}}}")
            case Group.CATEGORY:
                return kind
            case Group.ORGANIZATION:
                return cast(unit, Text)


def at_or_under(model: Any, place: Place) -> ColumnElement[bool]:
    """At or under the place; with its community, where it lies in one, since the indexes begin with that."""
    under = at(model, place.kind, place.id, place.path)
    return under if place.community_id is None else and_(model.community_id == place.community_id, under)


def _last(shown: Any, *taken: ColumnElement[bool]) -> Any:
    """Of whoever was the last to take it on: the unit; none where it was a person, or nobody."""
    of_order = (Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
    newest = select(shown).where(*of_order, *taken).order_by(Assignment.id.desc()).limit(1)
    return newest.correlate(Order, Clock).scalar_subquery()


def _unit_then(moment: datetime) -> Any:
    """The unit that had the order when the limit ended or passed: what ran out before its time is none of its delays."""
    until = func.least(Clock.due_at, func.coalesce(Clock.ended_at, moment))
    return _last(Assignment.organization_id, Assignment.accepted_at <= until)


def _kind_then() -> Any:
    """What the order was taken for when the clock's round was closed; of one that was not, what it is taken for now."""
    closed = select(OrderRound.category).where(
        OrderRound.district_id == Order.district_id, OrderRound.order_id == Order.id, OrderRound.round >= Clock.round
    )
    then = closed.order_by(OrderRound.round).limit(1).correlate(Order, Clock).scalar_subquery()
    return func.coalesce(then, Order.category)


def _unit_last() -> Any:
    """The unit that had the order last in its last round, unless its objection to it was upheld since."""
    before = exists().where(
        OrderRound.district_id == Assignment.district_id,
        OrderRound.order_id == Assignment.order_id,
        OrderRound.closed_at >= Assignment.accepted_at,
    )
    upheld = exists().where(
        Objection.district_id == Assignment.district_id,
        Objection.order_id == Assignment.order_id,
        Objection.organization_id == Assignment.organization_id,
        Objection.verdict == Verdict.UPHELD,
        Objection.judged_at >= Assignment.accepted_at,
    )
    unit = case((upheld, null()), else_=Assignment.organization_id)
    return _last(unit, Assignment.accepted_at.is_not(None), ~before)


def _many(*which: ColumnElement[bool]) -> Any:
    return func.count().filter(and_(*which))


def responses(asked: Asked) -> Select[Any]:
    """By the limits of first contact that fall into the period: once a round of an order.

    Where several helpers or units had one after the other, the first limit that was kept or passed is the round's; one that was
    taken back before tells nothing once another follows.
    """
    moment = now()
    unit, kind = _unit_then(moment), _kind_then()
    columns = (asked.key(unit, kind).label("key"), _timely(Clock).label("timely"), _late(Clock, moment).label("late"))
    rows = (
        select(*columns, (Clock.state == ClockState.STOPPED).label("stopped"))
        .join(Order, and_(Order.district_id == Clock.district_id, Order.id == Clock.subject_id))
        .where(_CONTACTS, asked.within(Clock.due_at), asked.here(Clock), *asked.chosen(unit, kind))
        .where(~_told_by_another(moment))
        .subquery()
    )
    c = rows.c
    return select(
        c.key,
        _many(c.timely).label("response"),
        _many(or_(c.timely, c.late)).label("response_of"),
        _many(~c.timely, ~c.late, ~c.stopped).label(Left.NOT_DUE),
        _many(~c.late, c.stopped).label(Left.STOPPED),
    ).group_by(c.key)


def _timely(clock: Any) -> ColumnElement[bool]:
    return and_(clock.state == ClockState.MET, clock.ended_at <= clock.due_at)


def _late(clock: Any, moment: datetime) -> ColumnElement[bool]:
    """Nobody had spoken to the asker when it was due. Not of a unit whose business it turned out never to have been."""
    stop = (ClockMark.mark == Mark.STOP, ClockMark.cause == OrderAction.UPHOLD)
    moot = exists().where(ClockMark.district_id == clock.district_id, ClockMark.clock_id == clock.id, *stop)
    moot = moot.correlate_except(ClockMark)  # within another exists it would bring its own clocks along
    return and_(clock.due_at < func.coalesce(clock.ended_at, moment), not_(moot))


def _told_by_another(moment: datetime) -> ColumnElement[bool]:
    """Whether another limit of the same round counts in this one's place."""
    other = aliased(Clock)
    said, others = (or_(_timely(clock), _late(clock, moment)) for clock in (Clock, other))
    same = exists().where(
        other.district_id == Clock.district_id,
        other.subject_id == Clock.subject_id,
        other.kind == ClockKind.CONTACT,
        ~_closed_between(Clock, other),
        or_(and_(others, other.id < Clock.id), and_(~said, other.id > Clock.id)),
    )
    return same.correlate_except(other)


def _closed_between(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether the order was closed between two of its rounds: a rework is counted apart by the order, and here is not."""
    closed = exists().where(
        OrderRound.district_id == one.district_id,
        OrderRound.order_id == one.subject_id,
        OrderRound.round >= func.least(one.round, other.round),
        OrderRound.round < func.greatest(one.round, other.round),
    )
    return closed.correlate_except(OrderRound)


def endings(asked: Asked) -> Select[Any]:
    """By the rounds of orders that ended in the period; what has not ended, by the day it was due."""
    c = union_all(_ended(asked), _taken_up_again(asked), *_waiting(asked)).subquery().c
    closed = c.state == OrderState.CLOSED
    return select(
        c.key,
        _many(closed, c.solved).label("resolution"),
        _many(closed).label("resolution_of"),
        _many(c.state == OrderState.WITHDRAWN).label(Left.WITHDRAWN),
        _many(c.state == OrderState.TERMINATED).label(Left.TERMINATED),
        _many(c.state == OrderState.PLANNED).label(Left.PLANNED),
        _many(c.state == Left.UNFINISHED.value).label(Left.UNFINISHED),
        _many(closed, c.content).label("satisfaction"),
        _many(closed, c.content.is_not(None)).label("satisfaction_of"),
        _many(closed, c.content.is_(None), ~c.for_asker).label(Left.NOT_RATED),
        _many(closed, c.content.is_(None), c.for_asker).label(Left.NOT_BY_ASKER),
    ).group_by(c.key)


def _ended(asked: Asked) -> Select[Any]:
    """Orders by their last round."""
    unit = _unit_last()
    solved = and_(Order.outcome == Outcome.SOLVED, ~Order.unmet, func.coalesce(Revisit.solved, literal(True)))
    return (
        select(asked.key(unit).label("key"), cast(Order.state, Text).label("state"))
        .add_columns(solved.label("solved"), _content(Order).label("content"), Order.rated_for_asker.label("for_asker"))
        .outerjoin(Revisit, _answered(Order.round))
        .where(asked.within(Order.closed_at), asked.here(Order), *asked.chosen(unit))
    )


def _taken_up_again(asked: Asked) -> Select[Any]:
    """Closed rounds before the last: whoever took them up again found them unsolved."""
    had = (OrderRound.organization_id, OrderRound.category)
    return (
        select(asked.key(*had).label("key"), literal(OrderState.CLOSED.value, Text).label("state"))
        .add_columns(literal(False).label("solved"), _content(OrderRound).label("content"))
        .add_columns(OrderRound.rated_for_asker.label("for_asker"))
        .select_from(OrderRound)
        .join(Order, and_(Order.district_id == OrderRound.district_id, Order.id == OrderRound.order_id))
        .outerjoin(Revisit, _answered(OrderRound.round))
        .where(asked.within(OrderRound.closed_at), asked.here(OrderRound), *asked.chosen(*had))
    )


def _answered(round_: Any) -> ColumnElement[bool]:
    """The revisit of this round that reached somebody."""
    same = (Revisit.district_id == Order.district_id, Revisit.order_id == Order.id, Revisit.round == round_)
    return and_(*same, Revisit.state == RevisitState.DONE)


def _content(rated: Any) -> ColumnElement[Any]:
    """None where the asker did not say."""
    return func.coalesce(Revisit.satisfied, askers_rating(rated) >= CONTENT)


def _waiting(asked: Asked) -> tuple[Select[Any], ...]:
    """What is put off with a date, and what is late: shown beside the rate, and counted when it ends."""
    unit = _unit_last()
    planned, late = text("orders.state = 'planned'"), text(literal_in("orders.state", AT_RISK))
    shown = select(asked.key(unit).label("key"))
    nothing = (null().label("solved"), null().label("content"), literal(False).label("for_asker"))
    due = (asked.within(Order.due_at), asked.here(Order), *asked.chosen(unit))
    return (
        shown.add_columns(literal(OrderState.PLANNED.value, Text).label("state"), *nothing).where(planned, *due),
        shown.add_columns(literal(Left.UNFINISHED.value, Text).label("state"), *nothing).where(
            late, *due, Order.due_at < now(), ~standing_still()
        ),
    )
