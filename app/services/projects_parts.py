"""What belongs to a project, such as its budget lines: found with the project, which is locked before any part of it."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden, NotFound
from app.domain import access
from app.domain.people import Actor
from app.domain.projects import ENDED
from app.models import Project
from app.models.base import Base
from app.services.access import reads_all, under_path
from app.services.projects_case import ProjectCase, load, of_ones_unit

Belonging = TypeVar("Belonging", bound=Base)


async def part_of(
    session: AsyncSession, actor: Actor, model: type[Belonging], row_id: UUID, permission: str, *, lock: bool = True
) -> tuple[Belonging, ProjectCase]:
    """A row of a project with the project's case; 404 unless the actor may read such rows there."""
    table: Any = model
    project_id = await session.scalar(select(table.project_id).where(table.id == row_id))
    if project_id is None:
        actor.checked.add(permission)
        raise NotFound()
    case = await project_for(session, actor, project_id, permission, lock=lock)
    query = select(model).where(table.id == row_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one(), case


async def project_for(
    session: AsyncSession, actor: Actor, project_id: UUID, permission: str, *, lock: bool = True
) -> ProjectCase:
    """The project something is to be done with: 404 where the actor may not read its parts, 403 where they may not do this."""
    case = await load(session, actor, project_id, "projects:read", lock=lock)
    actor.checked.add(permission)
    noun = permission.split(":", maxsplit=1)[0]
    if not access.may(f"{noun}:read", case.parties):
        raise NotFound()
    return case


def must_allow(case: ProjectCase, permission: str) -> None:
    if not access.may(permission, case.parties):
        raise Forbidden()


def must_go_on(case: ProjectCase) -> None:
    if case.project.state in ENDED:
        raise Conflict("项目已归档或已取消")


def in_sight(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Parts of the projects of the reader's places, and of those the actor's unit is in or proposed."""
    readable = under_path(model, reads_all(actor))
    return or_(readable, model.project_id.in_(select(Project.id).where(of_ones_unit(actor))))
