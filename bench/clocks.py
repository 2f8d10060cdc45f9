"""``make bench-clocks``: a million running clocks cost what is due, not what exists.

The workers' own turn is taken with so many clocks due among few, and again with as many due among a million, on an embedded
PostgreSQL of its own with durable commits. The last line is one JSON object; ``ratio`` is the second by the first.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from app.core.database_url import plain
from app.core.db import Database
from app.settings import Settings
from app.workers import clocks
from bench.data import Ground, make_ground
from bench.processes import own_postgres

DISTRICT = 990_007
CLOCKS, FEW, DUE, TIMES = 1_000_000, 1_000, 100, 7

_FILL = """
INSERT INTO clocks (district_id, id, kind, subject, subject_id, round, path, community_id, grid_id, state, level, unit,
  limit_time, source, extended_time, left_time, counted_from, started_at, warn_at, due_at, next_at, stale, version, updated_at)
SELECT $1, uuidv7(), 'resolve', 'order', gen_random_uuid(), 1, $2, $3, $4, 'running', 0, 'clock_minutes',
  interval '2 days', 'house', interval '0', interval '2 days', began, began, began + interval '1 day', due, due, false, 0, began
FROM (SELECT now() + $6 + i * interval '1 second' AS due, now() + $6 - interval '2 days' AS began
  FROM generate_series(1, $5::int) AS i) AS drawn"""
"""Clocks that fall due from a moment on, one a second; warned of and overdue at once."""
_LATE = "SELECT count(*) FROM clocks WHERE district_id = $1 AND state = 'overdue'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clocks", type=int, default=CLOCKS)
    with own_postgres("bench") as (folder, server):
        print(json.dumps(uvloop.run(bench(server.url, folder, parser.parse_args().clocks))))


async def bench(url: str, folder: Path, many: int) -> dict[str, Any]:
    """Both measured; the clocks that exist are the same in kind and place as those that are due."""
    ground = await make_ground(await asyncpg.connect(plain(url)), folder, DISTRICT, communities=1)
    database = Database(url, Settings(data_dir=folder).app_role, 2)
    await database.open()
    few = await _measured(ground, database, FEW)
    began = time.monotonic()
    most = await _measured(ground, database, many - FEW)
    print(f"{many:,} clocks filled in and looked at in {time.monotonic() - began:.0f} s", flush=True)
    await database.close()
    await ground.connection.close()
    found = {"bench": "clocks", "clocks": many, "due": DUE, "seconds": most, "seconds_among_few": few}
    return found | {"ms_each": round(most / DUE * 1_000, 2), "ratio": round(most / few, 2)}


async def _measured(ground: Ground, database: Database, more: int) -> float:
    """The median seconds of a worker's turn that finds so many due, once there are so many more that are not."""
    await _put(ground, more, "1 day")
    await ground.connection.execute("VACUUM (ANALYZE) clocks", timeout=None)
    took = []
    for _ in range(TIMES):
        late = await ground.connection.fetchval(_LATE, ground.district)
        await _put(ground, DUE, "-3 minutes")
        began = time.perf_counter()
        await clocks.tick(database, ground.district)
        took.append(time.perf_counter() - began)
        assert await ground.connection.fetchval(_LATE, ground.district) == late + DUE, "all that was due, and no more"
    return round(statistics.median(took), 3)


async def _put(ground: Ground, count: int, after: str) -> None:
    first = ground.communities[0]
    place = (first.home.path, first.place.id, first.grid.id)
    fill = _FILL.replace("$6", f"interval '{after}'")
    await ground.connection.execute(fill, ground.district, *place, count, timeout=None)


if __name__ == "__main__":
    main()
