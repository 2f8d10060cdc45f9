"""The three rates, counted from clocks, orders and revisits as they stand: never typed in, and never kept a second time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound, RuleBroken
from app.domain import access
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.domain.rates import LEFT_NAMES, REASONS, TIER_NAMES, Counted, Group, Rate, counted, span_of, tier
from app.models import Category, Organization, Place
from app.schemas.rates import RateQuery
from app.services.places import place_of
from app.services.rates_counts import Asked, endings, responses

_NOBODY = Counted(0, 0, {})
_NO_UNIT = "未由单位承办"
Found = dict[str | None, dict[Rate, Counted]]


@dataclass(frozen=True, slots=True)
class _Named:
    """What a row stands for."""

    name: str
    id: UUID | None = None
    code: str | None = None


async def read(session: AsyncSession, actor: Actor, query: RateQuery) -> dict[str, Any]:
    """The fields of a RatesRead, of the actor's own place or one below it; 404 for any other."""
    place = await place_counted(session, actor, "rates:read", query.place_id)
    if query.organization_id is not None:
        await _must_be_a_unit(session, query.organization_id)
    if place.kind is PlaceKind.ENTRANCE and query.group is Group.PLACE:
        raise RuleBroken("不按户统计", field="group")
    asked = Asked(place, span_of(query.from_on, query.until_on), query)
    found: Found = {}
    for counts in (responses, endings):
        for row in (await session.execute(counts(asked))).mappings():
            found.setdefault(row["key"], {}).update(_read_off(dict(row)))
    if query.group is Group.ALL:
        found.setdefault(str(place.id), {})
    named = await _names(session, query.group, place, {key for key in found if key is not None})
    rows = [_row(named.get(key or "", _Named(key or _NO_UNIT)), rates) for key, rates in found.items()]
    rows.sort(key=lambda row: (row["id"] is None and row["code"] is None, row["name"], str(row["id"] or row["code"])))
    return query.model_dump(include={"place_id", "from_on", "until_on", "group"}) | {"rows": rows}


async def place_counted(session: AsyncSession, actor: Actor, permission: str, place_id: UUID) -> Place:
    """A place whose figures the actor may see. Down to an entrance: those of a home would be about whoever lives there."""
    access.require_anywhere(actor, permission)
    place = await place_of(session, place_id)
    if not access.may(permission, actor.roles_at(place.path)):
        raise NotFound("没有这个地点")
    if place.kind is PlaceKind.HOUSEHOLD:
        raise RuleBroken("不按户统计", field="place_id")
    return place


async def _must_be_a_unit(session: AsyncSession, organization_id: UUID) -> None:
    if await session.scalar(select(Organization.id).where(Organization.id == organization_id)) is None:
        raise NotFound("没有这个单位")


def _read_off(row: dict[str, Any]) -> dict[Rate, Counted]:
    """Those of the rates that the row counts."""
    return {
        rate: counted(row[rate.value], row[f"{rate.value}_of"], {reason: row[reason.value] for reason in REASONS[rate]})
        for rate in Rate
        if rate.value in row
    }


def _row(named: _Named, rates: dict[Rate, Counted]) -> dict[str, Any]:
    shown = {rate.value: _shown(rate, rates.get(rate, _NOBODY)) for rate in Rate}
    return {"id": named.id, "code": named.code, "name": named.name} | shown


def _shown(rate: Rate, found: Counted) -> dict[str, Any]:
    level = tier(rate, found)
    return {
        "numerator": found.numerator,
        "denominator": found.denominator,
        "left_out": [{"reason": why, "name": LEFT_NAMES[why], "count": n} for why, n in found.left_out.items()],
        "share": found.share,
        "tier": level,
        "tier_name": None if level is None else TIER_NAMES[level],
    }


async def _names(session: AsyncSession, group: Group, place: Place, keys: Collection[str]) -> dict[str, _Named]:
    """Key → what its row is called."""
    match group:
        case Group.ALL:
            return {str(place.id): _Named(place.name, id=place.id)}
        case Group.PLACE:
            places = await session.execute(select(Place.path, Place.name, Place.id).where(Place.path.in_(keys)))
            return {path: _Named(name, id=place_id) for path, name, place_id in places}
        case Group.CATEGORY:
            kinds = await session.execute(select(Category.code, Category.name).where(Category.code.in_(keys)))
            return {code: _Named(name, code=code) for code, name in kinds}
        case Group.ORGANIZATION:
            ids = Organization.id.in_([UUID(key) for key in keys])
            key = cast(Organization.id, Text)
            units = await session.execute(select(key, Organization.name, Organization.id).where(ids))
            return {written: _Named(name, id=unit_id) for written, name, unit_id in units}
