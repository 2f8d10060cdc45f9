"""The floor of ``make bench-match``: the score by hand in one statement, a box first.

What is cheap is computed for all in the box; the rest for the two hundred that have most of it. The grams of all texts lie
ready in a table, which the product does not have: its words change with the lexicon.
"""

from typing import Any
from uuid import UUID

import asyncpg

from app.core.clock import CHINA, now
from app.domain.catalogue import parent_of
from app.domain.lexicon import Lexicon
from app.domain.matches import LATELY, span_of
from app.domain.matching import FLOOR, LESSONS, WEIGHTS, branch_of
from app.domain.places import ancestors

HALF_WIDTH_M = 2_000
_W = {part.value: weight / sum(WEIGHTS.values()) for part, weight in WEIGHTS.items()}
_LESSONS = " ".join(f"WHEN '{reason.value}' THEN {lesson}" for reason, lesson in LESSONS.items())
_FLOOR = f"""
WITH near AS MATERIALIZED (
  SELECT r.*, CASE WHEN $7 = ANY (categories) THEN 1.0 WHEN categories && $8 THEN 0.8
      WHEN EXISTS (SELECT FROM unnest(categories) AS code WHERE split_part(code, '.', 1) = $9) THEN 0.4 ELSE 0.0 END AS kin,
    2.0 * (SELECT count(*) FROM unnest(g.grams) AS gram WHERE gram = ANY ($10))
      / (cardinality(g.grams) + cardinality($10)) AS alike,
    12742017.6 * asin(sqrt(least(1.0, sin(radians(lat - $4) / 2) ^ 2
      + cos(radians($4)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2))) AS metres
  FROM resources AS r JOIN bench_grams AS g ON g.id = r.id
  WHERE district_id = $1 AND state = 'listed' AND service_path = ANY ($2) AND reserved < quantity
    AND point(lon, lat) <@ box(point($3 - $5, $4 - $6), point($3 + $5, $4 + $6))
    AND starts_at <= coalesce($11, now()) AND (ends_at IS NULL OR ends_at >= coalesce($12, now()))),
promising AS MATERIALIZED (
  SELECT *, {_W["category"]} * kin + {_W["text"]} * alike
    + {_W["distance"]} * 2 ^ (-CASE WHEN person_id IS NULL THEN metres ELSE round(metres / 100) * 100 END / 1000)
    + CASE WHEN organization_id = $13 THEN {_W["duty"]} ELSE 0 END AS cheap
  FROM near WHERE kin > 0 OR alike > 0 ORDER BY cheap DESC LIMIT 200),
carried AS MATERIALIZED (
  SELECT coalesce(r.organization_id, r.person_id) AS whose, count(*) AS number, avg(count(*)) OVER () AS mean
  FROM matches AS m JOIN resources AS r ON r.district_id = m.district_id AND r.id = m.resource_id
  WHERE m.district_id = $1 AND m.state = 'confirmed' AND m.decided_at > $17 GROUP BY 1),
whole AS (
  SELECT p.*, CASE WHEN nature = 'stock' THEN quantity - reserved ELSE quantity - coalesce(taken.most, 0) END AS remaining,
    CASE WHEN nature = 'exclusive' OR kind NOT IN ('venue', 'materials', 'service', 'expertise') THEN 1 ELSE $14::int END AS wanted,
    nature = 'stock' OR $11::timestamptz IS NULL OR (NOT EXISTS (
        SELECT FROM resource_windows AS w WHERE w.district_id = $1 AND w.resource_id = p.id)
      OR EXISTS (SELECT FROM resource_windows AS w WHERE w.district_id = $1 AND w.resource_id = p.id AND w.weekday = $15
        AND w.from_minute <= $16::int AND w.until_minute >= $16::int + 120)) AS open_then,
    rated.number AS ratings, rated.total, coalesce(c.number, 0) AS had, coalesce(c.mean, 0) AS mean, taught.lost
  FROM promising AS p LEFT JOIN carried AS c ON c.whose = coalesce(p.organization_id, p.person_id),
    LATERAL (SELECT max(b.quantity) AS most FROM bookings AS b WHERE b.district_id = $1 AND b.resource_id = p.id
      AND b.state IN ('confirmed', 'fulfilled', 'held') AND b.during && tstzrange($11, $12)
      AND $11::timestamptz IS NOT NULL) AS taken,
    LATERAL (SELECT count(*) AS number, coalesce(sum(o.rating), 0) AS total FROM assignments AS a
      JOIN orders AS o ON o.district_id = $1 AND o.id = a.order_id AND o.rating IS NOT NULL
      WHERE a.district_id = $1 AND a.state IN ('accepted', 'checked_in', 'checked_out')
        AND (a.organization_id = p.organization_id OR a.person_id = p.person_id)) AS rated,
    LATERAL (SELECT coalesce(sum(CASE m.dismiss_reason {_LESSONS} END
        * 2 ^ (-extract(epoch FROM now() - m.decided_at) / 86400 / 90)), 0) AS lost FROM matches AS m
      WHERE m.district_id = $1 AND m.resource_id = p.id AND m.state = 'dismissed' AND m.category = $7) AS taught)
SELECT id, greatest({FLOOR}, 1 - lost) * (cheap
  + {_W["time"]} * CASE WHEN nature = 'stock' OR $11::timestamptz IS NULL THEN 0.5 ELSE 1 END
  + {_W["capacity"]} * least(1.0, remaining::float8 / wanted) + {_W["rating"]} * ((total + 12.0) / (ratings + 3) - 1) / 4
  + {_W["fairness"]} * (mean + 1) / (greatest(had, mean) + 1)) AS score
FROM whole WHERE remaining > 0 AND open_then ORDER BY score DESC, id LIMIT 20"""  # noqa: S608 - numbers of the house


async def prepare(connection: asyncpg.Connection, words: Lexicon) -> None:
    """The grams of every resource."""
    rows = await connection.fetch("SELECT id, name, coalesce(details, '') AS details FROM resources")
    await connection.execute("CREATE TABLE bench_grams (id uuid PRIMARY KEY, grams text[] NOT NULL)")
    records = [(row["id"], list(words.grams(f"{row['name']}\n{row['details']}"))) for row in rows]
    await connection.copy_records_to_table("bench_grams", records=records)
    await connection.execute("VACUUM (ANALYZE) bench_grams")


def arguments(district: int, need: Any, words: Lexicon, duty: UUID | None) -> list[Any]:
    """What the statement takes for a need."""
    above, code = [], parent_of(need.category)
    while code is not None:
        above.append(code)
        code = parent_of(code)
    start, end = span_of(need.wanted_at) or (None, None)
    there = start.astimezone(CHINA) if start else None
    time = (there.isoweekday(), there.hour * 60 + there.minute) if there else (0, 0)
    wide = HALF_WIDTH_M / 111_195
    box = (need.lon, need.lat, wide / 0.757, wide)
    grams = sorted(words.grams(f"{need.title}\n{need.details}"))
    kinds = (need.category, above, branch_of(need.category))
    rest = (start, end, duty, need.people_concerned, *time, now() - LATELY)
    return [district, ancestors(need.path), *box, *kinds, grams, *rest]


async def best(connection: asyncpg.Connection, given: list[Any]) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(_FLOOR, *given)]
