"""Matches: see them, confirm, dismiss; and the needs a resource could serve."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden, NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.bookings import Purpose
from app.domain.matches import (
    OPEN_NEEDS,
    MatchAction,
    MatchResult,
    lapse_reason,
    result_of,
    span_of,
    wanted_of,
)
from app.domain.matching import rank
from app.domain.people import Actor
from app.domain.resources import USABLE, Nature
from app.models import Match, MatchRun, Need, Resource
from app.schemas.matches import FittingNeedsQuery, MatchConfirm, MatchDismiss, MatchQuery
from app.schemas.orders import OrderAssign, OrderCreate, OrderOffer
from app.services import (
    bookings,
    bookings_use,
    match_weights,
    matching,
    needs,
    orders,
    orders_dispatch,
    resources_case,
)
from app.services.access import reads_all, under, under_path
from app.services.bookings import Wish
from app.services.matches_case import MatchCase, decide, load, move
from app.services.orders_free import free_order
from app.services.places import paged, place_of


async def read(session: AsyncSession, actor: Actor, match_id: UUID) -> MatchCase:
    return await load(session, actor, match_id, "matches:read", lock=False)


async def page(session: AsyncSession, actor: Actor, query: MatchQuery) -> Page[MatchCase]:
    """Of the needs of the reader's places, newest first."""
    rows = select(Match).where(under_path(Match, access.require_anywhere(actor, "matches:list")))
    for name in ("need_id", "resource_id", "run_id", "chosen", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(Match, name) == value)
    if query.batch_id is not None:
        rows = rows.where(Match.run_id.in_(select(MatchRun.id).where(MatchRun.batch_id == query.batch_id)))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(Match.path.startswith(place.path, autoescape=True))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Match.id < after)
    found = (await session.scalars(rows.order_by(Match.id.desc()).limit(query.limit + 1))).all()
    cut: Page[Match] = paged(found, query.limit)
    return Page([MatchCase(match, actor.roles_at(match.path)) for match in cut.items], cut.next_cursor)


async def confirm(session: AsyncSession, actor: Actor, match_id: UUID, form: MatchConfirm) -> MatchCase:
    """Book the resource, and what follows from its kind, all or nothing: 409 when it is not to be had any more."""
    case = await load(session, actor, match_id, "matches:confirm")
    step = decide(case, MatchAction.CONFIRM)
    match = case.match
    need = (await session.scalars(select(Need).where(Need.id == match.need_id))).one()
    resource = (await session.scalars(select(Resource).where(Resource.id == match.resource_id))).one()
    if need.state not in OPEN_NEEDS:
        raise Conflict("需求已不在办理，不能确认")
    if resource.state not in USABLE:
        raise Conflict("资源现在不能预订")
    result, order_id = result_of(resource.kind, of_a_person=resource.person_id is not None), None
    use = bookings_use.Use(Purpose.NEED, need.id, need.place_id, need.path)
    if result is not MatchResult.BOOKED:
        order_id = await _order(session, actor, need, resource)
        use = bookings_use.Use(Purpose.ORDER, order_id, need.place_id, need.path)
    booking_id = await _book(session, actor, use, _wish(need, resource, form))
    match.result, match.order_id, match.booking_id = result, order_id, booking_id
    told = {"result": result.value, "booking_id": str(booking_id), "order_id": str(order_id) if order_id else None}
    move(session, match, step, actor, data=told)
    await session.flush()
    return case


def _wish(need: Need, resource: Resource, form: MatchConfirm) -> Wish:
    """What was said; else the time and the number that the need asks for."""
    quantity = form.quantity or wanted_of(resource.kind, resource.nature, need.people_concerned)
    start: datetime | None = form.starts_at
    end: datetime | None = form.ends_at
    if (span := span_of(need.wanted_at)) and start is None and end is None and resource.nature is not Nature.STOCK:
        start, end = span
    return Wish(resource.id, quantity, start, end)


async def _book(session: AsyncSession, actor: Actor, use: bookings_use.Use, wish: Wish) -> UUID:
    try:
        held = await bookings.take(session, actor, use, wish)
    except NotFound as gone:
        raise Conflict("资源已不在库，不能确认") from gone
    confirmed = await bookings.confirm_case(session, actor, held)
    booking_id: UUID = confirmed.booking.id
    return booking_id


async def _order(session: AsyncSession, actor: Actor, need: Need, resource: Resource) -> UUID:
    """An order of the need: one that nobody has, or a new one. A unit is assigned; a person is asked, and may say no."""
    order_id = await free_order(session, need.id)
    if order_id is None:
        form = OrderCreate(need_id=need.id, auto_offer=False)
        order_id = (await orders.open_order(session, actor, form)).order.id
    try:
        if resource.organization_id is not None:
            form_of_unit = OrderAssign(organization_id=resource.organization_id)
            await orders_dispatch.assign(session, actor, order_id, form_of_unit)
        else:
            await orders_dispatch.offer(session, actor, order_id, OrderOffer(person_id=resource.person_id))
    except NotFound as unfit:
        raise Conflict("提供方现在不能承接此需求的工单") from unfit
    await session.flush()
    found: UUID = order_id
    return found


async def dismiss(session: AsyncSession, actor: Actor, match_id: UUID, form: MatchDismiss) -> MatchCase:
    """Not this one: it is not proposed for the need again, and for needs of the kind it counts for less, as the reason says."""
    case = await load(session, actor, match_id, "matches:dismiss")
    step = decide(case, MatchAction.DISMISS)
    case.match.dismiss_reason, case.match.dismiss_words = form.reason, form.words
    move(session, case.match, step, actor, data={"reason": form.reason.value})
    await session.flush()
    return case


async def lapse(session: AsyncSession, match_id: UUID) -> None:
    """The need has ended, or the resource is gone."""
    case = await load(session, None, match_id, "matches:lapse")
    step = decide(case, MatchAction.LAPSE)
    states = (
        select(Need.state, Resource.state)
        .select_from(Need)
        .join(Resource, Resource.district_id == Need.district_id)
        .where(Need.id == case.match.need_id, Resource.id == case.match.resource_id)
    )
    need_state, resource_state = (await session.execute(states)).one()
    reason = lapse_reason(need_state, resource_state)
    if reason is None:
        raise Conflict("对接仍然有效")
    case.match.lapse_reason = reason
    move(session, case.match, step, None, data={"reason": reason.value})


async def needs_of(session: AsyncSession, actor: Actor, resource_id: UUID, query: FittingNeedsQuery) -> dict[str, Any]:
    """The needs a resource could serve, of those the actor may read anyway. Nothing is kept of it."""
    case = await resources_case.load(session, actor, resource_id, "resources:needs", lock=False)
    if not access.may("resources:needs", case.parties):
        raise Forbidden()
    resource, grants = case.resource, reads_all(actor)
    seen = under(Need, grants) if grants else needs.concerns(actor)
    found, more = await matching.needs_for(session, resource, seen)
    facts = await matching.facts_of(session, await matching.asked_of(session, found, resource.community_id), [resource])
    weights = await match_weights.current(session)
    ranked = rank((facts.pair(need, resource) for need in found), weights.parts, query.most)
    rows = {need.id: need for need in found}
    items = [
        {name: getattr(scored, name) for name in ("need_id", "score", "learnt", "parts", "reasons")}
        | {name: getattr(rows[scored.need_id], name) for name in ("title", "category", "wanted_at")}
        for scored in ranked
    ]
    return {"resource_id": resource_id, "looked": len(found), "more": more, "items": items}
