"""What each part of the cost of dispatch weighs in a district, for a kind of service or for all.

Of a kind hold the newest weights set for it, or else for the nearest kind above it in the catalogue, or else for the district,
or else the house's own. Nothing set before is changed or lost: each setting is a row of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken, StaleVersion
from app.core.ids import new_id
from app.domain import access
from app.domain.dispatch_cost import WEIGHTS, Weights, told, weights_of
from app.domain.people import Actor
from app.models import Category, DispatchWeights, Place
from app.schemas.dispatch_weights import DispatchWeightsSet
from app.services.outbox import publish


@dataclass(frozen=True, slots=True)
class Setting:
    """The weights that hold for ``asked``, and where they come from. ``edition``: how often ``asked`` itself was set."""

    asked: str | None
    weights: Weights = WEIGHTS
    category: str | None = None
    edition: int = 0
    set_by: UUID | None = None
    set_at: datetime | None = None


def above(category: str | None) -> list[str]:
    """A kind and the kinds above it, nearest first: repair.plumbing, repair."""
    parts = category.split(".") if category else []
    return [".".join(parts[:depth]) for depth in range(len(parts), 0, -1)]


async def current(session: AsyncSession, category: str | None) -> Setting:
    """The weights that hold for a kind of service."""
    chain = above(category)
    here = or_(DispatchWeights.category.is_(None), DispatchWeights.category.in_(chain))
    newest = select(DispatchWeights).ext(distinct_on(DispatchWeights.category)).where(here)
    rows = await session.scalars(newest.order_by(DispatchWeights.category, DispatchWeights.edition.desc()))
    return setting(category, {row.category: row for row in rows})


async def newest(session: AsyncSession) -> dict[str | None, DispatchWeights]:
    """The newest of every kind for which any were set."""
    rows = select(DispatchWeights).ext(distinct_on(DispatchWeights.category))
    found = await session.scalars(rows.order_by(DispatchWeights.category, DispatchWeights.edition.desc()))
    return {row.category: row for row in found}


def setting(category: str | None, rows: dict[str | None, DispatchWeights]) -> Setting:
    own = rows.get(category)
    edition = own.edition if own is not None else 0
    row = next((rows[kind] for kind in (*above(category), None) if kind in rows), None)
    if row is None:
        return Setting(category)
    return Setting(category, weights_of(row.weights), row.category, edition, row.set_by, row.created_at)


def present(setting: Setting) -> dict[str, Any]:
    """The fields of a DispatchWeightsRead."""
    where = {"asked_category": setting.asked, "category": setting.category, "edition": setting.edition}
    return where | {"set_by": setting.set_by, "set_at": setting.set_at} | told(setting.weights)


async def read(session: AsyncSession, actor: Actor, category: str | None) -> Setting:
    access.require_anywhere(actor, "dispatch-weights:read")
    return await current(session, category)


async def set_weights(session: AsyncSession, actor: Actor, edition: int, form: DispatchWeightsSet) -> Setting:
    """Weigh anew from now on. Invitations made before keep the weights they were chosen with. 412 when it was set meanwhile."""
    access.require_anywhere(actor, "dispatch-weights:set")
    district = (await session.scalars(select(Place).where(Place.parent_id.is_(None)).with_for_update())).one()
    category = form.category
    if category is not None:
        await _must_be_known(session, category)
    same = DispatchWeights.category.is_not_distinct_from(category)
    last = await session.scalar(select(func.max(DispatchWeights.edition)).where(same)) or 0
    if edition != last:
        raise StaleVersion()
    weights = told(weights_of(form.model_dump(exclude={"category"})))
    row = DispatchWeights(
        district_id=actor.district_id,
        id=new_id(),
        path=district.path,
        category=category,
        edition=last + 1,
        weights=weights,
        set_by=actor.person_id,
        version=0,
    )
    session.add(row)
    publish(session, "dispatch_weights", row, "set", actor=actor, data={"category": category, **weights})
    await session.flush()
    return await current(session, category)


async def _must_be_known(session: AsyncSession, category: str) -> None:
    if await session.scalar(select(Category.id).where(Category.code == category)) is None:
        raise RuleBroken("没有这个服务类别", field="category")
