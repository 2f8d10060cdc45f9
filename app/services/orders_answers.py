"""When somebody asked says no or stays silent, and whom an order that is open again goes to next."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.assignments import AssignmentAction, AssignmentState
from app.domain.orders import OrderAction, OrderState, after_refusal
from app.domain.people import Actor, Relation
from app.models import Assignment
from app.schemas.orders import OrderDecline
from app.services.orders_case import SYSTEM, OrderCase, decide, load, move
from app.services.orders_dispatch import move_assignment, offer_best
from app.services.orders_ways import follow


async def decline(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderDecline) -> OrderCase:
    """Say no to an invitation. It never counts against anyone; the next candidate is asked at once."""
    case = await load(session, actor, order_id, "orders:decline")
    decide(case, OrderAction.DECLINE)
    mine = case.mine(actor, {AssignmentState.INVITED})
    if mine is None:
        raise Conflict("您的邀请已答复或已过期")
    await _refused(session, case, mine, OrderAction.DECLINE, actor, words=form.words)
    return case


async def expire(session: AsyncSession, order_id: UUID) -> OrderCase:
    """The system's word for everyone asked who stayed silent past the deadline."""
    case = await load(session, None, order_id, "orders:expire")
    for assignment in case.invited:
        if assignment.answer_by is not None and assignment.answer_by <= now():
            await _refused(session, case, assignment, OrderAction.EXPIRE, None)
    return case


async def _refused(
    session: AsyncSession,
    case: OrderCase,
    assignment: Assignment,
    action: OrderAction,
    actor: Actor | None,
    **data: Any,
) -> None:
    step = decide(case, action, SYSTEM if actor is None else frozenset({Relation.ASKED}))
    move_assignment(session, assignment, AssignmentAction(action.value), actor)
    target = after_refusal(len(case.invited))
    move(session, case, step, actor, target=target, person_id=str(assignment.person_id), **data)
    await go_on(session, case)


async def uninvite(session: AsyncSession, case: OrderCase, asked: Collection[UUID]) -> None:
    """Nobody waits for the answers to these invitations any more; whom the order goes to next is asked at once."""
    for assignment in [row for row in case.invited if row.id in asked]:
        step = decide(case, OrderAction.EXPIRE, SYSTEM)
        move_assignment(session, assignment, AssignmentAction.RELEASE, None)
        target = after_refusal(len(case.invited))
        move(session, case, step, None, target=target, person_id=str(assignment.person_id))
    await go_on(session, case)


async def go_on(session: AsyncSession, case: OrderCase, *, anew: bool = False) -> None:
    """Where an open order is left to the system: the next step of its chain, or, without one, the next candidate.

    ``anew``: somebody had it, and the search begins again with the first step.
    """
    if case.order.auto_offer and case.order.state is OrderState.OPEN:
        await session.flush()
        if not await follow(session, case, anew=anew):
            await offer_best(session, case, None)


async def look_again(session: AsyncSession, order_id: UUID) -> None:
    """A round of the system for an open order nobody could be asked for before."""
    case = await load(session, None, order_id, "orders:offer")
    await go_on(session, case)
