"""What the database says after a race or a crash: the owner looks, behind row-level security's back."""

from typing import Any

import asyncpg

_TABLES = {"order": "orders", "assignment": "assignments", "need": "needs"}

_HISTORY = """
WITH told AS (
  SELECT aggregate_id AS id, count(*) AS events, max(seq) AS newest, count(DISTINCT seq) AS numbers,
    (array_agg(target ORDER BY seq DESC) FILTER (WHERE target IS NOT NULL))[1] AS state
  FROM events WHERE district_id = $1 AND aggregate = $2 GROUP BY aggregate_id)
SELECT count(*) FROM {table} AS row LEFT JOIN told USING (id)
WHERE row.district_id = $1 AND (told.id IS NULL OR told.events <> row.version OR told.newest <> row.version
  OR told.numbers <> row.version OR told.state IS DISTINCT FROM row.state)"""

_OTHERS = {
    "places with two holders": """
SELECT count(*) FROM (SELECT FROM assignments WHERE district_id = $1 AND state IN ('accepted', 'checked_in', 'checked_out')
  GROUP BY order_id, slot HAVING count(*) > 1) AS found""",
    "orders not closed whose count of holders is wrong": """
SELECT count(*) FROM orders AS o WHERE o.district_id = $1 AND o.state <> 'closed' AND o.people_accepted <> (
  SELECT count(*) FROM assignments AS a WHERE a.district_id = o.district_id AND a.order_id = o.id
  AND a.state IN ('accepted', 'checked_in', 'checked_out'))""",
    "events without their outbox row": """
SELECT count(*) FROM events AS e WHERE e.district_id = $1
  AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.district_id = e.district_id AND o.id = e.id)""",
    "takes that left not exactly one entry in the audit trail": """
SELECT count(*) FROM (
  SELECT FROM (SELECT aggregate_id AS id, actor_id, 1 AS taken, 0 AS noted FROM events
      WHERE district_id = $1 AND aggregate = 'order' AND action = 'take' AND actor_id IS NOT NULL
    UNION ALL SELECT subject_id, actor_id, 0, 1 FROM audit_entries
      WHERE district_id = $1 AND operation = 'order_take' AND outcome = 'done') AS told
  GROUP BY id, actor_id HAVING sum(taken) <> sum(noted)) AS found""",
    "people above their limit": """
SELECT count(*) FROM (SELECT FROM assignments WHERE district_id = $1 AND state IN ('accepted', 'checked_in')
  GROUP BY person_id HAVING count(*) > 5) AS found""",
}


async def faults(connection: asyncpg.Connection, district: int) -> dict[str, int]:
    """What is wrong with the district's histories, places and outbox, by name and count; empty when all agrees."""
    found = {
        f"{noun}s whose history has a gap or another end": await connection.fetchval(
            _HISTORY.format(table=table), district, noun
        )
        for noun, table in _TABLES.items()
    }
    for name, query in _OTHERS.items():
        found[name] = await connection.fetchval(query, district)
    return {name: count for name, count in found.items() if count}


async def overlaps(connection: asyncpg.Connection, district: int) -> int:
    """How often somebody serves in two places at once (INVARIANTS I4)."""
    found: int = await connection.fetchval(
        """
SELECT count(*) FROM service_windows AS one JOIN service_windows AS other
  ON other.district_id = one.district_id AND other.person_id = one.person_id AND other.id > one.id AND other.during && one.during
WHERE one.district_id = $1""",
        district,
    )
    return found


async def kept_answers(connection: asyncpg.Connection, district: int, keys: list[str]) -> dict[str, Any]:
    """The answers that were recorded with these idempotency keys: key → (status, body)."""
    rows = await connection.fetch(
        "SELECT key, status, body FROM idempotency_keys WHERE district_id = $1 AND key = ANY($2)", district, keys
    )
    return {row["key"]: (row["status"], bytes(row["body"])) for row in rows}


async def holders(connection: asyncpg.Connection, district: int, orders: list[Any]) -> dict[str, list[str]]:
    """Who holds each of these orders: order → people, as texts."""
    rows = await connection.fetch(
        "SELECT order_id::text AS order, array_agg(person_id::text) AS people FROM assignments"
        " WHERE district_id = $1 AND order_id = ANY($2) AND state = 'accepted' GROUP BY order_id",
        district,
        orders,
    )
    return {row["order"]: row["people"] for row in rows}
