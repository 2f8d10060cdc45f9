"""The catalogue of services: look up, list, add, change."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.catalogue import Terms, check_terms, parent_of, terms_of
from app.domain.form_schemas import check_schema
from app.domain.people import Actor
from app.models import Category, Place
from app.schemas.categories import CategoryCreate, CategoryQuery, CategoryRead, CategoryUpdate, TermsForm
from app.services.outbox import hold, publish
from app.services.places import paged

_FIELDS = tuple(name for name in CategoryRead.model_fields if name != "terms")
NOUN = "category"


async def service(session: AsyncSession, code: str, *, retired: bool = False) -> Category:
    """The kind of service with this code; 422 when the catalogue does not have it, or takes no new work of it.

    ``retired`` kinds still serve what is under way, such as a series of activities.
    """
    found = await session.scalar(select(Category).where(Category.code == code))
    if found is None or found.terms is None:
        raise RuleBroken("服务类别不在目录中", field="category")
    if found.retired and not retired:
        raise RuleBroken("此服务类别已停用", field="category")
    return found


async def terms(session: AsyncSession, code: str, *, retired: bool = False) -> Terms:
    return terms_of((await service(session, code, retired=retired)).terms or {})


async def must_be_services(session: AsyncSession, codes: list[str]) -> None:
    """422 for a list that names what is no kind of service."""
    for code in codes:
        await service(session, code)


def present(category: Category) -> dict[str, Any]:
    """The fields of a CategoryRead."""
    shown = {name: getattr(category, name) for name in _FIELDS}
    return shown | {"terms": None if category.terms is None else terms_of(category.terms).as_json()}


async def page(session: AsyncSession, actor: Actor, query: CategoryQuery) -> Page[Category]:
    """The tree in the order of its codes, so that what belongs together stands together."""
    access.require_anywhere(actor, "categories:list")
    rows = select(Category)
    if query.parent is not None:
        parent = select(Category.id).where(Category.code == query.parent).scalar_subquery()
        rows = rows.where(Category.parent_id == parent)
    if query.duty is not None:
        rows = rows.where(Category.terms["duty"].astext == query.duty.value)
    if query.services:
        rows = rows.where(Category.terms.is_not(None))
    if not query.retired:
        rows = rows.where(Category.retired.is_(False))
    if (after := id_after(query.cursor)) is not None:
        last = select(Category.code).where(Category.id == after).scalar_subquery()
        rows = rows.where(Category.code > last)
    found = (await session.scalars(rows.order_by(Category.code).limit(query.limit + 1))).all()
    return paged(found, query.limit)


async def load(session: AsyncSession, actor: Actor, category_id: UUID, permission: str) -> Category:
    found = await session.scalar(select(Category).where(Category.id == category_id))
    access.require_anywhere(actor, permission)
    if found is None:
        raise NotFound()
    return found


async def create(session: AsyncSession, actor: Actor, form: CategoryCreate) -> Category:
    """A new node under the one its code names."""
    access.require_anywhere(actor, "categories:create")
    root = await _root(session)
    access.require(actor, "categories:create", root)
    stored = _stored(form.terms)
    _check(stored, form.form_schema)
    if await session.scalar(select(Category.id).where(Category.code == form.code)) is not None:
        raise Duplicate("目录中已有此代码")
    category = Category(
        district_id=actor.district_id,
        id=new_id(),
        parent_id=await _parent(session, form.code),
        path=root,
        retired=False,
        terms=stored,
        **form.model_dump(exclude={"terms"}),
    )
    session.add(category)
    data = {"code": form.code, "name": form.name}
    publish(session, NOUN, category, "create", actor=actor, data=data)
    await session.flush()
    return category


async def _root(session: AsyncSession) -> str:
    """The district's path."""
    return (await session.scalars(select(Place.path).where(Place.parent_id.is_(None)))).one()


async def _parent(session: AsyncSession, code: str) -> UUID | None:
    if (above := parent_of(code)) is None:
        return None
    found = await session.scalar(select(Category.id).where(Category.code == above))
    if found is None:
        raise RuleBroken(f"须先有上级类别 {above}", field="code")
    return found


def _check(stored: dict[str, Any] | None, schema: dict[str, Any] | None) -> None:
    if stored is not None:
        check_terms(terms_of(stored))
    if schema is not None:
        check_schema(schema)
        if stored is None:
            raise RuleBroken("分组不能有附加表单", field="form_schema")


def _stored(form: TermsForm | None) -> dict[str, Any] | None:
    return None if form is None else form.model_dump(mode="json")


async def update(
    session: AsyncSession, actor: Actor, category_id: UUID, version: int, form: CategoryUpdate
) -> Category:
    """Change what was sent. Work under way keeps the terms it was begun on."""
    category = await load(session, actor, category_id, "categories:update")
    access.require(actor, "categories:update", category.path)
    await hold(session, category, version)
    sent = form.model_fields_set
    stored = _stored(form.terms) if "terms" in sent else category.terms
    _check(stored, form.form_schema if "form_schema" in sent else category.form_schema)
    if stored is None and category.terms is not None:
        raise Conflict("已有需求的类别不能改为分组，可停用")
    category.terms = stored
    for name in sent - {"terms"}:
        setattr(category, name, getattr(form, name))
    publish(session, NOUN, category, "update", actor=actor, data={"fields": sorted(sent)})
    await session.flush()
    return category
