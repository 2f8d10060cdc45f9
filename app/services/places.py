"""Places: look up, walk down, locate a coordinate, add and correct.

A home, a place of kind household, is as good as the address of whoever lives there: it is not shown to everyone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database, compile_hot
from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.geo import LonLat, to_wgs84
from app.core.ids import new_id
from app.core.paging import Page, id_after, id_cursor
from app.domain import access
from app.domain.people import Actor
from app.domain.places import MAY_STAND_UNDER, PlaceKind, child_path
from app.domain.sensitive import LOCATES
from app.models import Order, Person, Place
from app.schemas.places import LocateQuery, PlaceCreate, PlaceQuery, PlaceUpdate
from app.services import minors
from app.services.access import at, under
from app.services.needs_case import held_by
from app.services.outbox import changes, hold, publish

_SPOT = compile_hot(select(Place.id, Place.kind, Place.path).where(Place.id == bindparam("place", type_=Uuid())))


@dataclass(frozen=True, slots=True)
class Spot:
    """As much of a place as a filter needs."""

    id: UUID
    kind: str
    path: str


async def spot_of(database: Database, actor: Actor, place_id: UUID) -> Spot:
    rows = await database.hot(actor.district_id, _SPOT, place=place_id)
    if not rows:
        raise NotFound("没有这个地点")
    return Spot(rows[0]["id"], rows[0]["kind"], rows[0]["path"])


async def place_of(session: AsyncSession, place_id: UUID) -> Place:
    """A place of this district; 404 when there is none."""
    place = await session.scalar(select(Place).where(Place.id == place_id))
    if place is None:
        raise NotFound("没有这个地点")
    return place


def must_be_in_a_community(place: Place) -> None:
    """A need above the communities would have nobody to accept it."""
    if place.community_id is None:
        raise RuleBroken("地点须在某个社区之内", field="place_id")


def located(place: Place) -> dict[str, Any]:
    """The location columns of a row that stands at this place."""
    return {
        "place_id": place.id,
        "path": place.path,
        "community_id": place.community_id,
        "grid_id": place.grid_id,
        "lon": place.lon,
        "lat": place.lat,
    }


async def read(session: AsyncSession, actor: Actor, place_id: UUID, permission: str = "places:read") -> Place:
    access.require_anywhere(actor, permission)
    return await _seen(session, actor, place_id)


async def _seen(session: AsyncSession, actor: Actor, place_id: UUID) -> Place:
    place = await session.scalar(select(Place).where(Place.id == place_id, await _in_sight(session, actor)))
    if place is None:
        raise NotFound("没有这个地点")
    return place


async def _in_sight(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """Homes are seen by whoever may open addresses there, lives there or answers for a minor who does, or is to come there for
    an order they hold; other places by everyone.
    """
    own = [actor.person_id, *await minors.wards_of(session, actor.person_id)]
    return or_(
        Place.kind != PlaceKind.HOUSEHOLD,
        under(Place, actor.grants_of(LOCATES)),
        Place.id.in_(select(Person.place_id).where(Person.id.in_(own))),
        Place.id.in_(held_by(actor).with_only_columns(Order.place_id)),
    )


async def page(session: AsyncSession, actor: Actor, query: PlaceQuery) -> Page[Place]:
    access.require_anywhere(actor, "places:list")
    rows = select(Place).where(await _in_sight(session, actor)).order_by(Place.id).limit(query.limit + 1)
    if query.kind is not None:
        rows = rows.where(Place.kind == query.kind)
    if query.parent_id is not None:
        rows = rows.where(Place.parent_id == query.parent_id)
    if query.code is not None:
        rows = rows.where(Place.code == query.code)
    if query.under is not None:
        place = await _seen(session, actor, query.under)
        rows = rows.where(at(Place, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Place.id > after)
    return paged((await session.scalars(rows)).all(), query.limit)


def paged(rows: Sequence[Any], limit: int) -> Page[Any]:
    """A page out of up to one row more than asked for; that row only says that there is more."""
    return Page(rows[:limit], id_cursor(rows[limit - 1].id) if len(rows) > limit else None)


async def locate(session: AsyncSession, actor: Actor, query: LocateQuery) -> Place:
    """The grid a coordinate lies in; 404 outside every grid."""
    access.require_anywhere(actor, "places:locate")
    grid = await grid_at(session, actor.district_id, to_wgs84(query.lon, query.lat, query.datum))
    if grid is None:
        raise NotFound("该坐标不在任何网格内")
    return grid


async def grid_at(session: AsyncSession, district_id: int, spot: LonLat) -> Place | None:
    """The grid a WGS-84 position lies in, by its boundary."""
    grid_id = await session.scalar(select(func.grid_at(district_id, spot.lon, spot.lat)))
    return await place_of(session, grid_id) if grid_id is not None else None


async def create(session: AsyncSession, actor: Actor, form: PlaceCreate) -> Place:
    """Add a place under another; a wrong parent is refused."""
    parent = await place_of(session, form.parent_id)
    access.require(actor, "places:create", parent.path)
    if parent.kind not in MAY_STAND_UNDER[form.kind]:
        raise RuleBroken("此类地点不能设在该上级之下", field="parent_id")
    if form.compound_kind is not None and form.kind is not PlaceKind.COMPOUND:
        raise RuleBroken("只有小区才分类型", field="compound_kind")
    path = child_path(parent.path, form.code)
    if await session.scalar(select(Place.id).where(Place.path == path)) is not None:
        raise Duplicate("同一上级下已有此编码")
    place = Place(district_id=actor.district_id, id=new_id(), path=path, **_columns(form))
    place.community_id = place.id if form.kind is PlaceKind.COMMUNITY else parent.community_id
    place.grid_id = place.id if form.kind is PlaceKind.GRID else parent.grid_id
    session.add(place)
    publish(session, "place", place, "create", actor=actor, data=changes(_json(form)))
    return place


async def update(session: AsyncSession, actor: Actor, place_id: UUID, version: int, form: PlaceUpdate) -> Place:
    """Correct a place's own fields; it never moves, since all that stands there carries its path."""
    place = await place_of(session, place_id)
    access.require(actor, "places:update", place.path)
    await hold(session, place, version)
    if form.compound_kind is not None and place.kind is not PlaceKind.COMPOUND:
        raise RuleBroken("只有小区才分类型", field="compound_kind")
    for name, value in _columns(form).items():
        setattr(place, name, value)
    publish(session, "place", place, "update", actor=actor, data=changes(_json(form)))
    return place


def _json(form: PlaceCreate | PlaceUpdate) -> dict[str, Any]:
    return form.model_dump(mode="json", exclude_unset=True)


def _columns(form: PlaceCreate | PlaceUpdate) -> dict[str, Any]:
    columns = form.model_dump(exclude_unset=True, exclude={"position", "boundary", "boundary_datum"})
    if form.position is not None:
        spot = to_wgs84(form.position.lon, form.position.lat, form.position.datum)
        columns |= {"lon": spot.lon, "lat": spot.lat}
    if form.boundary is not None:
        ring = [to_wgs84(lon, lat, form.boundary_datum) for lon, lat in form.boundary]
        columns["boundary"] = [(spot.lon, spot.lat) for spot in ring]
    return columns
