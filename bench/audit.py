"""``make bench-audit``: a million entries in the audit trail: how fast they are linked, read and verified.

On an embedded PostgreSQL of its own with durable commits, thrown away at the end. The questions are asked of the whole app over
HTTP, as the audit administrator; each must be answered within a second, and by way of an index.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import orjson
import uvloop
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.core.clock import now
from app.core.database_url import plain
from app.core.db import Database
from app.core.keys import audit_keys
from app.core.paging import id_cursor
from app.domain.people import Role
from app.domain.places import PlaceKind
from app.schemas.audit import AuditQuery, SightingQuery
from app.services.audit_trail import listing, sighting_list
from app.settings import Settings
from app.workers.audit import anchor, link_district
from app.workers.audit_command import report, verify
from app.workers.bars import bars
from bench.client import drive, request
from bench.data import Ground, Spot, make_ground
from bench.processes import measured, own_postgres

DISTRICT = 990_004
ENTRIES = 1_000_000
TIMES = 20
SLOWEST_MS = 1_000.0

_FILL = """
INSERT INTO audit_entries (district_id, id, at, caller, actor_id, sign_in_id, address, operation, outcome, status, subject_id,
  person_id, opened, purpose, data)
SELECT $1, uuidv7(make_interval(secs => (i - $2) * 30)), now() + make_interval(secs => (i - $2) * 30), 'person',
  people[1 + i % 2000], gen_random_uuid(), '192.0.2.' || i % 250,
  CASE WHEN i % 100000 = 0 THEN 'rare_thing' ELSE 'operation_' || i % 120 END,
  CASE WHEN i % 20 = 0 THEN 'denied' ELSE 'done' END, CASE WHEN i % 20 = 0 THEN 404 ELSE 200 END,
  CASE WHEN i % 4 > 0 THEN gen_random_uuid() END,
  CASE WHEN i % 10 = 1 THEN people[1 + (i / 10) % 2000] END,
  CASE WHEN i % 100 = 1 THEN '{phone,address}'::text[] ELSE '{}' END, CASE WHEN i % 100 = 1 THEN 'visit' END, '{}'
FROM generate_series(1, $2::int) AS i, (SELECT $3::uuid[] AS people) AS given"""
_WAIT = "INSERT INTO audit_waiting (district_id, id) SELECT district_id, id FROM audit_entries WHERE district_id = $1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    asked = parser.parse_args()
    with own_postgres("bench") as (folder, server):
        found, plans = uvloop.run(bench(server.url, folder, asked.entries))
        settings = Settings(data_dir=folder, database_url=server.url)
        began = time.monotonic()
        with bars() as tell:
            examined = verify(server.url, settings, DISTRICT, None, tell)
        found["verify_seconds"] = round(time.monotonic() - began, 1)
        print("\n".join([*plans, *report(examined)]))
        assert not examined[0].faults
        print(json.dumps(found))


async def bench(url: str, folder: Path, entries: int) -> tuple[dict[str, Any], list[str]]:
    """What was measured, and the plans."""
    connection = await asyncpg.connect(plain(url))
    ground = await make_ground(connection, folder, DISTRICT, communities=1)
    people = await _fill(ground, entries)
    found: dict[str, Any] = {"bench": "audit", "entries": entries}
    took = await _linked(url, folder)
    print(f"linked in {took:.0f} s", flush=True)
    found["linked_a_second"] = round(entries / took)
    await connection.execute("VACUUM (ANALYZE)")
    questions = dict(_questions(people, await _somewhere(connection)))
    found |= await _asked(url, folder, ground, questions)
    await _linked(url, folder)  # what the questions left
    plans = await _plans(connection, people[20], people[40])
    await connection.close()
    return found, plans


async def _fill(ground: Ground, entries: int) -> list[UUID]:
    """The entries, of people and about people who are there."""
    at = ground.communities[0]
    people = [person.id for person in await ground.people(2_000, Role.VOLUNTEER, at.place, PlaceKind.COMMUNITY, at)]
    began = time.monotonic()
    # a foreign key checked a million times would take longer than all the rest
    await ground.connection.execute("SET session_replication_role = replica")
    await ground.connection.execute(_FILL, ground.district, entries, people, timeout=None)
    await ground.connection.execute(_WAIT, ground.district, timeout=None)
    await ground.connection.execute("RESET session_replication_role")
    await ground.connection.execute("VACUUM (ANALYZE) audit_entries, audit_waiting")
    print(f"{entries:,} entries in {time.monotonic() - began:.0f} s", flush=True)
    return people


async def _linked(url: str, folder: Path) -> float:
    """Seconds the linker takes for all of them."""
    settings = Settings(data_dir=folder)
    database, keys = Database(url, settings.app_role, 2), audit_keys(settings)
    began = time.monotonic()
    await link_district(database, keys[0], DISTRICT, batch=1_000)
    took = time.monotonic() - began
    await anchor(database, keys, folder / "audit-anchors", DISTRICT)
    await database.close()
    return took


async def _somewhere(connection: asyncpg.Connection) -> dict[str, Any]:
    """An entry in the middle of the trail."""
    row = await connection.fetchrow(
        "SELECT e.* FROM audit_entries AS e JOIN audit_links AS l USING (district_id, id)"
        " WHERE district_id = $1 AND subject_id IS NOT NULL ORDER BY abs(position - $2) LIMIT 1",
        DISTRICT,
        await connection.fetchval("SELECT max(position) / 2 FROM audit_links"),
    )
    assert row is not None
    return dict(row)


def _questions(people: list[UUID], entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What an audit administrator asks, by name."""
    asked: dict[str, dict[str, Any]] = {
        "newest": {},
        "deep": {"cursor": id_cursor(entry["id"])},
        "actor": {"actor_id": people[5]},
        "subject": {"subject_id": entry["subject_id"]},
        "person": {"person_id": people[6]},
        "operation": {"operation": "operation_7"},
        "rare_operation": {"operation": "rare_thing"},
        "denied": {"outcome": "denied"},
        "day": {"from_at": entry["at"].isoformat(), "until_at": (entry["at"] + timedelta(days=1)).isoformat()},
        "actor_denied": {"actor_id": people[20], "outcome": "denied"},
        "actor_and_rare": {"actor_id": people[0], "operation": "rare_thing"},
        "nobody": {"actor_id": entry["id"]},
    }
    for name, query in asked.items():
        yield name, f"/v1/audit?{urlencode(query | {'limit': 100})}"
    yield "sightings", f"/v1/people/{people[20]}/sightings?limit=100"
    yield "one", f"/v1/audit/{entry['id']}"


async def _asked(url: str, folder: Path, ground: Ground, questions: dict[str, str]) -> dict[str, Any]:
    """Median and slowest answer to each question, in milliseconds. The slowest of all must be within a second."""
    root = await ground.connection.fetchrow("SELECT id, path FROM places WHERE kind = 'district'")
    assert root is not None
    at, spot = ground.communities[0], Spot(root["id"], root["path"])
    admin = (await ground.people(1, Role.AUDIT_ADMIN, spot, PlaceKind.DISTRICT, at))[0]
    server = measured("ours", url, folder, workers=False)
    server.start()
    found: dict[str, Any] = {}
    try:
        await server.ready()
        for name, path in questions.items():
            load = await drive(server.port, [request("GET", path, admin.token)] * TIMES, 1)
            statuses = {reply.status if reply else 0 for reply in load.replies}
            assert statuses == {200}, f"{name}: {statuses}"
            last = load.replies[-1]
            rows = len(orjson.loads(last.body).get("items", [1])) if last else 0
            times = [seconds * 1000 for seconds in load.latencies]
            found[name] = {
                "rows": rows,
                "median_ms": round(statistics.median(times), 1),
                "worst_ms": round(max(times), 1),
            }
            print(f"{name:<16}{found[name]}", flush=True)
            assert max(times) < SLOWEST_MS, f"{name} took {max(times):.0f} ms"
    finally:
        server.stop()
    return {"questions": found}


async def _plans(connection: asyncpg.Connection, person: UUID, other: UUID) -> list[str]:
    """How the two lists are answered, as a request's role."""
    lines: list[str] = []
    queries = {
        "sightings": sighting_list([person], SightingQuery()),
        "sightings_of_two_records": sighting_list([person, other], SightingQuery()),
        "person": listing(AuditQuery(person_id=person)),
        "day": listing(AuditQuery(from_at=now() - timedelta(days=2), until_at=now() - timedelta(days=1))),
    }
    async with connection.transaction():
        await connection.execute(f"SET LOCAL ROLE sanshun_app; SET LOCAL app.district = '{DISTRICT}'")
        for name, query in queries.items():
            dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
            written = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
            rows = await connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) {written}")
            lines += [f"{name}:", *(f"  {row[0]}" for row in rows)]
    return lines


if __name__ == "__main__":
    main()
