"""Granting or denying a request: only now does the need or the order move."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden
from app.domain import access
from app.domain.approvals import ApprovalState, Subject
from app.domain.needs import NEED, NeedAction
from app.domain.orders import ORDER, OrderAction
from app.domain.people import Actor
from app.models import Approval
from app.schemas.approvals import ApprovalDeny, ApprovalGrant
from app.services import approvals, needs_case, orders_case
from app.services.needs_plan import PLANNED
from app.services.orders_pause import APPROVED
from app.services.outbox import publish


async def grant(session: AsyncSession, actor: Actor, approval_id: UUID, form: ApprovalGrant) -> Approval:
    """Approve, and make the move that was asked for; 409 when the row has moved on meanwhile."""
    approval = await _pending(session, actor, approval_id, "approvals:grant")
    if approval.subject is Subject.ORDER:
        await _grant_order(session, actor, approval)
    else:
        await _grant_need(session, actor, approval)
    _close(session, approval, actor, ApprovalState.GRANTED, "grant", form.words)
    return approval


async def deny(session: AsyncSession, actor: Actor, approval_id: UUID, form: ApprovalDeny) -> Approval:
    approval = await _pending(session, actor, approval_id, "approvals:deny")
    await _still_pending(session, approval)
    _check_level(approval, actor)
    _close(session, approval, actor, ApprovalState.DENIED, "deny", form.words)
    return approval


async def _pending(session: AsyncSession, actor: Actor, approval_id: UUID, permission: str) -> Approval:
    approval = await approvals.load(session, actor, approval_id)
    access.require(actor, permission, approval.path)
    if approval.asked_by == actor.person_id:
        raise Forbidden("不能批准自己的申请")
    return approval


def _check_level(approval: Approval, actor: Actor) -> None:
    """Who may approve is written in the lifecycle's step."""
    lifecycle, action = (
        (ORDER, OrderAction(approval.action))
        if approval.subject is Subject.ORDER
        else (NEED, NeedAction(approval.action))
    )
    allowed = {role for step in lifecycle.steps if step.action == action for role in step.approval}
    if not allowed & actor.roles_at(approval.path):
        raise Forbidden("须由上一级批准")


async def _grant_order(session: AsyncSession, actor: Actor, approval: Approval) -> None:
    case = await orders_case.load(session, actor, approval.subject_id, "orders:read")
    await _still_pending(session, approval)
    action = OrderAction(approval.action)
    step = orders_case.decide(case, action, ORDER.who(action))
    _check_level(approval, actor)
    approval.state = ApprovalState.GRANTED
    await APPROVED[action](session, case, step, actor, approval.form)


async def _grant_need(session: AsyncSession, actor: Actor, approval: Approval) -> None:
    case = await needs_case.load(session, actor, approval.subject_id, "needs:read")
    await _still_pending(session, approval)
    action = NeedAction(approval.action)
    step = NEED.decide(case.need.state, action, NEED.who(action))
    _check_level(approval, actor)
    approval.state = ApprovalState.GRANTED
    await PLANNED[action](session, case, step, actor, approval.form)


async def _still_pending(session: AsyncSession, approval: Approval) -> None:
    """Read the request again once the row it is about is locked: rows first, requests after, for every verb."""
    await session.refresh(approval, with_for_update=True)
    if approval.state is not ApprovalState.PENDING:
        raise Conflict("该申请已有结论")


def _close(
    session: AsyncSession, approval: Approval, actor: Actor, state: ApprovalState, action: str, words: str | None
) -> None:
    approval.state = state
    approval.decided_by = actor.person_id
    approval.decided_at = now()
    approval.words = words
    publish(
        session,
        "approval",
        approval,
        action,
        actor=actor,
        source=ApprovalState.PENDING.value,
        target=state.value,
        data={"subject_id": str(approval.subject_id), "action": approval.action, "words": words},
    )
