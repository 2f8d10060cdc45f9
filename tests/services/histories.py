"""I2: the history of every aggregate is a gap-free list whose last element is its state."""

from typing import Any

from sqlalchemy import text

from app.core.db import Database

_BROKEN = """
SELECT '{table}' AS "table", row.id, row.version, row.state,
       coalesce(told.events, 0) AS events, told.last, told.doubled, told.unsent
FROM {table} row LEFT JOIN LATERAL (
  SELECT count(*) AS events, max(seq) AS newest, count(*) <> count(DISTINCT seq) AS doubled,
         (array_agg(target ORDER BY seq DESC) FILTER (WHERE target IS NOT NULL))[1] AS last,
         count(*) FILTER (WHERE outbox.id IS NULL) AS unsent
  FROM events LEFT JOIN outbox ON outbox.district_id = events.district_id AND outbox.id = events.id
  WHERE events.district_id = row.district_id AND events.aggregate_id = row.id) told ON true
WHERE row.district_id = :district
  AND (told.events <> row.version OR told.newest <> row.version OR told.doubled OR told.unsent > 0
       OR told.last IS DISTINCT FROM row.state)"""
WITH_STATE = (
    "needs",
    "orders",
    "assignments",
    "approvals",
    "rights_requests",
    "activities",
    "sign_ups",
    "activity_series",
    "projects",
    "vouchers",
    "whistles",
    "whistle_calls",
)


async def broken_histories(owner: Database, district_id: int) -> list[dict[str, Any]]:
    """Aggregates with a missing, doubled or unsent event, or whose last event is not what they are."""
    query = " UNION ALL ".join(_BROKEN.format(table=table) for table in WITH_STATE)
    async with owner.transaction(district_id) as session:
        return [dict(row) for row in (await session.execute(text(query), {"district": district_id})).mappings()]
