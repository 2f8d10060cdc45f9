"""Granting or denying a request: only now does the need, the order or the project move."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden
from app.domain import access
from app.domain.approvals import LET_READ, ApprovalState, Subject
from app.domain.lifecycle import Lifecycle
from app.domain.needs import NEED, NeedAction
from app.domain.orders import ORDER, OrderAction
from app.domain.people import Actor, Role
from app.domain.projects import ABOVE, PROJECT, ProjectAction
from app.models import Approval
from app.schemas.approvals import ApprovalDeny, ApprovalGrant
from app.services import approvals, budget_lines, needs_case, orders_case, projects_case
from app.services.needs_case import NeedCase
from app.services.needs_plan import PLANNED
from app.services.orders_case import OrderCase
from app.services.orders_pause import APPROVED
from app.services.outbox import publish
from app.services.projects_case import ProjectCase
from app.services.projects_steps import LISTED

_Case = OrderCase | NeedCase | ProjectCase
_LIFECYCLES: dict[Subject, Lifecycle[Any, Any]] = {
    Subject.ORDER: ORDER,
    Subject.NEED: NEED,
    Subject.PROJECT: PROJECT,
}


async def grant(session: AsyncSession, actor: Actor, approval_id: UUID, form: ApprovalGrant) -> Approval:
    """Approve, and make the move that was asked for; 409 when the row has moved on meanwhile.

    To read a minor's record moves nothing: for a day, whoever asked may read it (``minors.may_read``).
    """
    approval, case = await _pending(session, actor, approval_id, "approvals:grant")
    approval.state = ApprovalState.GRANTED
    await _moved(session, case, actor, approval)
    _close(session, approval, actor, ApprovalState.GRANTED, "grant", form.words)
    return approval


async def _moved(session: AsyncSession, case: _Case | None, actor: Actor, approval: Approval) -> None:
    """The move that was asked for, by whoever asked."""
    match case:
        case OrderCase():
            action = OrderAction(approval.action)
            step = ORDER.decide(case.order.state, action, ORDER.who(action))
            await APPROVED[action](session, case, step, actor, approval.form)
        case NeedCase():
            wish = NeedAction(approval.action)
            need_step = NEED.decide(case.need.state, wish, NEED.who(wish))
            await PLANNED[wish](session, case, need_step, actor, approval.form)
        case ProjectCase():
            await _moved_project(session, case, actor, approval)
        case None:
            pass


async def _moved_project(session: AsyncSession, case: ProjectCase, actor: Actor, approval: Approval) -> None:
    if (spend := budget_lines.APPROVED.get(approval.action)) is not None:
        await spend(session, case, actor, approval.form)
        return
    asked = ProjectAction(approval.action)
    step = PROJECT.decide(case.project.state, asked, PROJECT.who(asked))
    await LISTED[asked](session, case, step, actor, approval.form)


async def deny(session: AsyncSession, actor: Actor, approval_id: UUID, form: ApprovalDeny) -> Approval:
    approval, _ = await _pending(session, actor, approval_id, "approvals:deny")
    _close(session, approval, actor, ApprovalState.DENIED, "deny", form.words)
    return approval


async def _pending(
    session: AsyncSession, actor: Actor, approval_id: UUID, permission: str
) -> tuple[Approval, _Case | None]:
    """A request this actor may decide, with the row it is about: rows are locked first, requests after, by every verb."""
    approval = await approvals.load(session, actor, approval_id)
    access.require(actor, permission, approval.path)
    case: _Case | None = None
    if (load := _LOADS.get(approval.subject)) is not None:
        case = await load(session, actor, approval.subject_id)
    if approval.asked_by == actor.person_id or (case is not None and approvals.OWN_WORK & case.parties):
        raise Forbidden("不能批准自己的申请，也不能批准自己承办的事")
    _check_level(approval, actor)
    await session.refresh(approval, with_for_update=True)
    if approval.state is not ApprovalState.PENDING:
        raise Conflict("该申请已有结论")
    return approval, case


_LOADS: dict[Subject, Callable[[AsyncSession, Actor, UUID], Awaitable[_Case]]] = {
    Subject.ORDER: lambda session, actor, row_id: orders_case.load(session, actor, row_id, "orders:read"),
    Subject.NEED: lambda session, actor, row_id: needs_case.load(session, actor, row_id, "needs:read"),
    Subject.PROJECT: lambda session, actor, row_id: projects_case.load(session, actor, row_id, "projects:read"),
}


def _check_level(approval: Approval, actor: Actor) -> None:
    """Who may approve is written in the lifecycle's step; not by a role that whoever asked has lent."""
    if approval.subject is Subject.PERSON:
        allowed: frozenset[Role] = LET_READ
    elif approval.action in budget_lines.APPROVED:
        allowed = ABOVE
    else:
        steps = _LIFECYCLES[approval.subject].steps
        allowed = frozenset(role for step in steps if step.action == approval.action for role in step.approval)
    if not allowed & actor.roles_not_of(approval.asked_by, approval.path):
        raise Forbidden("须由上一级批准")


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
