"""Orders: open one for a need; what starts, pauses and ends the work on it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound, WrongState
from app.core.ids import new_id
from app.domain import access
from app.domain.catalogue import Handler, Terms, must_handle, terms_for_order
from app.domain.needs import NeedState
from app.domain.orders import ORDER, OrderState
from app.domain.people import Actor
from app.models import Need, Order
from app.schemas.orders import OrderCreate
from app.services import categories, clocks, clocks_orders, orders_ways
from app.services.orders_case import SYSTEM, OrderCase, load
from app.services.outbox import publish


async def open_order(session: AsyncSession, actor: Actor, form: OrderCreate) -> OrderCase:
    """A further order for an accepted need, which may make several."""
    need = await session.scalar(select(Need).where(Need.id == form.need_id).with_for_update())
    if need is None or not access.may("needs:read", actor.roles_at(need.path)):
        raise NotFound("没有这件需求")
    access.require(actor, "orders:open", need.path)
    if need.state not in {NeedState.ACCEPTED, NeedState.IN_SERVICE}:
        raise WrongState("需求已入库且未办结时才能开单", state=need.state.value)
    code = form.category or need.category or "other"
    order = add_order(
        session,
        need,
        actor,
        terms=await terms_for(session, need, code),
        title=form.title or need.title[:500],
        category=code,
        people_wanted=form.people_wanted,
        wanted_at=form.wanted_at or need.wanted_at,
        auto_offer=form.auto_offer,
        offer_minutes=form.offer_minutes,
    )
    await session.flush()
    await orders_ways.begin(session, await new_case(session, need, order), form.auto_offer)
    return await load(session, actor, order.id, "orders:read")


async def terms_for(session: AsyncSession, need: Need, code: str) -> Terms:
    """The terms an order of this kind is opened on for this need; 422 when the catalogue has no such service."""
    overridden = need.duty_override_by is not None
    return terms_for_order(await categories.terms(session, code), overridden=overridden)


def add_order(
    session: AsyncSession, need: Need, actor: Actor, *, terms: Terms, auto_offer: bool | None, **columns: Any
) -> Order:
    """A new open order at the need's place, on the catalogue's terms, which set its deadline."""
    if auto_offer:
        must_handle(terms, Handler.HELPERS)
    if auto_offer is None:
        auto_offer = Handler.HELPERS in terms.handlers
    moment = now()
    order = Order(
        district_id=need.district_id,
        id=new_id(),
        need_id=need.id,
        state=OrderState.OPEN,
        terms=terms.as_json(),
        urgency=need.urgency,
        risks=need.risks,
        need_round=need.round,
        place_id=need.place_id,
        path=need.path,
        community_id=need.community_id,
        grid_id=need.grid_id,
        lon=need.lon,
        lat=need.lat,
        due_at=moment,
        people_accepted=0,
        round=1,
        overruled=False,
        closed_by_system=False,
        created_at=moment,
        auto_offer=auto_offer,
        next_offer_at=moment if auto_offer else None,
        **columns,
    )
    session.add(order)
    clocks_orders.opened(session, order, need)
    data = {"need_id": str(need.id), "category": order.category, "people_wanted": order.people_wanted}
    publish(session, ORDER.noun, order, "open", actor=actor, target=order.state.value, data=data)
    return order


async def new_case(session: AsyncSession, need: Need, order: Order) -> OrderCase:
    """A case for an order that was opened a moment ago, in the hands of the system."""
    return OrderCase(order, need, [], SYSTEM, await clocks.timing(session, order.id))
