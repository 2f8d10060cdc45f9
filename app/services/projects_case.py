"""A project with its units, its needs, and what the actor is to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.activities import HIDDEN, ActivityState
from app.domain.lifecycle import Step
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.domain.projects import PROJECT, Part, ProjectAction, ProjectState
from app.models import Activity, Need, NeedFollower, Organization, Project, ProjectNeed, ProjectUnit
from app.services.access import READER_ROLES, under
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
_ALWAYS: Parties = READER_ROLES | {Relation.PROPOSER, Relation.LEAD, Relation.SUPPORT}
"""Who sees a project also before it is listed."""
_FOR_THE_COMMUNITY: Parties = access.TABLE["projects:propose"] - UNIT_ROLES
"""All of them readers, who see every project of their place."""
_RELATIONS = {Part.LEAD: Relation.LEAD, Part.SUPPORT: Relation.SUPPORT}


@dataclass(slots=True)
class ProjectCase:
    project: Project
    parties: Parties
    units: list[tuple[ProjectUnit, str]] = field(default_factory=list)
    """Those that are in it now, the lead first, each with its name."""
    needs: list[ProjectNeed] = field(default_factory=list)
    activities: int = 0
    """Those listed for people and not cancelled."""

    @property
    def lead(self) -> ProjectUnit | None:
        return next((unit for unit, _ in self.units if unit.part is Part.LEAD), None)

    @property
    def inside(self) -> bool:
        """Whether the actor sees what is not for everybody."""
        return bool(self.parties & _ALWAYS)

    @property
    def sees_needs(self) -> bool:
        return bool(self.parties & READER_ROLES)


def readable(case: ProjectCase, actor: Actor) -> bool:
    """Listed projects show themselves to everybody of the place, and to whoever works in a part of it; others to those who decide
    about them.
    """
    if case.inside:
        return True
    within = (grant.role for grant in actor.grants if grant.path.startswith(case.project.path))
    return case.project.listed_at is not None and access.may("projects:read", case.parties | frozenset(within))


async def load(
    session: AsyncSession, actor: Actor | None, project_id: UUID, permission: str, *, lock: bool = True
) -> ProjectCase:
    """Read a project for a verb; 404 when it is not there for this actor. ``actor`` None is the system.

    Project before need before order: one sequence of locks for every verb.
    """
    query = select(Project).where(Project.id == project_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    project = await session.scalar(query)
    if project is None:
        raise NotFound()
    (case,) = await cases_of(session, actor, [project])
    if actor is not None:
        actor.checked.add(permission)
        tries = permission != "projects:read" and access.may(permission, case.parties)
        if not readable(case, actor) and not tries:
            raise NotFound()
    return case


async def cases_of(session: AsyncSession, actor: Actor | None, projects: Sequence[Project]) -> list[ProjectCase]:
    """Cases of several projects, what belongs to them read for all at once."""
    cases = {project.id: ProjectCase(project, SYSTEM) for project in projects}
    rows = await session.execute(
        select(ProjectUnit, Organization.name)
        .join(
            Organization,
            (Organization.district_id == ProjectUnit.district_id) & (Organization.id == ProjectUnit.organization_id),
        )
        .where(ProjectUnit.project_id.in_(cases), ProjectUnit.left_at.is_(None))
        .order_by(ProjectUnit.part, ProjectUnit.id)
    )
    for unit, name in rows:
        cases[unit.project_id].units.append((unit, name))
    needs = select(ProjectNeed).where(ProjectNeed.project_id.in_(cases)).order_by(ProjectNeed.need_id)
    for need in await session.scalars(needs):
        cases[need.project_id].needs.append(need)
    for project_id, number in await _activities_of(session, list(cases)):
        cases[project_id].activities = number
    if actor is not None:
        asked, followed = await _asked_by(
            session, actor, [row.need_id for case in cases.values() for row in case.needs]
        )
        for case in cases.values():
            case.parties = actor.roles_at(case.project.path) | _relations(case, actor)
            answered = {row.need_id for row in case.needs}
            case.parties |= {Relation.ASKER} if answered & asked else set()
            case.parties |= {Relation.FOLLOWER} if answered & followed else set()
    return list(cases.values())


async def _activities_of(session: AsyncSession, projects: list[UUID]) -> list[tuple[UUID, int]]:
    shown = (Activity.project_id.in_(projects), Activity.state.not_in(HIDDEN | {ActivityState.CANCELLED}))
    rows = await session.execute(select(Activity.project_id, func.count()).where(*shown).group_by(Activity.project_id))
    return [(project_id, number) for project_id, number in rows if project_id is not None]


async def _asked_by(session: AsyncSession, actor: Actor, needs: list[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Which of these needs the actor asked for, and which they follow."""
    if not needs:
        return set(), set()
    asked = select(Need.id).where(Need.id.in_(needs), Need.asker_id == actor.person_id)
    followed = select(NeedFollower.need_id).where(
        NeedFollower.need_id.in_(needs), NeedFollower.person_id == actor.person_id
    )
    return set(await session.scalars(asked)), set(await session.scalars(followed))


def acts_for(actor: Actor, path: str) -> UUID | None:
    """The unit the actor acts for at this place; None where they act for none."""
    return actor.organization_id if actor.roles_at(path) & UNIT_ROLES else None


def _relations(case: ProjectCase, actor: Actor) -> frozenset[Relation]:
    project, mine = case.project, acts_for(actor, case.project.path)
    found = {_RELATIONS[unit.part] for unit, _ in case.units if unit.organization_id == mine}
    if _proposed(project, actor, mine):
        found.add(Relation.PROPOSER)
    return frozenset(found)


def _proposed(project: Project, actor: Actor, mine: UUID | None) -> bool:
    """A unit's project is put forward by whoever acts for it now, the community's by whoever did so and still works there."""
    if project.proposer_unit_id is not None:
        return project.proposer_unit_id == mine
    return project.proposed_by == actor.person_id and bool(actor.roles_at(project.path) & _FOR_THE_COMMUNITY)


def of_ones_unit(actor: Actor) -> ColumnElement[bool]:
    """The same for a list: what the unit that the actor acts for proposed, or is in."""
    acting = actor.grants_of(UNIT_ROLES)
    if actor.organization_id is None or not acting:
        return false()
    inside = select(ProjectUnit.project_id).where(
        ProjectUnit.organization_id == actor.organization_id, ProjectUnit.left_at.is_(None)
    )
    ours = or_(Project.proposer_unit_id == actor.organization_id, Project.id.in_(inside))
    return and_(under(Project, acting), ours)


def decide(case: ProjectCase, action: ProjectAction) -> Step[ProjectState, ProjectAction]:
    return PROJECT.decide(case.project.state, action, case.parties)


def move(
    session: AsyncSession,
    case: ProjectCase,
    step: Step[ProjectState, ProjectAction],
    actor: Actor | None,
    *,
    target: ProjectState | None = None,
    **data: Any,
) -> None:
    """Take the step: the new state and its event together. ``target`` chooses among the step's targets."""
    chosen = target or step.target
    if chosen not in step.targets:
        raise ValueError(f"{step.action} does not lead to {chosen}")
    source, case.project.state = case.project.state, chosen
    publish(
        session,
        PROJECT.noun,
        case.project,
        step.action.value,
        actor=actor,
        source=source.value,
        target=chosen.value,
        data=data,
    )
