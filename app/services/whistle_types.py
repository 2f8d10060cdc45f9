"""Types of whistles: look up, list, add, change; and whom a whistle may call. Nothing is deleted; a retired one takes no drafts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.organizations import OrganizationKind
from app.domain.people import Actor
from app.domain.places import ancestors
from app.domain.whistle_types import LEADING, check_kinds, check_limits, limits_of, named_for
from app.models import Category, Order, Organization, Place, Whistle, WhistleType
from app.schemas.whistle_types import WhistleTypeCreate, WhistleTypeQuery, WhistleTypeRead, WhistleTypeUpdate
from app.services.need_respondents import against
from app.services.outbox import changes, hold, publish
from app.services.places import paged

NOUN = "whistle_type"
_FIELDS = tuple(name for name in WhistleTypeRead.model_fields if name != "matters")


def present(found: WhistleType) -> dict[str, Any]:
    """The fields of a WhistleTypeRead."""
    shown = {name: getattr(found, name) for name in _FIELDS}
    matters = [{"category": code, "department_ids": ids} for code, ids in sorted(found.matters.items())]
    return shown | {"matters": matters}


async def page(session: AsyncSession, actor: Actor, query: WhistleTypeQuery) -> Page[WhistleType]:
    access.require_anywhere(actor, "whistle-types:list")
    rows = select(WhistleType)
    if not query.retired:
        rows = rows.where(~WhistleType.retired)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(WhistleType.id > after)
    return paged((await session.scalars(rows.order_by(WhistleType.id).limit(query.limit + 1))).all(), query.limit)


async def load(
    session: AsyncSession, actor: Actor, type_id: UUID, permission: str = "whistle-types:read"
) -> WhistleType:
    access.require_anywhere(actor, permission)
    found = await session.scalar(select(WhistleType).where(WhistleType.id == type_id))
    if found is None:
        raise NotFound()
    return found


async def create(session: AsyncSession, actor: Actor, form: WhistleTypeCreate) -> WhistleType:
    access.require_anywhere(actor, "whistle-types:create")
    columns = _columns(form)
    if await session.scalar(select(WhistleType.id).where(WhistleType.code == form.code)) is not None:
        raise Duplicate("已有此代码")
    district = (await session.scalars(select(Place).where(Place.parent_id.is_(None)))).one()
    columns |= {"matters": columns.get("matters", {}), "retired": False}
    found = WhistleType(district_id=actor.district_id, id=new_id(), path=district.path, **columns)
    await _check(session, found)
    session.add(found)
    publish(session, NOUN, found, "create", actor=actor, data=changes(form.model_dump(mode="json")))
    return found


async def update(
    session: AsyncSession, actor: Actor, type_id: UUID, version: int, form: WhistleTypeUpdate
) -> WhistleType:
    """Whistles under way keep the limits they were blown with."""
    found = await load(session, actor, type_id, "whistle-types:update")
    await hold(session, found, version)
    for name, value in _columns(form).items():
        setattr(found, name, value)
    await _check(session, found)
    told = changes(form.model_dump(mode="json", exclude_unset=True))
    publish(session, NOUN, found, "update", actor=actor, data=told)
    return found


def _columns(form: WhistleTypeCreate | WhistleTypeUpdate) -> dict[str, Any]:
    columns = form.model_dump(mode="json", exclude_unset=True)
    if "level" in columns:
        columns["level"] = form.level
    if "matters" in columns:
        columns["matters"] = {matter.category: [str(one) for one in matter.department_ids] for matter in form.matters}
        if len(columns["matters"]) < len(form.matters):
            raise RuleBroken("同一事项列了两次", field="matters")
    return columns


async def _check(session: AsyncSession, found: WhistleType) -> None:
    """422 for what cannot be; whatever was left out of a change is looked at as it stands."""
    if found.level not in LEADING:
        raise RuleBroken("至少由社区批准", field="level")
    check_limits(limits_of(found.limits))
    check_kinds(map(OrganizationKind, found.kinds))
    named = found.matters
    there = set(await session.scalars(select(Category.code).where(Category.code.in_(named))))
    if named.keys() - there:
        raise RuleBroken("事项不在服务目录中", field="matters")
    ids = {UUID(str(one)) for departments in named.values() for one in departments}
    await _must_be_of(session, found.kinds, ids, "matters")


async def _must_be_of(session: AsyncSession, kinds: Sequence[str], ids: Collection[UUID], field: str) -> None:
    rows = await session.execute(select(Organization.id, Organization.kind).where(Organization.id.in_(ids)))
    there: Mapping[UUID, str] = {row.id: row.kind for row in rows}
    if there.keys() != set(ids):
        raise RuleBroken("没有这个部门", field=field)
    if any(kind not in kinds for kind in there.values()):
        raise RuleBroken("此类哨不能召集这类单位", field=field)


async def must_call(
    session: AsyncSession, found: WhistleType, whistle: Whistle, ids: Sequence[UUID], field: str = "department_ids"
) -> None:
    """422 for whom a whistle of this type may not call on its matter, at its place, or on its order; of a complaint no word."""
    if len(set(ids)) < len(ids):
        raise RuleBroken("同一部门列了两次", field=field)
    await _must_be_of(session, found.kinds, ids, field)
    named = named_for(found.matters, whistle.category)
    if named is not None and not named.issuperset(ids):
        raise RuleBroken("此事项只能召集指定的部门", field=field)
    called = select(Organization.id).where(Organization.id.in_(ids))
    if await session.scalar(called.where(Organization.path.not_in(ancestors(whistle.path)))) is not None:
        raise RuleBroken("这个部门不负责此地点", field=field)
    need_id = select(Order.need_id).where(Order.id == whistle.order_id).scalar_subquery()
    if await session.scalar(called.where(against(need_id, None, Organization.id))) is not None:
        raise RuleBroken("此单不能召集这个部门，请召集其他部门", field=field)


async def names_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(WhistleType.id, WhistleType.name).where(WhistleType.id.in_(ids)))
    return {row.id: row.name for row in rows}
