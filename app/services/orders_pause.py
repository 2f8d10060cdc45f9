"""What stops an order: suspend, plan, terminate with another's approval."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.lifecycle import Step
from app.domain.orders import LONGEST_SUSPENSION, OrderAction, OrderState
from app.domain.people import Actor
from app.schemas.orders import OrderDue, OrderPlan, OrderResume, OrderSuspend, OrderTerminate
from app.services.approvals import ask, decides_alone
from app.services.assignments_check import check_everyone_out
from app.services.due import must_be_ahead, must_be_due
from app.services.orders_case import OrderCase, decide, load, move
from app.services.orders_release import release, settle_need, stand_again

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
    if isinstance(form, OrderPlan):
        must_be_ahead(form.until)
    if decides_alone(step, case.parties, actor, case.order.path):
        await APPROVED[action](session, case, step, actor, form.model_dump(mode="json"))
    else:
        await ask(session, actor, "order", case.order, action.value, form.model_dump(mode="json"))
    return case


async def _suspend(session: AsyncSession, case: OrderCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    await check_everyone_out(session, case, actor)
    case.order.suspended_at, case.order.suspend_reason = now(), OrderSuspend.model_validate(form).reason
    move(session, case, step, actor, **form)


async def _plan(session: AsyncSession, case: OrderCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    await check_everyone_out(session, case, actor)
    wish = OrderPlan.model_validate(form)
    must_be_ahead(wish.until)
    case.order.planned_until, case.order.obstacle, case.order.measures = wish.until, wish.obstacle, wish.measures
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
    """Go on; the clock runs on with what was left, and the deadline moves with it."""
    case = await load(session, actor, order_id, "orders:resume")
    step = decide(case, OrderAction.RESUME)
    since = case.order.suspended_at
    must_be_due(actor, since and since + LONGEST_SUSPENSION)
    stand_again(case.order)
    move(session, case, step, actor, words=form.words)
    return case


async def due(session: AsyncSession, actor: Actor | None, order_id: UUID, form: OrderDue) -> OrderCase:
    """The planned date has come, or the obstacle is gone: the work goes on."""
    case = await load(session, actor, order_id, "orders:due")
    step = decide(case, OrderAction.DUE)
    must_be_due(actor, case.order.planned_until)
    stand_again(case.order)
    move(session, case, step, actor, words=form.words)
    return case
