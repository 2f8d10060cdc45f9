"""Organizations: list, add, correct."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Duplicate, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.access import require_anywhere
from app.domain.people import Actor
from app.models import Organization
from app.schemas.organizations import OrganizationCreate, OrganizationQuery, OrganizationUpdate
from app.services.access import at, under
from app.services.outbox import hold, publish
from app.services.places import located, paged, place_of


async def load(session: AsyncSession, actor: Actor, organization_id: UUID, permission: str) -> Organization:
    """An organization at a place the actor's roles reach; 404 otherwise."""
    found = await session.scalar(select(Organization).where(Organization.id == organization_id))
    if found is None:
        raise NotFound()
    if not access.may("organizations:read", actor.roles_at(found.path)):
        raise NotFound()
    access.require(actor, permission, found.path)
    return found


async def page(session: AsyncSession, actor: Actor, query: OrganizationQuery) -> Page[Organization]:
    grants = require_anywhere(actor, "organizations:list")
    rows = select(Organization).where(under(Organization, grants))
    if query.kind is not None:
        rows = rows.where(Organization.kind == query.kind)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Organization, place.kind, place.id, place.path))
    if query.joint_committee is not None:
        rows = rows.where(Organization.joint_committee == query.joint_committee)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Organization.id > after)
    return paged((await session.scalars(rows.order_by(Organization.id).limit(query.limit + 1))).all(), query.limit)


async def create(session: AsyncSession, actor: Actor, form: OrganizationCreate) -> Organization:
    place = await place_of(session, form.place_id)
    access.require(actor, "organizations:create", place.path)
    if form.parent_id is not None:
        await _must_exist(session, form.parent_id)
    same = select(Organization.id).where(
        Organization.community_id == place.community_id, Organization.name == form.name
    )
    if await session.scalar(same) is not None:
        raise Duplicate("本社区已有同名单位")
    columns = located(place)
    organization = Organization(
        district_id=actor.district_id,
        id=new_id(),
        joint_committee=False,
        **form.model_dump(exclude={"place_id"}),
        **columns,
    )
    session.add(organization)
    data = {"kind": form.kind.value, "name": form.name}
    publish(session, "organization", organization, "create", actor=actor, data=data)
    return organization


async def update(
    session: AsyncSession, actor: Actor, organization_id: UUID, version: int, form: OrganizationUpdate
) -> Organization:
    organization = await load(session, actor, organization_id, "organizations:update")
    await hold(session, organization, version)
    for name, value in form.model_dump(exclude_unset=True).items():
        setattr(organization, name, value)
    data = form.model_dump(exclude_unset=True, mode="json")
    publish(session, "organization", organization, "update", actor=actor, data=data)
    return organization


async def _must_exist(session: AsyncSession, organization_id: UUID) -> None:
    if await session.scalar(select(Organization.id).where(Organization.id == organization_id)) is None:
        raise NotFound("没有上级单位")
