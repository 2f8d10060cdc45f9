"""The list of orders at risk: what is unfinished at the reader's places, the nearest to its limit first."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.paging import Page, moment_after, moment_cursor
from app.domain import access
from app.domain.assignments import AssignmentState
from app.domain.orders_at_risk import AT_RISK, RISK_NAMES, Facts, risks
from app.domain.people import Actor
from app.models import Assignment, Order, Urge
from app.models.base import literal_in
from app.schemas.orders_at_risk import AtRiskQuery, AtRiskRead
from app.services.access import at, reads_all, under
from app.services.clocks_orders import standing_still
from app.services.places import place_of

_FIELDS = tuple(name for name in AtRiskRead.model_fields if name != "risks")
_REFUSED = (AssignmentState.DECLINED, AssignmentState.EXPIRED)


async def page(session: AsyncSession, actor: Actor, query: AtRiskQuery) -> Page[dict[str, Any]]:
    """A page of them with the reasons; counted for the page alone."""
    access.require_anywhere(actor, "orders:at_risk")
    rows = select(Order).where(under(Order, reads_all(actor)), text(literal_in("orders.state", AT_RISK)))
    rows = rows.where(~standing_still())
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Order, place.kind, place.id, place.path))
    found = (await session.scalars(_after(rows, query))).all()
    shown = found[: query.limit]
    refused, urged = await _refusals(session, shown), await _urges(session, shown)
    moment = now()
    items = [_present(order, refused, urged, moment) for order in shown]
    more = moment_cursor(shown[-1].due_at, shown[-1].id) if len(found) > query.limit else None
    return Page(items, more)


def _after(rows: Select[Any], query: AtRiskQuery) -> Select[Any]:
    if (after := moment_after(query.cursor)) is not None:
        rows = rows.where(
            tuple_(Order.due_at, Order.id) > tuple_(literal(after[0], Order.due_at.type), literal(after[1]))
        )
    return rows.order_by(Order.due_at, Order.id).limit(query.limit + 1)


def _present(order: Order, refused: Mapping[UUID, int], urged: Mapping[UUID, int], moment: datetime) -> dict[str, Any]:
    facts = Facts(order.state, order.due_at, order.people_accepted, refused.get(order.id, 0), urged.get(order.id, 0))
    reasons = [
        {"risk": risk, "name": RISK_NAMES[risk] + (f" {count} 次" if count is not None else ""), "count": count}
        for risk, count in risks(facts, moment).items()
    ]
    return {name: getattr(order, name) for name in _FIELDS} | {"risks": reasons}


async def _refusals(session: AsyncSession, orders: Collection[Order]) -> dict[UUID, int]:
    asked = (Assignment.order_id.in_([order.id for order in orders]), Assignment.state.in_(_REFUSED))
    rows = await session.execute(select(Assignment.order_id, func.count()).where(*asked).group_by(Assignment.order_id))
    return {row[0]: row[1] for row in rows}


async def _urges(session: AsyncSession, orders: Collection[Order]) -> dict[UUID, int]:
    present = and_(Order.district_id == Urge.district_id, Order.id == Urge.order_id, Order.round == Urge.round)
    rows = await session.execute(
        select(Urge.order_id, func.count())
        .join(Order, present)
        .where(Urge.order_id.in_([order.id for order in orders]))
        .group_by(Urge.order_id)
    )
    return {row[0]: row[1] for row in rows}
