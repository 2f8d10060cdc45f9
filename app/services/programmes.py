"""Brand programmes and working methods: look up, list, add, change. Nothing is deleted; what is retired takes no new projects."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor
from app.domain.places import PlaceKind, ancestors
from app.models import Programme
from app.schemas.programmes import ProgrammeCreate, ProgrammeQuery, ProgrammeRead, ProgrammeUpdate
from app.services.access import at, under
from app.services.outbox import changes, hold, publish
from app.services.places import paged, place_of

NOUN = "programme"
_FIELDS = tuple(ProgrammeRead.model_fields)


def present(programme: Programme) -> dict[str, Any]:
    return {name: getattr(programme, name) for name in _FIELDS}


async def load(
    session: AsyncSession, actor: Actor, programme_id: UUID, permission: str = "programmes:read"
) -> Programme:
    """A programme of a community the actor has to do with; 404 otherwise."""
    actor.checked.add(permission)
    found = await session.scalar(select(Programme).where(Programme.id == programme_id))
    if found is None:
        raise NotFound()
    within = {grant.role for grant in actor.grants if grant.path.startswith(found.path)}
    if not access.may("programmes:read", actor.roles_at(found.path) | within):
        raise NotFound()
    if permission != "programmes:read":
        access.require(actor, permission, found.path)
    return found


async def page(session: AsyncSession, actor: Actor, query: ProgrammeQuery) -> Page[Programme]:
    grants = access.require_anywhere(actor, "programmes:list")
    around = {path for grant in grants for path in ancestors(grant.path)}
    rows = select(Programme).where(under(Programme, grants) | Programme.path.in_(around))
    if query.kind is not None:
        rows = rows.where(Programme.kind == query.kind)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Programme, place.kind, place.id, place.path))
    if not query.retired:
        rows = rows.where(~Programme.retired)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Programme.id > after)
    return paged((await session.scalars(rows.order_by(Programme.id).limit(query.limit + 1))).all(), query.limit)


async def create(session: AsyncSession, actor: Actor, form: ProgrammeCreate) -> Programme:
    place = await place_of(session, form.place_id)
    if not access.may("programmes:read", actor.roles_at(place.path)):
        raise NotFound("没有这个地点")
    access.require(actor, "programmes:create", place.path)
    if place.kind is not PlaceKind.COMMUNITY:
        raise RuleBroken("品牌与工作法属于社区", field="place_id")
    same = select(Programme.id).where(Programme.community_id == place.id, Programme.code == form.code)
    if await session.scalar(same) is not None:
        raise Duplicate("本社区已有此编码")
    columns = form.model_dump(exclude={"place_id"})
    programme = Programme(
        district_id=actor.district_id, id=new_id(), community_id=place.id, path=place.path, retired=False, **columns
    )
    session.add(programme)
    publish(session, NOUN, programme, "create", actor=actor, data=changes(form.model_dump(mode="json")))
    return programme


async def update(
    session: AsyncSession, actor: Actor, programme_id: UUID, version: int, form: ProgrammeUpdate
) -> Programme:
    programme = await load(session, actor, programme_id, "programmes:update")
    await hold(session, programme, version)
    fields = form.model_dump(exclude_unset=True)
    for name, value in fields.items():
        setattr(programme, name, value)
    publish(session, NOUN, programme, "update", actor=actor, data=changes(fields))
    return programme


async def must_take_projects(session: AsyncSession, programme_id: UUID | None, community_id: UUID | None) -> None:
    """422 for a programme that is not the community's, or takes no new projects."""
    if programme_id is None:
        return
    found = await session.scalar(select(Programme).where(Programme.id == programme_id))
    if found is None or found.community_id != community_id or found.retired:
        raise RuleBroken("本社区没有这个品牌，或已停用", field="programme_id")
