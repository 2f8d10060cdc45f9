"""Projects: propose, read, list, reword. What moves them stands in ``projects_steps``."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import UNIT_ROLES, Actor, Role
from app.domain.places import PlaceKind, ancestors
from app.domain.projects import CHANGEABLE, PROJECT, UNLISTED, ProjectKind
from app.models import Place, Project, ProjectNeed, ProjectUnit
from app.schemas.projects import ProjectCreate, ProjectQuery, ProjectRead, ProjectUpdate
from app.services.access import at, reads_all, under
from app.services.outbox import changes, hold, publish
from app.services.places import located, must_be_in_a_community, paged, place_of
from app.services.programmes import must_take_projects
from app.services.projects_case import ProjectCase, acts_for, cases_of, load, of_ones_unit
from app.services.projects_needs import link

_DERIVED = {"units", "need_ids", "needs", "activities", "evidence", "actions"}
_FIELDS = tuple(name for name in ProjectRead.model_fields if name not in _DERIVED)
_PROPOSE = "projects:propose"


async def propose(session: AsyncSession, actor: Actor, form: ProjectCreate) -> ProjectCase:
    """Put a project forward: the community from its needs, or a unit on its own behalf."""
    place = await _place(session, actor, form.place_id)
    unit = _proposing_unit(actor, place.path)
    _check(form)
    await must_take_projects(session, form.programme_id, place.community_id)
    project = Project(
        district_id=actor.district_id,
        id=new_id(),
        state=PROJECT.initial,
        proposed_by=actor.person_id,
        proposer_unit_id=unit,
        allotted_fen=0,
        round=1,
        **form.model_dump(exclude={"place_id", "need_ids"}),
        **located(place),
    )
    session.add(project)
    data = {"kind": form.kind.value, "link": form.link.value, "budget_fen": form.budget_fen}
    publish(session, PROJECT.noun, project, "propose", actor=actor, target=project.state.value, data=data)
    await session.flush()
    await link(session, actor, project, form.need_ids)
    return await load(session, actor, project.id, "projects:read", lock=False)


async def _place(session: AsyncSession, actor: Actor, place_id: UUID) -> Place:
    """Where it is to be done: the actor's place. A home is nobody's project."""
    place = await place_of(session, place_id)
    if not access.may("projects:read", actor.roles_at(place.path)):
        raise NotFound("没有这个地点")
    access.require(actor, _PROPOSE, place.path)
    must_be_in_a_community(place)
    if place.kind is PlaceKind.HOUSEHOLD:
        raise RuleBroken("项目地点不能是住户", field="place_id")
    return place


def _proposing_unit(actor: Actor, path: str) -> UUID | None:
    """The unit on whose behalf it is proposed; whoever proposes for the community does so for no unit."""
    if actor.roles_at(path) & (access.TABLE[_PROPOSE] - UNIT_ROLES):
        return None
    unit = acts_for(actor, path)
    if unit is None:
        raise Forbidden("您没有所属单位，不能以单位名义提出")
    return unit


def _check(said: ProjectCreate | Project) -> None:
    if said.starts_on > said.ends_on:
        raise RuleBroken("结束日期不能早于开始日期", field="ends_on")
    if said.kind is ProjectKind.MICRO and said.budget_fen == 0:
        raise RuleBroken("民生微实事须有预算", field="budget_fen")


async def read(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectCase:
    return await load(session, actor, project_id, "projects:read", lock=False)


async def page(session: AsyncSession, actor: Actor, query: ProjectQuery) -> Page[ProjectCase]:
    """Projects of the actor's places, newest first: the listed ones, and all of them for those who decide about them."""
    rows = await _filtered(session, actor, query)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Project.id < after)
    found = (await session.scalars(rows.order_by(Project.id.desc()).limit(query.limit + 1))).all()
    cut: Page[Project] = paged(found, query.limit)
    return Page(await cases_of(session, actor, cut.items), cut.next_cursor)


async def _filtered(session: AsyncSession, actor: Actor, query: ProjectQuery) -> Select[Any]:
    rows = select(Project).where(_in_sight(actor))
    for name in ("state", "kind", "link", "programme_id"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(Project, name) == value)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Project, place.kind, place.id, place.path))
    if query.organization_id is not None:
        theirs = (ProjectUnit.organization_id == query.organization_id, ProjectUnit.left_at.is_(None))
        rows = rows.where(Project.id.in_(select(ProjectUnit.project_id).where(*theirs)))
    if query.need_id is not None:
        answering = select(ProjectNeed.project_id).where(ProjectNeed.need_id == query.need_id)
        rows = rows.where(Project.id.in_(answering), under(Project, reads_all(actor)))
    if query.year is not None:
        rows = rows.where(Project.starts_on <= date(query.year, 12, 31), Project.ends_on >= date(query.year, 1, 1))
    return rows


def _in_sight(actor: Actor) -> ColumnElement[bool]:
    grants = access.require_anywhere(actor, "projects:list")
    around = {path for grant in grants for path in ancestors(grant.path)}
    here = and_(or_(under(Project, grants), Project.path.in_(around)), Project.listed_at.is_not(None))
    return or_(under(Project, reads_all(actor)), here, of_ones_unit(actor))


async def update(
    session: AsyncSession, actor: Actor, project_id: UUID, version: int, form: ProjectUpdate
) -> ProjectCase:
    """Reword what is to be done before it begins; its kind and total only before it is listed, since both were approved. What
    everybody sees on the list is reworded by the community, which listed it.
    """
    case = await load(session, actor, project_id, "projects:update")
    project = case.project
    if not access.may("projects:update", case.parties):
        raise Forbidden()
    if project.state not in CHANGEABLE:
        raise Conflict("项目已启动或已结束，不能修改")
    if project.state not in UNLISTED and Role.COMMUNITY_ADMIN not in case.parties:
        raise Conflict("列入清单后由社区修改")
    await hold(session, project, version)
    fields = form.model_dump(exclude_unset=True, exclude={"need_ids"})
    if project.state not in UNLISTED and fields.keys() & {"kind", "budget_fen"}:
        raise Conflict("列入清单后不能改类型与预算总额")
    await must_take_projects(session, fields.get("programme_id"), project.community_id)
    for name, value in fields.items():
        setattr(project, name, value)
    if project.budget_fen < project.allotted_fen:
        raise Conflict("预算总额不能少于各项预算之和", allotted_fen=project.allotted_fen)
    _check(project)
    if "need_ids" in form.model_fields_set:
        await link(session, actor, project, form.need_ids)
    told = changes(form.model_dump(mode="json", exclude_unset=True))
    publish(session, PROJECT.noun, project, "update", actor=actor, data={"fields": sorted(told)})
    await session.flush()
    return await load(session, actor, project_id, "projects:read", lock=False)


def present(case: ProjectCase) -> dict[str, Any]:
    """The fields of a ProjectRead."""
    shown = {name: getattr(case.project, name) for name in _FIELDS}
    shown["units"] = [
        {"organization_id": unit.organization_id, "name": name, "part": unit.part} for unit, name in case.units
    ]
    shown["need_ids"] = [need.need_id for need in case.needs] if case.sees_needs else []
    shown["needs"], shown["activities"] = len(case.needs), case.activities
    shown["evidence"] = case.project.evidence if case.inside else None
    shown["actions"] = PROJECT.offered(case.project.state, case.parties)
    return shown
