"""Which needs affect an actor where they live: asked only of what its asker let neighbours know of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, case, func, literal_column, null, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.affected import PREMISES, TOLD, affects
from app.domain.needs import Privacy
from app.domain.people import Actor
from app.domain.places import PlaceKind, ancestors
from app.models import Need, Order, Person, Place
from app.models.base import literal_in


async def among(session: AsyncSession, actor: Actor, needs: Sequence[Need]) -> set[UUID]:
    """The needs of these that affect the actor. Most are for handlers only, and nothing is read for them."""
    told = [need for need in needs if need.privacy in TOLD]
    if actor.client or not told:
        return set()
    home = await home_of(session, actor)
    rows = await session.execute(select(Place.id, Place.kind).where(Place.id.in_({need.place_id for need in told})))
    kinds = {row.id: row.kind for row in rows}
    return {n.id for n in told if affects(n.privacy, kinds[n.place_id], n.path, home)}


async def home_of(session: AsyncSession, actor: Actor) -> str:
    return (await session.scalars(select(Person.path).where(Person.id == actor.person_id))).one()


async def where_i_live(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """What a list of what affects the actor shows."""
    above = ancestors(await home_of(session, actor))
    around = select(Place.id).where(Place.path.in_(above))
    premises = select(Place.id).where(Place.kind.in_(PREMISES), Place.parent_id.in_(around))
    return and_(Need.privacy.in_(TOLD), or_(Need.path.in_(above), Need.place_id.in_(premises)))


def facts_of_order(me: Any) -> ColumnElement[Any]:
    """For a list of orders, as JSON: where the actor lives and of what kind the order's place is. Of closed orders alone, since
    an affected one takes no other step, and of those that neighbours may know of.
    """
    parts: tuple[Any, ...] = (literal_column("'home'"), Person.path, literal_column("'kind'"), Place.kind)
    rows = select(func.jsonb_build_object(*parts, literal_column("'privacy'"), Need.privacy)).where(
        Person.district_id == Order.district_id,
        Person.id == me,
        Place.district_id == Order.district_id,
        Place.id == Order.place_id,
    )
    told: Any = text(f"orders.state = 'closed' AND {literal_in('needs.privacy', TOLD)}")
    return case((told, rows.correlate(Order, Need).scalar_subquery()), else_=null())


def shown(path: str, facts: str | None) -> bool:
    """Whether the order at this path affects the actor, by the facts a list has read."""
    if facts is None:
        return False
    read = orjson.loads(facts)
    return affects(Privacy(read["privacy"]), PlaceKind(read["kind"]), path, read["home"])
