"""Every position lies where it should, and a coordinate finds exactly the one grid it lies in."""

from collections.abc import AsyncIterator
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.polygons import Ring, contains, opened
from app.domain.places import PlaceKind
from app.models import Place
from app.settings import Settings
from tests.seeded import CODE, Seeded


@pytest.fixture
async def as_app(seeded: Seeded, settings: Settings, database_url: str) -> AsyncIterator[AsyncSession]:
    """A session of the role that requests run as."""
    database = Database(database_url, role=settings.app_role, pool_size=1)
    async with database.transaction(CODE) as session:
        yield session
    await database.close()


def ring_of(place: Place) -> Ring:
    assert place.boundary is not None
    return opened((point[0], point[1]) for point in place.boundary)


def test_every_position_lies_in_its_grid_and_in_the_district(seeded: Seeded) -> None:
    (district,) = seeded.of_kind(PlaceKind.DISTRICT)
    outline = ring_of(district)
    grids = {grid.id: ring_of(grid) for grid in seeded.of_kind(PlaceKind.GRID)}
    spots = {(place.lon, place.lat, place.grid_id) for place in seeded.places.values() if place.lon and place.lat}
    assert len(spots) > 250
    for lon, lat, grid_id in spots:
        assert contains(outline, (lon, lat))
        assert grid_id is None or contains(grids[grid_id], (lon, lat))
    for place in seeded.places.values():
        if place.grid_id is not None:
            assert (place.lon, place.lat) != (None, None)


async def test_every_building_finds_its_own_grid(as_app: AsyncSession) -> None:
    found = func.grid_at(CODE, Place.lon, Place.lat)
    inside = select(Place.code, Place.grid_id, found).where(Place.grid_id.is_not(None))
    rows = (await as_app.execute(inside)).all()
    assert len(rows) > 2_500
    assert [code for code, own, grid in rows if own != grid] == []


async def test_a_spot_of_the_community_lies_in_exactly_one_grid(as_app: AsyncSession, seeded: Seeded) -> None:
    ring, rng = ring_of(seeded.community), Random(1)
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    spots = [(rng.uniform(min(lons), max(lons)), rng.uniform(min(lats), max(lats))) for _ in range(400)]
    grids = {grid.id: ring_of(grid) for grid in seeded.of_kind(PlaceKind.GRID)}
    outside = 0
    for lon, lat in spots:
        found = await as_app.scalar(select(func.grid_at(CODE, lon, lat)))
        expected = [grid for grid, corners in grids.items() if contains(corners, (lon, lat))]
        assert expected == ([found] if found else [])
        assert bool(found) == contains(ring, (lon, lat))
        outside += found is None
    assert 0 < outside < 200


async def test_a_spot_far_away_or_of_another_district_has_no_grid(as_app: AsyncSession) -> None:
    assert await as_app.scalar(select(func.grid_at(CODE, 116.4, 39.9))) is None
    assert await as_app.scalar(select(func.grid_at(150102, 111.65, 40.82))) is None
