"""Units that take part in a project: by their own word, or as the joint committee's claim round has it; and that step back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, RuleBroken
from app.core.ids import new_id
from app.domain.people import Actor
from app.domain.projects import Part, ProjectAction, ProjectState
from app.models import Organization, Project, ProjectUnit
from app.schemas.projects import ProjectClaim, ProjectUnclaim
from app.services.projects_case import ProjectCase, acts_for, decide, load, move


@dataclass(frozen=True, slots=True)
class Joining:
    """A unit, what it is to be in the project, and who claimed it for the unit."""

    organization_id: UUID
    part: Part
    claimed_by: UUID


async def claim(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectClaim) -> ProjectCase:
    """A unit takes part: one leads, others support."""
    case = await load(session, actor, project_id, "projects:claim")
    decide(case, ProjectAction.CLAIM)
    unit = await _own_unit(session, actor, case)
    if any(there.organization_id == unit.id for there, _ in case.units):
        raise Conflict("本单位已认领")
    _join(session, actor, case, Joining(unit.id, form.part, actor.person_id))
    return await _again(session, actor, case)


async def take_in(session: AsyncSession, actor: Actor, project_id: UUID, units: Sequence[Joining]) -> None:
    """The claim round of the joint committee is confirmed: its units are in the project, each in its part.

    Who is in it already in that part stays so. 409 where somebody else leads, or it is no longer to be claimed.
    """
    case = await load(session, None, project_id, "projects:claim")
    decide(case, ProjectAction.CLAIM)
    for one in units:
        parts = {there.part for there, _ in case.units if there.organization_id == one.organization_id}
        if parts - {one.part}:
            raise Conflict(
                "有单位已以另一种方式认领此项目，请该单位先取消认领", organization_id=str(one.organization_id)
            )
        if not parts:
            _join(session, actor, case, one)
            await session.flush()
            case = await load(session, None, project_id, "projects:claim")


def _join(session: AsyncSession, actor: Actor, case: ProjectCase, one: Joining) -> None:
    """The unit is in the project; its own rules have been looked at."""
    step = decide(case, ProjectAction.CLAIM)
    if one.part is Part.LEAD and case.lead is not None:
        raise Conflict("已有牵头单位")
    row = ProjectUnit(
        district_id=case.project.district_id,
        id=new_id(),
        project_id=case.project.id,
        organization_id=one.organization_id,
        part=one.part,
        claimed_by=one.claimed_by,
    )
    session.add(row)
    target = _claimed(led=one.part is Part.LEAD or case.lead is not None)
    told = {"organization_id": str(one.organization_id), "part": one.part.value}
    move(session, case, step, actor, target=target, **told)


async def _own_unit(session: AsyncSession, actor: Actor, case: ProjectCase) -> Organization:
    unit_id = acts_for(actor, case.project.path)
    unit = await session.get(Organization, (actor.district_id, unit_id)) if unit_id is not None else None
    if unit is None:
        raise Forbidden("您没有所属单位，不能认领")
    if not is_local(unit, case.project):
        raise RuleBroken("只有本地单位可以认领", field="part")
    return unit


def is_local(unit: Organization, project: Project) -> bool:
    """Whether the unit's place holds the project's: only then may it be in it."""
    return project.path.startswith(unit.path)


def _claimed(*, led: bool) -> ProjectState:
    return ProjectState.CLAIMED if led else ProjectState.LISTED


async def unclaim(session: AsyncSession, actor: Actor, project_id: UUID, form: ProjectUnclaim) -> ProjectCase:
    case = await load(session, actor, project_id, "projects:unclaim")
    step = decide(case, ProjectAction.UNCLAIM)
    unit_id = acts_for(actor, case.project.path)
    mine = next(unit for unit, _ in case.units if unit.organization_id == unit_id)
    mine.left_at = now()
    led = case.lead is not None and case.lead is not mine
    move(session, case, step, actor, target=_claimed(led=led), organization_id=str(unit_id), words=form.words)
    return await _again(session, actor, case)


async def _again(session: AsyncSession, actor: Actor, case: ProjectCase) -> ProjectCase:
    """The case with the units as they are now."""
    await session.flush()
    return await load(session, actor, case.project.id, "projects:read", lock=False)
