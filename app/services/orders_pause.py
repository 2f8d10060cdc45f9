"""What stops an order or turns it back: suspend, plan, terminate with another's approval; objections of units."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, RuleBroken
from app.domain.assignments import AssignmentAction
from app.domain.lifecycle import Step
from app.domain.orders import LONGEST_SUSPENSION, OBJECT_WINDOW, OrderAction, OrderState
from app.domain.people import Actor
from app.schemas.orders import (
    OrderDue,
    OrderObject,
    OrderOverrule,
    OrderPlan,
    OrderResume,
    OrderSuspend,
    OrderTerminate,
    OrderUphold,
)
from app.services.approvals import ask, decides_alone
from app.services.assignments_check import check_everyone_out
from app.services.due import must_be_due
from app.services.orders_case import OrderCase, decide, load, move
from app.services.orders_dispatch import go_on, move_assignment
from app.services.orders_release import release, settle_need, void_approvals

_Step = Step[OrderState, OrderAction]
ApprovedForm = OrderSuspend | OrderPlan | OrderTerminate


async def suspend(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderSuspend) -> OrderCase:
    """Ask to stop the resolve clock for a while."""
    return await _asked(session, actor, order_id, OrderAction.SUSPEND, form)


async def plan(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderPlan) -> OrderCase:
    """Ask to put the order on the books until a date (挂账); one level up approves."""
    return await _asked(session, actor, order_id, OrderAction.PLAN, form)


async def terminate(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderTerminate) -> OrderCase:
    """Ask to end the order without a result, in writing."""
    return await _asked(session, actor, order_id, OrderAction.TERMINATE, form)


async def _asked(
    session: AsyncSession, actor: Actor, order_id: UUID, action: OrderAction, form: ApprovedForm
) -> OrderCase:
    """Do it when the actor may approve it alone; otherwise leave a request, and the state as it is."""
    case = await load(session, actor, order_id, f"orders:{action.value}")
    step = decide(case, action)
    if isinstance(form, OrderPlan) and form.until <= now():
        raise RuleBroken("挂账日期须在今后", field="until")
    if decides_alone(step, case.parties, actor, case.order.path):
        await APPROVED[action](session, case, step, actor, form.model_dump(mode="json"))
    else:
        await ask(session, actor, "order", case.order, action.value, form.model_dump(mode="json"))
    return case


async def _suspend(session: AsyncSession, case: OrderCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    await check_everyone_out(session, case, actor)
    case.order.suspended_at = now()
    move(session, case, step, actor, **form)


async def _plan(session: AsyncSession, case: OrderCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    await check_everyone_out(session, case, actor)
    case.order.planned_until = OrderPlan.model_validate(form).until
    move(session, case, step, actor, **form)


async def _terminate(session: AsyncSession, case: OrderCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    await release(session, case, actor)
    case.order.closed_at = now()
    move(session, case, step, actor, **form)
    await settle_need(session, case.need)


APPROVED: dict[OrderAction, Callable[..., Awaitable[None]]] = {
    OrderAction.SUSPEND: _suspend,
    OrderAction.PLAN: _plan,
    OrderAction.TERMINATE: _terminate,
}
"""What an approved request does."""


async def resume(session: AsyncSession, actor: Actor | None, order_id: UUID, form: OrderResume) -> OrderCase:
    """Go on; the deadline moves by the time the clock stood still."""
    case = await load(session, actor, order_id, "orders:resume")
    step = decide(case, OrderAction.RESUME)
    since = case.order.suspended_at
    must_be_due(actor, since and since + LONGEST_SUSPENSION)
    if since is not None:
        case.order.due_at += now() - since
    case.order.suspended_at = None
    move(session, case, step, actor, words=form.words, due_at=case.order.due_at.isoformat())
    return case


async def due(session: AsyncSession, actor: Actor | None, order_id: UUID, form: OrderDue) -> OrderCase:
    """The planned date has come, or the obstacle is gone: the work goes on."""
    case = await load(session, actor, order_id, "orders:due")
    step = decide(case, OrderAction.DUE)
    must_be_due(actor, case.order.planned_until)
    case.order.planned_until = None
    move(session, case, step, actor, words=form.words)
    return case


async def object_to(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderObject) -> OrderCase:
    """The unit says "not ours", once and within its limit; who stands above decides."""
    case = await load(session, actor, order_id, "orders:object")
    step = decide(case, OrderAction.OBJECT)
    if case.order.overruled or case.order.objected_at is not None:
        raise Conflict("异议只能提出一次")
    if case.order.assigned_at is None or case.order.assigned_at + OBJECT_WINDOW < now():
        raise Conflict("已超过提出异议的期限")
    case.order.objected_at = now()
    move(session, case, step, actor, basis=form.basis)
    return case


async def uphold(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderUphold) -> OrderCase:
    case = await load(session, actor, order_id, "orders:uphold")
    step = decide(case, OrderAction.UPHOLD)
    for assignment in case.active:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    case.order.people_accepted = 0
    case.order.objected_at = case.order.assigned_at = None
    move(session, case, step, actor, words=form.words)
    await void_approvals(session, case.order)
    await go_on(session, case)
    return case


async def overrule(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderOverrule) -> OrderCase:
    """The objection fails; after this the order cannot be returned."""
    case = await load(session, actor, order_id, "orders:overrule")
    step = decide(case, OrderAction.OVERRULE)
    case.order.overruled = True
    move(session, case, step, actor, words=form.words)
    return case
