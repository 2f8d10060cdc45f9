"""Milestones of projects: set, moved, done or dropped; reminded before, and told when late."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.evaluations import REMIND_DAYS
from app.domain.people import Actor
from app.domain.projects import ProjectState
from app.models import Milestone, Project
from app.schemas.milestones import (
    MilestoneComplete,
    MilestoneCreate,
    MilestoneDrop,
    MilestoneQuery,
    MilestoneRead,
    MilestoneUpdate,
)
from app.services.outbox import changes, hold, publish
from app.services.places import paged
from app.services.projects_parts import in_sight, must_allow, must_go_on, part_of, project_for

NOUN = "milestone"
_FIELDS = tuple(MilestoneRead.model_fields)


def present(milestone: Milestone) -> dict[str, Any]:
    return {name: getattr(milestone, name) for name in _FIELDS}


async def load(session: AsyncSession, actor: Actor, milestone_id: UUID) -> Milestone:
    found, _ = await part_of(session, actor, Milestone, milestone_id, "milestones:read", lock=False)
    return found


async def page(session: AsyncSession, actor: Actor, query: MilestoneQuery) -> Page[Milestone]:
    access.require_anywhere(actor, "milestones:list")
    rows = select(Milestone).where(in_sight(Milestone, actor))
    undone = and_(Milestone.done_at.is_(None), Milestone.dropped_at.is_(None))
    if query.project_id is not None:
        rows = rows.where(Milestone.project_id == query.project_id)
    if query.open is not None:
        rows = rows.where(
            undone if query.open else or_(Milestone.done_at.is_not(None), Milestone.dropped_at.is_not(None))
        )
    if query.overdue:
        rows = rows.where(undone, Milestone.due_on < today())
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Milestone.id > after)
    return paged((await session.scalars(rows.order_by(Milestone.id).limit(query.limit + 1))).all(), query.limit)


async def create(session: AsyncSession, actor: Actor, form: MilestoneCreate) -> Milestone:
    case = await project_for(session, actor, form.project_id, "milestones:create")
    must_allow(case, "milestones:create")
    must_go_on(case)
    milestone = Milestone(district_id=actor.district_id, id=new_id(), path=case.project.path, **form.model_dump())
    session.add(milestone)
    publish(session, NOUN, milestone, "create", actor=actor, data=changes(form.model_dump(mode="json")))
    return milestone


async def update(
    session: AsyncSession, actor: Actor, milestone_id: UUID, version: int, form: MilestoneUpdate
) -> Milestone:
    """Reword it, or give it another date, of which its units are reminded anew."""
    milestone = await _open(session, actor, milestone_id, "milestones:update")
    await hold(session, milestone, version)
    for name, value in form.model_dump(exclude_unset=True).items():
        setattr(milestone, name, value)
    if "due_on" in form.model_fields_set:
        milestone.reminded_at = milestone.overdue_at = None
    told = changes(form.model_dump(mode="json", exclude_unset=True))
    publish(session, NOUN, milestone, "update", actor=actor, data=told)
    return milestone


async def _open(session: AsyncSession, actor: Actor, milestone_id: UUID, permission: str) -> Milestone:
    milestone, case = await part_of(session, actor, Milestone, milestone_id, permission)
    must_allow(case, permission)
    must_go_on(case)
    if milestone.done_at is not None or milestone.dropped_at is not None:
        raise Conflict("此节点已完成或已取消")
    return milestone


async def complete(session: AsyncSession, actor: Actor, milestone_id: UUID, form: MilestoneComplete) -> Milestone:
    milestone = await _open(session, actor, milestone_id, "milestones:complete")
    milestone.done_at, milestone.done_by, milestone.words = now(), actor.person_id, form.words
    publish(session, NOUN, milestone, "complete", actor=actor, data={"words": form.words})
    return milestone


async def drop(session: AsyncSession, actor: Actor, milestone_id: UUID, form: MilestoneDrop) -> Milestone:
    milestone = await _open(session, actor, milestone_id, "milestones:drop")
    milestone.dropped_at, milestone.words = now(), form.words
    publish(session, NOUN, milestone, "drop", actor=actor, data={"words": form.words})
    return milestone


async def must_be_done(session: AsyncSession, project: Project) -> None:
    """409 while a milestone of the project is open."""
    waiting = select(Milestone.id).where(
        Milestone.project_id == project.id, Milestone.done_at.is_(None), Milestone.dropped_at.is_(None)
    )
    if await session.scalar(waiting.limit(1)) is not None:
        raise Conflict("还有节点未完成；不再做的请取消并写明理由")


def reminded_until() -> date:
    """Milestones due by this day are near."""
    return today() + timedelta(days=REMIND_DAYS)


async def remind(session: AsyncSession, milestone_id: UUID) -> None:
    """Its date is near: its units are told, once."""
    milestone = await _late(session, milestone_id)
    if milestone.reminded_at is not None or milestone.due_on > reminded_until():
        raise Conflict("已提醒，或时间未到")
    milestone.reminded_at = now()
    publish(session, NOUN, milestone, "remind", actor=None, data={"due_on": milestone.due_on.isoformat()})


async def alarm(session: AsyncSession, milestone_id: UUID) -> None:
    """Its date has passed: its units and the community are told, once."""
    milestone = await _late(session, milestone_id)
    if milestone.overdue_at is not None or milestone.due_on >= today():
        raise Conflict("已告知，或时间未到")
    milestone.overdue_at = now()
    milestone.reminded_at = milestone.reminded_at or milestone.overdue_at
    publish(session, NOUN, milestone, "overdue", actor=None, data={"due_on": milestone.due_on.isoformat()})


async def _late(session: AsyncSession, milestone_id: UUID) -> Milestone:
    """An open milestone of a project under way, locked after its project."""
    here = select(Project).join(
        Milestone, (Milestone.district_id == Project.district_id) & (Milestone.project_id == Project.id)
    )
    project = await session.scalar(here.where(Milestone.id == milestone_id).with_for_update(of=Project))
    milestone = await session.scalar(select(Milestone).where(Milestone.id == milestone_id).with_for_update())
    if milestone is None or project is None or project.state is not ProjectState.RUNNING:
        raise Conflict("项目不在实施中")
    if milestone.done_at is not None or milestone.dropped_at is not None:
        raise Conflict("此节点已完成或已取消")
    return milestone
