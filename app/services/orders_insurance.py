"""The accident insurance an order's helpers need before they are asked (志愿服务条例 §17)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import Conflict, Forbidden, RuleBroken
from app.domain import access
from app.domain.catalogue import terms_of
from app.domain.orders import ENDED, ORDER
from app.domain.people import Actor
from app.schemas.orders import OrderInsure
from app.services.orders_answers import go_on
from app.services.orders_case import OrderCase, load
from app.services.outbox import publish


async def insure(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderInsure) -> OrderCase:
    """Record the policy, or its renewal. An order left to the system is offered from then on."""
    case = await load(session, actor, order_id, "orders:insure")
    order = case.order
    if not access.may("orders:insure", case.parties):
        raise Forbidden()
    if order.state in ENDED:
        raise Conflict("工单已结束")
    if not terms_of(order.terms).insured:
        raise RuleBroken("此类服务不要求保险")
    if form.insured_until < today():
        raise RuleBroken("保单已过期", field="insured_until")
    order.insurer, order.policy_number, order.insured_until = form.insurer, form.policy_number, form.insured_until
    publish(session, ORDER.noun, order, "insure", actor=actor, data={"insured_until": form.insured_until.isoformat()})
    await go_on(session, case)
    return case
