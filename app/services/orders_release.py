"""Letting people go when an order ends early or starts anew, and telling the need how its orders stand."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.approvals import ApprovalState
from app.domain.assignments import AssignmentAction, AssignmentState
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.orders import ENDED, OrderAction, OrderState, Outcome
from app.domain.people import Actor
from app.models import Approval, Need, Order
from app.services.hours_record import record_service
from app.services.orders_case import SYSTEM, OrderCase, decide, move
from app.services.orders_dispatch import move_assignment
from app.services.outbox import publish
from app.services.service_windows import end_window


async def release(session: AsyncSession, case: OrderCase, actor: Actor | None) -> None:
    """Free everyone who holds a place or is asked; who is serving just now keeps the time given so far."""
    for assignment in case.active + case.invited:
        if assignment.state is AssignmentState.CHECKED_IN:
            assignment.checked_out_at, assignment.check_out_method = now(), assignment.check_in_method
            await end_window(session, assignment, assignment.checked_out_at)
            record_service(session, case.order, assignment, actor)
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    # Last: whatever queries after this writes the order as it is, and a suspended one without its date is refused.
    await void_approvals(session, case.order)
    case.order.people_accepted = 0
    case.order.suspended_at = case.order.planned_until = None


async def void_approvals(session: AsyncSession, row: Order | Need) -> None:
    """Requests about a row that has moved on by itself are void."""
    pending = await session.scalars(
        select(Approval).where(Approval.subject_id == row.id, Approval.state == ApprovalState.PENDING)
    )
    for approval in pending:
        approval.state = ApprovalState.VOID
        publish(session, "approval", approval, "void", actor=None, source="pending", target="void")


def move_need(
    session: AsyncSession,
    need: Need,
    action: NeedAction,
    actor: Actor | None,
    *,
    target: NeedState | None = None,
    **data: Any,
) -> None:
    """A need's step that follows from its orders, taken by the system."""
    step = NEED.decide(need.state, action, SYSTEM)
    source, need.state = need.state, target or step.target
    publish(
        session,
        NEED.noun,
        need,
        action.value,
        actor=actor,
        source=source.value,
        target=need.state.value,
        data=data,
    )


async def settle_need(session: AsyncSession, case: OrderCase) -> None:
    """Once every order of a need in service is closed and solved, the need is met."""
    if case.need.state is not NeedState.IN_SERVICE:
        return
    await session.flush()
    rows = await session.execute(select(Order.state, Order.outcome).where(Order.need_id == case.need.id))
    standing = [(state, outcome) for state, outcome in rows if state not in ENDED - {OrderState.CLOSED}]
    if standing and all(outcome is Outcome.SOLVED for _, outcome in standing):
        case.need.met_at = now()
        move_need(session, case.need, NeedAction.MEET, None)


async def vacate(session: AsyncSession, case: OrderCase, actor: Actor) -> None:
    """A holder fell out: the place is free, and the order open again unless others carry on with it."""
    case.order.people_accepted -= 1
    state = case.order.state
    target = OrderState.OPEN
    if state in {OrderState.PUBLISHED, OrderState.OFFERED} or (state is OrderState.IN_PROGRESS and case.active):
        target = state
    move(session, case, decide(case, OrderAction.VACATE, SYSTEM), actor, target=target)
    await session.flush()
