"""Golden plans: running clocks cost what is due, not what exists."""

import json
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.database_url import plain
from app.core.db import Database
from app.settings import Settings
from app.workers import clocks_limits
from tests.whole.plans import nodes_of, sql_of
from tests.worlds import build_world

DISTRICT = 999_024
_MANY = """
INSERT INTO clocks (district_id, id, kind, subject, subject_id, round, path, state, level, unit, limit_time, source,
                    extended_time, left_time, counted_from, started_at, warn_at, due_at, next_at, stale, ended_at, version,
                    updated_at)
SELECT CAST(:district AS integer), gen_random_uuid(), 'resolve', 'order', gen_random_uuid(), 1, 'path/', state, 0, 'working_days',
       interval '5 days', '本系统规定', interval '0', interval '5 days', now(), now(), later, later, next_at, false, ended_at,
       0, now()
FROM (SELECT CASE WHEN n % 3 = 0 THEN 'met' ELSE 'running' END AS state, now() + n * interval '1 hour' AS later,
             CASE WHEN n % 3 > 0 THEN now() + (n - 10) * interval '1 hour' END AS next_at,
             CASE WHEN n % 3 = 0 THEN now() END AS ended_at
      FROM generate_series(1, 30000) n) AS drawn"""


@pytest.fixture(scope="module")
async def crowded(app: FastAPI, owner: Database, transport: Any) -> int:
    """20,000 running clocks, of which seven are due, beside 10,000 that have ended."""
    await build_world(app, owner, transport, DISTRICT)
    async with owner.transaction(DISTRICT) as session:
        await session.execute(text(_MANY), {"district": DISTRICT})
    async with owner.engine.begin() as connection:
        await connection.execute(text("ANALYZE clocks"))
    return DISTRICT


@pytest.mark.parametrize(
    ("number", "index", "found"), [(0, "ix_clocks_stale", 0), (1, "ix_clocks_awaits", 0), (2, "ix_clocks_next", 7)]
)
async def test_what_is_due_is_found_by_its_index(
    crowded: int, database_url: str, settings: Settings, number: int, index: str, found: int
) -> None:
    """As the worker asks it, with the app's role behind row-level security; nothing is read that is not due."""
    bound = {"role": settings.app_role, "app.district": str(crowded)}
    connection = await asyncpg.connect(plain(database_url), server_settings=bound)
    try:
        answer = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql_of(clocks_limits.due()[number][0])}")
    finally:
        await connection.close()
    nodes = nodes_of(json.loads(answer)[0]["Plan"])
    assert index in {node.get("Index Name") for node in nodes}
    assert "Seq Scan" not in {node["Node Type"] for node in nodes}
    scan = next(node for node in nodes if node.get("Index Name") == index)
    assert (scan["Actual Rows"], scan.get("Rows Removed by Filter", 0)) == (found, 0)
