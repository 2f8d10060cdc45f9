"""When a unit says "not ours": it cites the duty, and a third party who stands above both judges."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden
from app.domain import access
from app.domain.assignments import AssignmentAction
from app.domain.objections import Verdict
from app.domain.orders import OBJECT_WORKING_DAYS, OrderAction
from app.domain.people import Actor, Relation
from app.domain.workdays import add_working_days
from app.schemas.objections import ObjectionRead
from app.schemas.orders import OrderObject, OrderOverrule, OrderUphold
from app.services import objections
from app.services.orders_answers import go_on
from app.services.orders_case import OrderCase, decide, load, move
from app.services.orders_dispatch import move_assignment, want_again
from app.services.orders_release import void_approvals

_ALL = access.TABLE["orders:objections"] - {Relation.ASKED}
"""Who reads every objection to an order; a unit that was asked reads its own."""


async def object_to(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderObject) -> OrderCase:
    """The unit says "not ours", once and within its limit; who stands above decides."""
    case = await load(session, actor, order_id, "orders:object")
    step = decide(case, OrderAction.OBJECT)
    if case.order.overruled or case.order.objected_at is not None:
        raise Conflict("异议只能提出一次")
    assigned_at = case.order.assigned_at
    if assigned_at is None or add_working_days(assigned_at, OBJECT_WORKING_DAYS) < now():
        raise Conflict("已超过提出异议的期限")
    case.order.objected_at = now()
    held = next(a for a in case.active if a.organization_id is not None)
    await objections.note(session, actor, case.order, held, form.ground, form.basis)
    data: dict[str, Any] = {"organization_id": str(held.organization_id), "ground": form.ground.value}
    move(session, case, step, actor, basis=form.basis, **data)
    return case


async def uphold(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderUphold) -> OrderCase:
    """Not theirs: the order is open again, and given to them again only by a supervisor's word."""
    case = await load(session, actor, order_id, "orders:uphold")
    step = decide(case, OrderAction.UPHOLD)
    judged = await objections.judge(session, actor, case.order, Verdict.UPHELD, form.words)
    for assignment in case.active:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    case.order.people_accepted = 0
    want_again(case.order)
    case.order.objected_at = case.order.assigned_at = None
    move(session, case, step, actor, words=form.words, **judged)
    await void_approvals(session, case.order)
    await go_on(session, case)
    return case


async def overrule(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderOverrule) -> OrderCase:
    """The objection fails; after this the order cannot be returned."""
    case = await load(session, actor, order_id, "orders:overrule")
    step = decide(case, OrderAction.OVERRULE)
    judged = await objections.judge(session, actor, case.order, Verdict.OVERRULED, form.words)
    case.order.overruled = True
    move(session, case, step, actor, words=form.words, **judged)
    return case


async def listed(session: AsyncSession, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """The objections to an order; a unit that only was asked sees its own."""
    case = await load(session, actor, order_id, "orders:read", lock=False)
    actor.checked.add("orders:objections")
    if not access.may("orders:objections", case.parties):
        raise Forbidden()
    unit = None if case.parties & _ALL else actor.organization_id
    found = [] if unit is None and not case.parties & _ALL else await objections.of_order(session, order_id, unit)
    items = [{name: getattr(row, name) for name in ObjectionRead.model_fields} for row in found]
    return {"order_id": order_id, "items": items}
