"""What moves a project: returned, listed, begun, delivered, sent back, archived, cancelled. Claims stand in ``projects_units``."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.lifecycle import Step
from app.domain.people import Actor
from app.domain.projects import CancelReason, ProjectAction, ProjectState, needs_approval
from app.models import Approval
from app.schemas.projects import (
    ProjectArchive,
    ProjectCancel,
    ProjectDeliver,
    ProjectPublish,
    ProjectResubmit,
    ProjectReturn,
    ProjectRework,
    ProjectStart,
    ProjectWithdraw,
)
from app.services import (
    approvals,
    bookings_end,
    evaluations,
    milestones,
    projects_activities,
    projects_needs,
    vouchers,
)
from app.services.projects_case import ProjectCase, decide, load, move

_Step = Step[ProjectState, ProjectAction]


async def send_back(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectReturn) -> ProjectCase:
    """Return it to whoever proposed it, to be corrected."""
    case = await load(session, actor, project_id, "projects:return")
    step = decide(case, ProjectAction.RETURN)
    case.project.words = form.words
    move(session, case, step, actor, words=form.words)
    await _void(session, case)
    return case


async def resubmit(session: AsyncSession, actor: Actor, project_id: UUID, _: ProjectResubmit) -> ProjectCase:
    case = await load(session, actor, project_id, "projects:resubmit")
    move(session, case, decide(case, ProjectAction.RESUBMIT), actor)
    return case


async def withdraw(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectWithdraw) -> ProjectCase:
    case = await load(session, actor, project_id, "projects:withdraw")
    step = decide(case, ProjectAction.WITHDRAW)
    _end(case, CancelReason.WITHDRAWN, form.words)
    move(session, case, step, actor, words=form.words)
    await _void(session, case)
    return case


async def publish(session: AsyncSession, actor: Actor, project_id: UUID, _: ProjectPublish) -> ProjectCase:
    """Put it on the list, where member units and residents see it; public money moves only once one level up agrees."""
    case = await load(session, actor, project_id, "projects:publish")
    step = decide(case, ProjectAction.PUBLISH)
    project = case.project
    wish = {"budget_fen": project.budget_fen}
    alone = approvals.decides_alone(step, case.parties, actor, project.path)
    if needs_approval(project.kind) and not alone:
        await approvals.ask(session, actor, "project", project, step.action.value, wish)
    else:
        await _list(session, case, step, actor, wish)
    return case


async def _list(session: AsyncSession, case: ProjectCase, step: _Step, actor: Actor, form: dict[str, Any]) -> None:
    if form["budget_fen"] != case.project.budget_fen:
        raise Conflict("申请之后预算总额已变，请重新申请")
    case.project.listed_at = now()
    move(session, case, step, actor, **form)


LISTED: dict[ProjectAction, Callable[..., Awaitable[None]]] = {ProjectAction.PUBLISH: _list}
"""What an approved request does."""


async def start(session: AsyncSession, actor: Actor, project_id: UUID, _: ProjectStart) -> ProjectCase:
    """The work begins: the orders of the needs it answers go to the lead unit."""
    case = await load(session, actor, project_id, "projects:start")
    step = decide(case, ProjectAction.START)
    lead = case.lead
    if lead is None:
        raise Conflict("还没有牵头单位")
    await projects_needs.take_up(session, case, actor, lead.organization_id)
    case.project.started_at = now()
    move(session, case, step, actor, organization_id=str(lead.organization_id))
    return case


async def deliver(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectDeliver) -> ProjectCase:
    """The lead unit says what came of it; residents judge it from now on."""
    case = await load(session, actor, project_id, "projects:deliver")
    step = decide(case, ProjectAction.DELIVER)
    project = case.project
    await milestones.must_be_done(session, project)
    await projects_activities.must_be_over(session, project)
    await projects_needs.report(session, case, actor, form)
    await bookings_end.settle(session, actor, project.id)
    project.result, project.people_reached = form.result, form.people_reached
    project.evidence = {kind.value: shown for kind, shown in form.evidence.items()}
    project.delivered_at = now()
    move(session, case, step, actor, result=form.result, people_reached=form.people_reached)
    return case


async def rework(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectRework) -> ProjectCase:
    """Not good enough: it goes on, and is judged anew when it is delivered again."""
    case = await load(session, actor, project_id, "projects:rework")
    step = decide(case, ProjectAction.REWORK)
    project = case.project
    await projects_needs.hold_again(session, case)
    project.round += 1
    project.evaluated_at = None
    project.words = form.words
    move(session, case, step, actor, words=form.words, round=project.round)
    return case


async def archive(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectArchive) -> ProjectCase:
    case = await load(session, actor, project_id, "projects:archive")
    step = decide(case, ProjectAction.ARCHIVE)
    await evaluations.must_be_answered(session, case.project, form.words)
    await vouchers.must_be_settled(session, case.project)
    projects_needs.done(case)
    case.project.words, case.project.ended_at = form.words, now()
    move(session, case, step, actor, words=form.words)
    await _void(session, case)
    return case


async def cancel(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectCancel) -> ProjectCase:
    """Give it up for a reason; needs it had taken up are open again for others."""
    case = await load(session, actor, project_id, "projects:cancel")
    step = decide(case, ProjectAction.CANCEL)
    await projects_needs.let_go(session, case, actor)
    await bookings_end.give_back_all(session, actor, case.project.id)
    _end(case, form.reason, form.words)
    move(session, case, step, actor, reason=form.reason.value, words=form.words)
    await _void(session, case)
    return case


def _end(case: ProjectCase, reason: CancelReason, words: str | None) -> None:
    case.project.cancel_reason, case.project.words = reason, words
    case.project.ended_at = now()


async def _void(session: AsyncSession, case: ProjectCase) -> None:
    await approvals.void(session, Approval.subject_id == case.project.id)
