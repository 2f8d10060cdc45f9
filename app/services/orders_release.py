"""Letting people go when an order ends early or starts anew, and telling the need how its orders stand."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.assignments import AssignmentAction
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.orders import ENDED, OrderAction, OrderState, Outcome
from app.domain.people import Actor
from app.models import Approval, Need, Order
from app.services import approvals, extensions
from app.services.assignments_check import check_everyone_out
from app.services.orders_case import SYSTEM, OrderCase, decide, move
from app.services.orders_dispatch import move_assignment, want_again
from app.services.orders_ending import end_beside
from app.services.outbox import publish


async def release(session: AsyncSession, case: OrderCase, actor: Actor | None) -> None:
    """Free everyone who holds a place or is asked; who is serving just now keeps the time given so far."""
    await check_everyone_out(session, case, actor)
    for assignment in case.active + case.invited:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    await end_beside(session, case.order, actor)
    # Last: whatever queries after this writes the order as it is, and a suspended one without its date is refused.
    await void_approvals(session, case.order)
    case.order.people_accepted = 0
    stand_again(case.order)


def stand_again(order: Order) -> None:
    """It stands aside no more: neither suspended for a reason nor on the books until a date."""
    order.suspended_at = order.suspend_reason = None
    order.planned_until = order.obstacle = order.measures = None


async def void_approvals(session: AsyncSession, row: Order | Need) -> None:
    """Requests about a row that has moved on by itself are void, and so are those for a later limit."""
    await approvals.void(session, Approval.subject_id == row.id)
    if isinstance(row, Order):
        await extensions.end(session, row, None)


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


async def settle_need(session: AsyncSession, need: Need) -> None:
    """Once every order of this round of a need in service is closed and solved, the need is met."""
    if need.state is not NeedState.IN_SERVICE:
        return
    await session.flush()
    rows = await session.execute(
        select(Order.state, Order.outcome).where(Order.need_id == need.id, Order.need_round == need.round)
    )
    standing = [(state, outcome) for state, outcome in rows if state not in ENDED - {OrderState.CLOSED}]
    if standing and all(outcome is Outcome.SOLVED for _, outcome in standing):
        need.met_at = now()
        move_need(session, need, NeedAction.MEET, None)
        await void_approvals(session, need)


async def vacate(session: AsyncSession, case: OrderCase, actor: Actor | None) -> None:
    """A holder fell out: the place is free, and the order open again unless others carry on with it."""
    order = case.order
    order.people_accepted -= 1
    target = order.state if _goes_on(case) else OrderState.OPEN
    if target is OrderState.OPEN:
        order.reported_at = None
        want_again(order)
        stand_again(order)
    move(session, case, decide(case, OrderAction.VACATE, SYSTEM), actor, target=target)
    await void_approvals(session, order)
    await session.flush()


def _goes_on(case: OrderCase) -> bool:
    """Whether the order stays as it is without one of its holders."""
    state = case.order.state
    if state in {OrderState.PUBLISHED, OrderState.OFFERED}:
        return state is OrderState.PUBLISHED or bool(case.invited)
    return state is not OrderState.ACCEPTED and bool(case.active)
