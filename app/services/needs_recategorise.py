"""Another category for a need that is under way: its orders go on by the new terms, and their clocks keep what was used."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden
from app.domain import access
from app.domain.catalogue import Handler, Terms, handler_of, must_handle
from app.domain.clocks import ClockKind
from app.domain.form_schemas import check_form
from app.domain.needs import ENDED, NEED, NeedState
from app.domain.orders import ENDED as ORDER_ENDED
from app.domain.orders import ORDER, OrderAction, OrderState
from app.domain.people import Actor
from app.models import Need, Order, Organization
from app.schemas.needs import NeedRecategorise
from app.services import categories, clocks, clocks_orders, project_suggestions_find
from app.services.needs_case import NeedCase, load
from app.services.orders import terms_for
from app.services.orders_answers import go_on
from app.services.orders_case import SYSTEM, OrderCase, decide, move
from app.services.orders_case import load as load_order
from app.services.orders_ways import way_of
from app.services.outbox import publish

_DECIDED = ENDED | {NeedState.MET}


async def recategorise(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedRecategorise) -> NeedCase:
    """Before the need is met. 422 when whoever holds an order of it may not have work of the new kind."""
    case = await load(session, actor, need_id, "needs:recategorise")
    need = case.need
    if not access.may("needs:recategorise", case.parties):
        raise Forbidden("类别由社区变更")
    if need.state in _DECIDED:
        raise Conflict("需求已满足或已结束，不能变更类别")
    if form.category == need.category:
        raise Conflict("类别没有变化")
    before, need.category = need.category, form.category
    if form.form is not None:
        need.form = form.form
    check_form((await categories.service(session, form.category)).form_schema, need.form)
    terms = await terms_for(session, need, form.category)
    await _orders(session, actor, need, before, terms)
    data = {"category": form.category, "before": before}
    publish(session, NEED.noun, need, "recategorise", actor=actor, data=data)
    await session.flush()
    await project_suggestions_find.look(session, need)
    return case


async def _orders(session: AsyncSession, actor: Actor, need: Need, before: str | None, terms: Terms) -> None:
    """Those of this round that were opened for what the need was taken for; one of another kind stays what it is."""
    same = (Order.need_id == need.id, Order.need_round == need.round, Order.category == before)
    rows = select(Order.id).where(*same, Order.state.not_in(ORDER_ENDED)).order_by(Order.id)
    for order_id in list(await session.scalars(rows)):
        case = await load_order(session, None, order_id, "orders:read")
        await _must_suit(session, case, terms)
        await _retime(session, case, terms, actor)
        if Handler.HELPERS not in terms.handlers:
            await _keep_from_helpers(session, case, actor)
        need.due_at = case.order.due_at


async def _must_suit(session: AsyncSession, case: OrderCase, terms: Terms) -> None:
    for assignment in case.active + case.invited:
        if assignment.organization_id is None:
            must_handle(terms, Handler.HELPERS)
            continue
        unit = await session.get_one(Organization, (case.order.district_id, assignment.organization_id))
        must_handle(terms, handler_of(unit.kind))


async def _retime(session: AsyncSession, case: OrderCase, terms: Terms, actor: Actor) -> None:
    """The order on its new terms; each clock that runs has the new limit, less what was used, paused as it was."""
    order = case.order
    order.category, order.terms = case.need.category or order.category, terms.as_json()
    for kind in ClockKind:
        limit = clocks_orders.limit_of(order, case.need, kind, _begun(case, kind))
        if limit is None:
            clocks.stop(session, case.timing, kind, "recategorise", now())
        else:
            await clocks.relimit(session, case.timing, kind, limit, actor=actor, cause="recategorise")
    clocks_orders.show(order, case.timing)
    data = {"category": order.category, "due_at": order.due_at.isoformat()}
    publish(session, ORDER.noun, order, "recategorise", actor=actor, data=data)


async def _keep_from_helpers(session: AsyncSession, case: OrderCase, actor: Actor) -> None:
    """No longer theirs: nobody finds it in the pool, and the system asks nobody. A chain goes on with whose it is."""
    order = case.order
    if order.state is OrderState.PUBLISHED:
        move(session, case, decide(case, OrderAction.VACATE, SYSTEM), actor, target=OrderState.OPEN)
    if await way_of(session, order.id) is None:
        order.auto_offer, order.next_offer_at = False, None
    await go_on(session, case)


def _begun(case: OrderCase, kind: ClockKind) -> datetime:
    clock = case.timing.open(kind)
    return now() if clock is None else clock.started_at
