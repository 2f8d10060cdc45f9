"""``make bench-intake``: how good the suggested kinds of service are, and how fast needs are found by their words.

Accuracy: every text of ``bench/data/need_texts.csv``, written by somebody who did not see the lexicon, and never used to change it;
the first lexicon and catalogue as they are seeded, no neighbours. Told by class. Search: words from rare to common among a
million needs of eight communities, asked by an admin of one and of the district; the floor is the best SQL for that
word, written by hand and run as the tables' owner. Both must find the same needs. The database is thrown away at the end.
"""

import argparse
import csv
import json
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database_url import plain
from app.core.db import Database
from app.core.ids import new_id
from app.domain.lexicon import Entry, compiled
from app.domain.people import Actor, Grant, Role
from app.domain.places import PlaceKind
from app.domain.suggestions import Kind, learn, suggest
from app.schemas.needs import NeedQuery
from app.services import needs
from app.services.seeding_catalogue import catalogue
from app.services.seeding_lexicon import words
from app.settings import ROOT, Settings
from bench.data import Ground, make_ground
from bench.processes import own_postgres

DISTRICT = 990_011
COMMUNITIES = 8
TEXTS = ROOT / "bench" / "data" / "need_texts.csv"
TIMES = 15
SOUGHT = {"rare": ("鹦鹉", 50_000), "seldom": ("蜂箱", 2_000), "often": ("秋千", 200), "common": ("漏水", 10)}
"""Word → one need in so many has it."""
_FILL = """
INSERT INTO needs (district_id, id, state, title, details, category, urgency, privacy, people_concerned, source, asked_at,
  asker_id, submitted_by, round, appealed, closed_by_system, place_id, path, community_id, grid_id, version, created_at,
  updated_at)
SELECT $1, uuidv7(make_interval(secs => (i - $2) * 30)), CASE WHEN i % 100 < 90 THEN 'closed' ELSE 'submitted' END,
  terms[1 + (power(random(), 3) * size)::int] || terms[1 + (power(random(), 3) * size)::int]
    || CASE WHEN i % 50000 = 7 THEN '鹦鹉' WHEN i % 2000 = 3 THEN '蜂箱' WHEN i % 200 = 1 THEN '秋千'
      WHEN i % 10 = 0 THEN '漏水' ELSE '' END,
  (SELECT string_agg(terms[1 + (power(random(), 3) * size)::int + 0 * k], '，') FROM generate_series(1, 8 + i % 2) AS k),
  'other', 'normal', 'handlers', 1, 'self', now(), $5, $5, 1, false, false, homes[n], paths[n], communities[n], grids[n], 1,
  now(), now()
FROM (SELECT i, 1 + (i / 7) % $3 AS n FROM generate_series(1, $2::int) AS i) AS numbered,
  (SELECT $4::text[] AS terms, cardinality($4::text[]) - 1 AS size, $6::uuid[] AS homes, $7::text[] AS paths,
    $8::uuid[] AS communities, $9::uuid[] AS grids) AS given"""
_COPIES = """
INSERT INTO needs (district_id, id, state, title, details, urgency, privacy, people_concerned, source, asked_at, asker_id,
  submitted_by, round, appealed, closed_by_system, place_id, path, community_id, version, created_at, updated_at)
SELECT district_id, uuidv7(), 'submitted', title, details, urgency, privacy, 1, source, now(), asker_id, submitted_by, 1,
  false, false, place_id, path, community_id, 1, now(), now() FROM needs LIMIT 2000"""
_BY_INDEX = """
WITH found AS MATERIALIZED (
  SELECT * FROM needs WHERE need_grams(district_id, title, details) @> ARRAY[$1::int::text || $3::text])
SELECT * FROM found WHERE district_id = $1::int AND path LIKE $2 ORDER BY id DESC LIMIT 21"""
_FROM_THE_NEWEST = """
SELECT * FROM needs WHERE district_id = $1 AND {scope} AND (strpos(title, $3) > 0 OR strpos(details, $3) > 0)
ORDER BY id DESC LIMIT 21"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needs", type=int, default=1_000_000)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    asked = parser.parse_args()
    told: dict[str, Any] = {"bench": "intake"} | accuracy(asked.texts)
    with own_postgres("bench") as (folder, postgres):
        told |= uvloop.run(search(postgres.url, folder, asked.needs))
    print(json.dumps(told, ensure_ascii=False))


def accuracy(path: Path) -> dict[str, Any]:
    """Share of texts whose kind is the first, and among the first three, of what is suggested."""
    root = ROOT / "seeds"
    rows = words(root)
    lexicon = compiled(
        Entry(row["term"], row["category"], row["weight"], row["synonym_of"], local=False, retired=False)
        for row in rows
    )
    kinds = tuple(Kind(n["code"], n["name"], n["description"]) for n in catalogue(root) if n["terms"] is not None)
    model = learn(lexicon, kinds)
    with path.open(encoding="utf-8", newline="") as file:
        texts = [(line["text"], line["category"]) for line in csv.DictReader(file)]
    began = time.perf_counter()
    found = [(right, [one.code for one in suggest(lexicon, model, text, "")]) for text, right in texts]
    each_ms = (time.perf_counter() - began) * 1000 / max(1, len(texts))
    for line in _by_class(found):
        print(line, flush=True)
    return {
        "texts": len(texts),
        "top1": _share(found, 1),
        "top3": _share(found, 3),
        "macro_top1": round(statistics.mean(_share(part, 1) for part in _parts(found).values()), 3),
        "suggest_ms": round(each_ms, 2),
    }


Found = list[tuple[str, list[str]]]


def _share(found: Found, first: int) -> float:
    return round(sum(right in codes[:first] for right, codes in found) / max(1, len(found)), 3)


def _parts(found: Found) -> dict[str, Found]:
    parts: dict[str, Found] = {}
    for right, codes in found:
        parts.setdefault(right, []).append((right, codes))
    return dict(sorted(parts.items()))


def _by_class(found: Found) -> list[str]:
    """A line a class: how many texts, first, among three, and what it was mostly taken for instead."""
    lines = [f"{'class':<26}{'texts':>6}{'top1':>7}{'top3':>7}  taken for"]
    for right, part in _parts(found).items():
        wrong = Counter(codes[0] for _, codes in part if codes and codes[0] != right).most_common(2)
        instead = ", ".join(f"{code} {times}" for code, times in wrong)
        lines.append(f"{right:<26}{len(part):>6}{_share(part, 1):>7.2f}{_share(part, 3):>7.2f}  {instead}")
    return lines


async def search(url: str, folder: Path, count: int) -> dict[str, Any]:
    connection = await asyncpg.connect(plain(url))
    ground = await make_ground(connection, folder, DISTRICT, COMMUNITIES)
    insert_us = await fill(ground, count)
    database = Database(url, role=Settings().app_role, pool_size=2)
    await database.open()
    told: dict[str, Any] = {"needs": count, "insert_us_with_and_without_words": insert_us}
    try:
        for reader in ("community", "district"):
            for name in SOUGHT:
                told[f"{reader}_{name}"] = await compared(ground, database, reader, name)
    finally:
        await database.close()
        await connection.close()
    return told


async def fill(ground: Ground, count: int) -> tuple[int, int]:
    """All the needs, then their indexes and statistics; and what the index of words costs an insert, in microseconds."""
    connection, places = ground.connection, ground.communities
    terms = sorted({row["term"] for row in words(ROOT / "seeds") if "漏水" not in row["term"]} - {"秋千"})
    lists = ([c.home.id for c in places], [c.home.path for c in places], [c.place.id for c in places])
    asker = ground.asker.id if ground.asker else None
    print(f"making {count:,} needs", flush=True)
    index = await connection.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_needs_words'")
    await connection.execute(
        "DROP INDEX ix_needs_words; SET session_replication_role = replica; SET maintenance_work_mem = '256MB'"
    )
    await connection.execute(_FILL, DISTRICT, count, COMMUNITIES, terms, asker, *lists, [c.grid.id for c in places])
    without = await _inserted(connection)
    await connection.execute(index)
    with_words = await _inserted(connection)
    await connection.execute("RESET session_replication_role")
    await connection.execute("VACUUM (ANALYZE) needs")
    return with_words, without


async def _inserted(connection: asyncpg.Connection) -> int:
    """Microseconds a row, of 2,000 copies that are taken back."""
    times = []
    for _ in range(5):
        transaction = connection.transaction()
        await transaction.start()
        began = time.perf_counter()
        await connection.execute(_COPIES)
        times.append((time.perf_counter() - began) / 2_000 * 1e6)
        await transaction.rollback()
    return round(statistics.median(times))


async def compared(ground: Ground, database: Database, reader: str, name: str) -> dict[str, float]:
    """Medians of both ways, run in turn, in milliseconds."""
    word, _ = SOUGHT[name]
    times: dict[str, list[float]] = {"ours": [], "floor": []}
    async with database.transaction(DISTRICT) as session:
        ours = _ours(ground, session, reader, word)
        floor = _floor(ground, reader, word, rare=name in {"rare", "seldom"})
        assert await ours() == await floor(), f"{reader} {name}: the two find different needs"
        for _ in range(TIMES):
            for side, way in (("ours", ours), ("floor", floor)):
                began = time.perf_counter()
                await way()
                times[side].append((time.perf_counter() - began) * 1000)
    ms, floor_ms = (statistics.median(times[side]) for side in ("ours", "floor"))
    print(
        f"{reader:<10}{name:<8}{word}  ours {ms:7.2f} ms, floor {floor_ms:7.2f} ms, ratio {floor_ms / ms:.2f}",
        flush=True,
    )
    return {"ms": round(ms, 2), "floor_ms": round(floor_ms, 2), "ratio": round(floor_ms / ms, 2)}


Way = Callable[[], Awaitable[list[UUID]]]


def _place(ground: Ground, reader: str) -> tuple[UUID, str]:
    first = ground.communities[0].place
    return (first.id, first.path) if reader == "community" else (new_id(), first.path.split("/")[0] + "/")


def _ours(ground: Ground, session: AsyncSession, reader: str, word: str) -> Way:
    """The list's own query, as an admin of the place."""
    place_id, path = _place(ground, reader)
    role = Role.COMMUNITY_ADMIN if reader == "community" else Role.DISTRICT_ADMIN
    actor = Actor(DISTRICT, new_id(), new_id(), None, (Grant(role, place_id, path, PlaceKind(reader)),))

    async def page() -> list[UUID]:
        rows = await session.scalars(await needs.listing(session, actor, NeedQuery(q=word, limit=20)))
        return [need.id for need in rows.all()[:20]]

    return page


def _floor(ground: Ground, reader: str, word: str, *, rare: bool) -> Way:
    place_id, path = _place(ground, reader)
    scope = "community_id = $2" if reader == "community" else "path LIKE $2"
    statement = _BY_INDEX if rare else _FROM_THE_NEWEST.format(scope=scope)
    where = f"{path}%" if rare or reader == "district" else place_id

    async def page() -> list[UUID]:
        rows = await ground.connection.fetch(statement, DISTRICT, where, word)
        return [row["id"] for row in rows[:20]]

    return page


if __name__ == "__main__":
    main()
