"""When the helpers of an order with a time are free, and what they have promised for it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import CHINA
from app.domain.assignments import UNFINISHED
from app.domain.availability import DayException, Window, free
from app.domain.catalogue import SERVICE_MINUTES, Terms
from app.domain.dispatch import span_of
from app.domain.sign_ups import SignUpState
from app.models import Activity, Assignment, AvailabilityException, AvailabilityWindow, Order, Person, SignUp
from app.models.base import literal_in

Span = tuple[datetime, datetime]
_MINUTE: Any = literal_column("interval '1 minute'")
_KEY: Any = literal_column("'service_minutes'")
_USUAL: Any = literal_column(str(SERVICE_MINUTES))


@dataclass(slots=True)
class Times:
    """Of an order with a time: who has said when they are free, and who is elsewhere then."""

    span: Span | None = None
    weeks: dict[UUID, list[Window]] = field(default_factory=dict)
    exceptions: dict[UUID, list[DayException]] = field(default_factory=dict)
    busy: set[UUID] = field(default_factory=set)

    def away(self, person: UUID) -> bool:
        if self.span is None or (person not in self.weeks and person not in self.exceptions):
            return False
        return not free(self.weeks.get(person, ()), self.exceptions.get(person, ()), *self.span)


def among(column: Any, ids: Sequence[UUID]) -> ColumnElement[bool]:
    """One value for all ids: thousands of parameters cost more than the query."""
    return column == any_(cast(literal(list(ids), ARRAY(Uuid)), ARRAY(Uuid)))  # type: ignore[no-any-return]


async def times_of(session: AsyncSession, order: Order, terms: Terms, ids: Sequence[UUID]) -> Times:
    """Nothing to look up for an order without a time."""
    if order.wanted_at is None:
        return Times()
    span = span_of(order.wanted_at, terms)
    return Times(
        span,
        await _weeks(session, ids),
        await _exceptions(session, ids, span),
        set(await session.scalars(_busy(order.id, span, ids))),
    )


async def _weeks(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Window]]:
    """The week of those who have stated one."""
    w = AvailabilityWindow
    query = select(
        w.person_id, func.array_agg(w.weekday), func.array_agg(w.from_minute), func.array_agg(w.until_minute)
    )
    rows = await session.execute(query.where(among(w.person_id, ids)).group_by(w.person_id))
    return {person: [Window(*each) for each in zip(*spans, strict=True)] for person, *spans in rows}


async def _exceptions(session: AsyncSession, ids: Sequence[UUID], span: Span) -> dict[UUID, list[DayException]]:
    e, (first, last) = AvailabilityException, (moment.astimezone(CHINA).date() for moment in span)
    query = select(e.person_id, e.on, e.free, e.from_minute, e.until_minute).where(e.on.between(first, last))
    found: dict[UUID, list[DayException]] = defaultdict(list)
    for row in await session.execute(query.where(among(e.person_id, ids))):
        found[row.person_id].append(DayException(row.on, row.free, row.from_minute, row.until_minute))
    return found


def _busy(order_id: UUID, span: Span, ids: Sequence[UUID]) -> Any:
    """Of these people, who holds another order, or a place in an activity, at that time."""
    start, end = span
    orders = select(Assignment.person_id).join(
        Order, and_(Order.district_id == Assignment.district_id, Order.id == Assignment.order_id)
    )
    orders = orders.where(
        among(Assignment.person_id, ids),
        text(literal_in("assignments.state", UNFINISHED)),
        Assignment.order_id != order_id,
        meets(Order.wanted_at, Order.terms, start, end),
    )
    shows = select(SignUp.person_id).join(
        Activity, and_(Activity.district_id == SignUp.district_id, Activity.id == SignUp.activity_id)
    )
    shows = shows.where(
        among(SignUp.person_id, ids),
        SignUp.state.in_({SignUpState.CONFIRMED, SignUpState.CHECKED_IN}),
        Activity.starts_at < end,
        Activity.ends_at > start,
    )
    return union_all(orders, shows)


def minutes_of(terms: Any) -> ColumnElement[int]:
    """How long an order's service lasts by its stored terms, in SQL."""
    return func.coalesce(cast(terms.op("->>")(_KEY), Integer), _USUAL)


def meets(wanted_at: Any, terms: Any, start: Any, end: Any) -> ColumnElement[bool]:
    """Whether a service wanted then falls into the time from ``start`` to ``end``; one without a time does not."""
    return and_(wanted_at < end, wanted_at + _MINUTE * minutes_of(terms) > start)


def day_of_order(today: Any) -> Any:
    """Beside an order: ``dispatch.day_of_service``, in SQL."""
    wanted = cast(func.timezone("Asia/Shanghai", Order.wanted_at), Date())
    return func.greatest(today, wanted)


def busy_then() -> Any:
    """Beside a person and an order: whether they hold another one wanted at the same time."""
    mine, other = aliased(Assignment, name="held"), aliased(Order, name="other")
    end = Order.wanted_at + _MINUTE * minutes_of(Order.terms)
    return exists(
        select(mine.id)
        .join(other, and_(other.district_id == mine.district_id, other.id == mine.order_id))
        .where(
            mine.district_id == Person.district_id,
            mine.person_id == Person.id,
            text(literal_in("held.state", UNFINISHED)),
            mine.order_id != Order.id,
            meets(other.wanted_at, other.terms, Order.wanted_at, end),
        )
        .correlate(Person, Order)
    )
