"""Whether somebody is where they say they serve: near the place of an order or an activity."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken
from app.core.geo import LonLat, metres_between
from app.domain.assignments import FENCE_M
from app.domain.places import PlaceKind
from app.models import Activity, Order
from app.services.places import grid_at, place_of

_WIDE = frozenset({PlaceKind.DISTRICT, PlaceKind.SUBDISTRICT, PlaceKind.COMMUNITY, PlaceKind.GRID})


async def must_be_within(session: AsyncSession, work: Order | Activity, spot: LonLat | None) -> None:
    """Near a door, a building or a compound; anywhere in the grid or community when it names no more than that."""
    if spot is None:
        raise RuleBroken("请提供位置", field="position")
    place = await place_of(session, work.place_id)
    if place.kind in _WIDE:
        grid = await grid_at(session, place.district_id, spot)
        inside = grid is not None and grid.path.startswith(place.path)
    else:
        inside = work.lon is None or work.lat is None or metres_between(LonLat(work.lon, work.lat), spot) <= FENCE_M
    if not inside:
        raise RuleBroken("不在服务地点范围内，无法签到", field="position")
