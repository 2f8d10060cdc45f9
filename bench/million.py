"""A million orders in eight communities, made in bulk and kept between runs: what a list is measured on.

Nothing in them is ever due, so that the clocks of a running app leave them alone. They have no events: a list reads none.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from app.core.migrate import MIGRATIONS
from app.domain.people import Role
from app.domain.places import PlaceKind
from bench.data import Ground, Person, make_ground

DISTRICT = 990_003
ORDERS = 1_000_000
COMMUNITIES = 8
HELPERS_EACH = 25
_SCHEMA = hashlib.sha256(b"".join(file.read_bytes() for file in sorted((MIGRATIONS / "versions").glob("*.py"))))
_MARK = f"{ORDERS} orders, edition 1, schema {_SCHEMA.hexdigest()[:16]}"

_PLAN = """
CREATE TEMP TABLE plan AS
SELECT i, uuidv7(make_interval(secs => (i - $2) * 30)) AS need, uuidv7(make_interval(secs => (i - $2) * 30 + 15)) AS "order",
  now() + make_interval(secs => (i - $2) * 30) AS at,
  CASE WHEN i % 100 < 90 THEN 'closed' WHEN i % 100 < 93 THEN 'open' WHEN i % 100 < 95 THEN 'published'
    WHEN i % 100 < 98 THEN 'accepted' ELSE 'in_progress' END AS state,
  c.community, c.grid, c.home, c.path, c.helpers[1 + (i / $3) % array_length(c.helpers, 1)] AS helper
FROM generate_series(1, $2::int) AS i
JOIN unnest($1::json[]) WITH ORDINALITY AS given(json, n) ON given.n = 1 + i % $3
CROSS JOIN LATERAL json_to_record(given.json)
  AS c(community uuid, grid uuid, home uuid, path text, helpers uuid[])"""

_NEEDS = """
INSERT INTO needs (district_id, id, state, title, details, category, urgency, privacy, people_concerned, source, asked_at,
  asker_id, submitted_by, round, appealed, closed_by_system, place_id, path, community_id, grid_id, lon, lat, version,
  created_at, updated_at)
SELECT $1, need, CASE state WHEN 'closed' THEN 'closed' ELSE 'accepted' END, '第' || i || '件：门锁坏了', '大门的锁拧不动',
  'repair.home', 'normal', 'handlers', 1, 'self', at, $2, $2, 1, false, false, home, path, community, grid, 111.65, 40.82, 2,
  at, at
FROM plan ORDER BY i"""

_ORDERS = """
INSERT INTO orders (district_id, id, need_id, state, title, category, urgency, people_wanted, people_accepted, round, due_at,
  auto_offer, offer_minutes, overruled, result, outcome, rating, reported_at, closed_at, closed_by_system, place_id, path,
  community_id, grid_id, lon, lat, version, created_at, updated_at)
SELECT $1, "order", need, state, '第' || i || '件：门锁坏了', 'repair.home', 'normal', 1,
  CASE WHEN state IN ('open', 'published') THEN 0 ELSE 1 END, 1, at + interval '3 days', false, 60, false,
  CASE state WHEN 'closed' THEN '已更换锁芯' END, CASE state WHEN 'closed' THEN 'solved' END,
  CASE state WHEN 'closed' THEN 1 + i % 5 END, CASE state WHEN 'closed' THEN at END, CASE state WHEN 'closed' THEN at END, false,
  home, path, community, grid, 111.65, 40.82, 4, at, at
FROM plan ORDER BY i"""

_ASSIGNMENTS = """
INSERT INTO assignments (district_id, id, order_id, path, slot, person_id, state, accepted_at, version, created_at, updated_at)
SELECT $1, gen_random_uuid(), "order", path, 1, helper, CASE state WHEN 'closed' THEN 'verified' ELSE 'accepted' END, at, 1, at, at
FROM plan WHERE state IN ('accepted', 'in_progress', 'closed') ORDER BY i"""

_FOLLOWERS = """
INSERT INTO need_followers (district_id, id, need_id, person_id, from_need_id)
SELECT $1, gen_random_uuid(), need, helper, need FROM plan WHERE i % 20 = 0"""


async def is_there(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT obj_description('orders'::regclass) = $1", _MARK))


async def make(connection: asyncpg.Connection, folder: Path) -> None:
    """Write it all. The mark comes last: an interrupted making is begun anew."""
    ground = await make_ground(connection, folder, DISTRICT, COMMUNITIES)
    given = [await _peopled(ground, number) for number in range(COMMUNITIES)]
    await connection.set_type_codec("json", encoder=str, decoder=str, schema="pg_catalog")
    # checking four million foreign keys one by one would take longer than all the rest
    await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'")
    await connection.execute(_PLAN, given, ORDERS, COMMUNITIES)
    asker = ground.asker.id if ground.asker else None
    async with _without_indexes(connection, ["needs", "orders", "assignments", "need_followers"]):
        for what, statement, more in (
            ("needs", _NEEDS, [asker]),
            ("orders", _ORDERS, []),
            ("assignments", _ASSIGNMENTS, []),
            ("followers", _FOLLOWERS, []),
        ):
            print(f"making {ORDERS:,} orders, kept for the next run: {what}", flush=True)
            await connection.execute(statement, DISTRICT, *more)
        print("indexes", flush=True)
    await connection.execute("RESET session_replication_role")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute(f"COMMENT ON TABLE orders IS '{_MARK}'")


async def _peopled(ground: Ground, number: int) -> str:
    """A community with its admin and helpers, as the plan reads it."""
    at = ground.communities[number]
    await ground.people(1, Role.COMMUNITY_ADMIN, at.place, PlaceKind.COMMUNITY, at)
    helpers = await ground.people(HELPERS_EACH, Role.VOLUNTEER, at.place, PlaceKind.COMMUNITY, at)
    people = ", ".join(f'"{person.id}"' for person in helpers)
    where = f'"community": "{at.place.id}", "grid": "{at.grid.id}", "home": "{at.home.id}", "path": "{at.home.path}"'
    return f'{{{where}, "helpers": [{people}]}}'


@asynccontextmanager
async def _without_indexes(connection: asyncpg.Connection, tables: list[str]) -> AsyncIterator[None]:
    """Indexes are dropped and made again at the end: far quicker than a million insertions into each."""
    found: list[Any] = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes AS i WHERE tablename = ANY($1)"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conname = i.indexname)",
        tables,
    )
    for index in found:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    yield
    for index in found:
        await connection.execute(index["indexdef"])


async def admins(ground: Ground) -> dict[str, Person]:
    """The communities' admins: community → person, signed in anew."""
    rows = await ground.connection.fetch(
        "SELECT g.place_id::text AS community, g.person_id, a.id AS account FROM grants AS g"
        " JOIN accounts AS a USING (district_id, person_id) WHERE g.district_id = $1 AND g.role = $2",
        DISTRICT,
        Role.COMMUNITY_ADMIN.value,
    )
    people = await ground.signed_in([(row["person_id"], row["account"]) for row in rows])
    return {row["community"]: person for row, person in zip(rows, people, strict=True)}


async def depths(connection: asyncpg.Connection) -> list[Any]:
    """Orders at random depth: where pages may begin, as (community, id)."""
    rows = await connection.fetch(
        "SELECT community_id::text AS community, id FROM orders TABLESAMPLE SYSTEM (2) WHERE district_id = $1", DISTRICT
    )
    return [(row["community"], row["id"]) for row in rows]
