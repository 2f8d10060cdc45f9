"""Requests for another's approval: asked for here, decided in ``approvals_decide``."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Duplicate, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.approvals import ApprovalState, Subject
from app.domain.lifecycle import Step
from app.domain.people import Actor, Parties, Relation
from app.models import Approval, Need, Order, Project
from app.schemas.approvals import ApprovalQuery
from app.services.access import reads_all, under
from app.services.outbox import publish
from app.services.places import paged

OWN_WORK: Parties = frozenset({Relation.HOLDER, Relation.LEAD, Relation.SUPPORT})
"""Whose own work it is: they approve nothing about it."""


def decides_alone(step: Step[Any, Any], parties: Parties, actor: Actor, path: str) -> bool:
    """Whether the caller may approve their own wish: nobody approves their own work, so a holder never does.

    By a role of their own: what they hold only while standing in for somebody approves nothing they wish themselves.
    """
    return not step.approval or (bool(step.approval & actor.own_roles_at(path)) and not OWN_WORK & parties)


async def ask(
    session: AsyncSession, actor: Actor, subject: str, row: Need | Order | Project, action: str, form: dict[str, Any]
) -> Approval:
    """Leave a request; the row stays as it is. 409 while one of the same kind is pending."""
    pending = await session.scalar(
        select(Approval.id).where(
            Approval.subject_id == row.id, Approval.action == action, Approval.state == ApprovalState.PENDING
        )
    )
    if pending is not None:
        raise Duplicate("同样的申请正在等待批准")
    approval = Approval(
        district_id=row.district_id,
        id=new_id(),
        subject=Subject(subject),
        subject_id=row.id,
        action=action,
        form=form,
        path=row.path,
        state=ApprovalState.PENDING,
        asked_by=actor.person_id,
        created_at=now(),
    )
    session.add(approval)
    data = {"subject": subject, "subject_id": str(row.id), "action": action}
    publish(session, "approval", approval, "ask", actor=actor, target="pending", data=data)
    return approval


async def void(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Pending requests nobody needs to decide any more."""
    pending = await session.scalars(
        select(Approval).where(which, Approval.state == ApprovalState.PENDING).order_by(Approval.id).with_for_update()
    )
    for approval in pending:
        approval.state = ApprovalState.VOID
        publish(session, "approval", approval, "void", actor=None, source="pending", target="void")


async def load(session: AsyncSession, actor: Actor, approval_id: UUID) -> Approval:
    """A request; 404 unless the actor asked for it or reads its place."""
    approval = await session.scalar(select(Approval).where(Approval.id == approval_id))
    if approval is None:
        raise NotFound()
    own = frozenset({Relation.HOLDER}) if approval.asked_by == actor.person_id else frozenset()
    actor.checked.add("approvals:read")
    if not access.may("approvals:read", actor.roles_at(approval.path) | own):
        raise NotFound()
    return approval


async def page(session: AsyncSession, actor: Actor, query: ApprovalQuery) -> Page[Approval]:
    access.require_anywhere(actor, "approvals:list")
    rows = select(Approval).where(under(Approval, reads_all(actor))).order_by(Approval.id.desc()).limit(query.limit + 1)
    if query.state is not None:
        rows = rows.where(Approval.state == query.state)
    if query.subject_id is not None:
        rows = rows.where(Approval.subject_id == query.subject_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Approval.id < after)
    return paged((await session.scalars(rows)).all(), query.limit)
