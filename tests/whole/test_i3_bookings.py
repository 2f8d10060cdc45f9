"""I3: a resource is never overbooked, whoever races, and whatever the application itself gets wrong."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.clock import now
from app.core.database_url import plain
from app.core.db import Database
from app.core.ids import new_id
from app.domain.bookings import BookingState
from app.domain.needs import NeedState
from app.domain.resources import Nature, ResourceKind, ResourceState
from app.models import Resource
from app.settings import Settings
from tests.services.rows import put_need
from tests.services.rows_resources import put_booking, put_resource
from tests.whole.bookings_model import Ground, run_model
from tests.worlds import World

RACERS = 64
EXAMPLES = int(os.environ.get("BOOKING_EXAMPLES", "8"))
"""How often the model is walked: 500 is the long run."""
STEPS = 50
SERVICE = {"kind": ResourceKind.SERVICE}


@pytest.fixture
async def raw(world: World, database_url: str, settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection that runs as requests do, bound to the district, past everything the services say."""
    connection = await asyncpg.connect(plain(database_url), server_settings={"role": settings.app_role})
    await connection.execute(f"SET app.district = '{world.district_id}'")
    yield connection
    await connection.close()


async def offered(owner: Database, world: World, nature: Nature, quantity: int) -> Resource:
    async with owner.transaction(world.district_id) as session:
        return await put_resource(
            session, world, ResourceState.LISTED, nature=nature, quantity=quantity, unit="次", **SERVICE
        )


async def race(owner: Database, world: World, resource: Resource, quantity: int = 1) -> list[int]:
    """The same wish from many at once; the statuses they got."""
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.ACCEPTED)
    start = now() + timedelta(days=1)
    form: dict[str, Any] = {"resource_id": str(resource.id), "purpose": "need", "purpose_id": str(need.id)}
    if resource.nature is not Nature.STOCK:
        form |= {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    calls = (world.call("community", "POST", "/v1/bookings", json=form | {"quantity": quantity}) for _ in range(RACERS))
    return [answer.status_code for answer in await asyncio.gather(*calls)]


@pytest.mark.parametrize(
    ("nature", "quantity", "each", "winners"),
    [
        (Nature.EXCLUSIVE, 1, 1, 1),
        (Nature.SHARED, 20, 1, 20),
        (Nature.SHARED, 20, 3, 6),
        (Nature.STOCK, 1, 1, 1),
        (Nature.STOCK, 10, 3, 3),
    ],
)
async def test_i3_sixty_four_race_for_what_is_left(
    world: World, owner: Database, nature: Nature, quantity: int, each: int, winners: int
) -> None:
    resource = await offered(owner, world, nature, quantity)
    statuses = await race(owner, world, resource, each)
    assert sorted(statuses) == [201] * winners + [409] * (RACERS - winners)
    page = await world.ok("grid", "GET", "/v1/bookings", params={"resource_id": str(resource.id), "limit": 100})
    assert len(page["items"]) == winners


_INSERT = """
INSERT INTO bookings (district_id, id, state, resource_id, path, nature, quantity, during, purpose, purpose_id, use_place_id,
  use_path, expires_at, version, created_at, updated_at)
SELECT district_id, $2, 'held', id, path, $3, $4, $5, 'need', $2, place_id, path, now(), 1, now(), now()
FROM resources WHERE id = $1"""


async def insert(raw: asyncpg.Connection, resource: Resource, quantity: int, hours: tuple[int, int] | None) -> UUID:
    start, row = now().replace(microsecond=0), new_id()
    during = None
    if hours:
        during = asyncpg.Range(start + timedelta(hours=hours[0]), start + timedelta(hours=hours[1]))
    await raw.execute(_INSERT, resource.id, row, resource.nature.value, quantity, during)
    return row


async def test_i3_the_database_itself_refuses_two_at_a_time(world: World, owner: Database, raw: Any) -> None:
    room = await offered(owner, world, Nature.EXCLUSIVE, 1)
    first = await insert(raw, room, 1, (1, 3))
    await insert(raw, room, 1, (3, 4))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await insert(raw, room, 1, (2, 4))
    await raw.execute("UPDATE bookings SET state = 'released' WHERE id = $1", first)
    await insert(raw, room, 1, (2, 3))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await raw.execute("UPDATE bookings SET state = 'held' WHERE id = $1", first)


async def test_i3_the_database_itself_refuses_more_than_there_is_at_a_time(
    world: World, owner: Database, raw: Any
) -> None:
    chairs = await offered(owner, world, Nature.SHARED, 20)
    await insert(raw, chairs, 12, (1, 3))
    moved = await insert(raw, chairs, 12, (3, 5))
    await insert(raw, chairs, 8, (2, 4))
    for bad in ((2, 3), (0, 6), (3, 4)):
        with pytest.raises(asyncpg.ExclusionViolationError):
            await insert(raw, chairs, 1, bad)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await raw.execute("UPDATE bookings SET quantity = 13 WHERE id = $1", moved)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await raw.execute(
            "UPDATE bookings SET during = tstzrange(now(), now() + interval '9 hours') WHERE id = $1", moved
        )
    with pytest.raises(asyncpg.ExclusionViolationError):
        await raw.execute("UPDATE resources SET quantity = 19 WHERE id = $1", chairs.id)
    await raw.execute("UPDATE resources SET quantity = 21 WHERE id = $1", chairs.id)


async def test_i3_the_database_itself_counts_stock(world: World, owner: Database, raw: Any) -> None:
    goods = await offered(owner, world, Nature.STOCK, 10)
    first = await insert(raw, goods, 6, None)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await insert(raw, goods, 5, None)
    await insert(raw, goods, 4, None)
    assert await raw.fetchval("SELECT reserved FROM resources WHERE id = $1", goods.id) == 10
    for bad in (
        "UPDATE resources SET reserved = 0 WHERE id = $1",
        "UPDATE resources SET quantity = 9 WHERE id = $1",
        "UPDATE resources SET nature = 'shared' WHERE id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await raw.execute(bad, goods.id)
    await raw.execute("UPDATE bookings SET state = 'fulfilled' WHERE id = $1", first)
    assert await raw.fetchval("SELECT reserved FROM resources WHERE id = $1", goods.id) == 10, "used up"
    await raw.execute("UPDATE bookings SET state = 'cancelled', cancel_words = '不便' WHERE id = $1", first)
    assert await raw.fetchval("SELECT reserved FROM resources WHERE id = $1", goods.id) == 4


async def test_i3_a_booking_stays_with_its_resource_and_is_never_deleted(
    world: World, owner: Database, raw: Any
) -> None:
    goods, chairs = await offered(owner, world, Nature.STOCK, 10), await offered(owner, world, Nature.SHARED, 10)
    row = await insert(raw, goods, 1, None)
    with pytest.raises(asyncpg.CheckViolationError):
        await raw.execute("UPDATE bookings SET resource_id = $2 WHERE id = $1", row, chairs.id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await raw.execute("DELETE FROM bookings WHERE id = $1", row)
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(raw, chairs, 1, None)


async def test_i3_whoever_lowers_the_quantity_races_whoever_books(world: World, owner: Database) -> None:
    resource = await offered(owner, world, Nature.SHARED, 5)
    async with owner.transaction(world.district_id) as session:
        await put_booking(
            session, world, resource, BookingState.CONFIRMED, starts_at=now() + timedelta(days=1), quantity=2
        )
    path, tag = f"/v1/resources/{resource.id}", {"if-match": '"1"'}
    lower = world.call("community", "PATCH", path, json={"quantity": 2}, headers=tag)
    lowered, statuses = await asyncio.gather(lower, race(owner, world, resource))
    held = statuses.count(201)
    assert set(statuses) <= {201, 409}
    assert (
        (lowered.status_code, held) == (200, 0)
        if lowered.status_code == 200
        else (lowered.status_code, held) == (409, 3)
    )


def test_i3_bookings_follow_their_model(world: World, database_url: str, settings: Settings) -> None:
    with asyncio.Runner() as runner:
        app = Database(database_url, role=settings.app_role, pool_size=2)
        owner = Database(database_url, role=None, pool_size=2)
        try:
            run_model(Ground(world, app, owner, runner), EXAMPLES, STEPS)
        finally:
            runner.run(app.close())
            runner.run(owner.close())
