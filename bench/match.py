"""``make bench-match``: the 20 best of 100,000 resources for one need, the product's own way against SQL written by hand.

Measured is the service's work for a run (``matching_search.best_for``), as the app's role behind row-level security, for needs
of different kinds in people's own words, every other one at a wanted time: the median of each, and of these. The true 20 are
those of the rule in ``app.domain.matching`` over every resource that could serve the need. The database is thrown away at the end.
"""

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database_url import plain
from app.core.db import Database
from app.domain.matching import WEIGHTS, Part, Scored, in_order, rank
from app.models import Need, Resource
from app.services import lexicon, matching, matching_search
from app.settings import Settings
from bench import match_floor
from bench.data import make_ground
from bench.match_ground import MatchGround
from bench.processes import own_postgres

DISTRICT = 990_017
COMMUNITIES = 8
MOST = 20
_CHUNK = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--needs", type=int, default=12)
    parser.add_argument("--times", type=int, default=11, help="each way for each need, in turn")
    asked = parser.parse_args()
    with own_postgres("bench") as (folder, postgres):
        told = uvloop.run(bench(postgres.url, folder, asked))
    print(json.dumps(told))


async def bench(url: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    connection = await asyncpg.connect(plain(url))
    made = MatchGround(await make_ground(connection, folder, DISTRICT, COMMUNITIES), asked.resources)
    print(f"making {asked.resources:,} resources", flush=True)
    await made.fill()
    needs = await made.needs(asked.needs)
    database = Database(url, role=Settings().app_role, pool_size=2)
    try:
        async with database.transaction(DISTRICT) as session:
            words = await lexicon.of(session, None)
        await match_floor.prepare(connection, words)
        async with database.transaction(DISTRICT) as session:
            measured = [await compared(connection, session, need_id, asked.times) for need_id in needs]
            print("looking at everything", flush=True)
            found = [told | await checked(session, *which) for told, which in measured]
    finally:
        await database.engine.dispose()
        await connection.close()
    told: dict[str, Any] = {"bench": "match", "resources": asked.resources, "needs": len(found)}
    told |= {name: round(statistics.median(one[name] for one in found), 2) for name in ("ms", "floor_ms", "first_ms")}
    told["ratio"] = round(told["floor_ms"] / told["ms"], 3)
    told |= {name: round(statistics.mean(one[name] for one in found), 4) for name in ("exact", "floor_exact")}
    return told | {"looked": round(statistics.median(one["looked"] for one in found))}


Answers = tuple[Need, set[UUID], set[UUID]]


async def compared(
    connection: asyncpg.Connection, session: AsyncSession, need_id: UUID, times: int
) -> tuple[dict[str, float], Answers]:
    """Both ways in turn, after one look each whose time is told apart: the times, and what either found."""
    need = (await session.scalars(select(Need).where(Need.id == need_id))).one()
    asked = await matching.asked_of(session, [need], need.community_id)
    given = match_floor.arguments(DISTRICT, need, asked.words, asked.on_duty[need.id])
    spent: dict[str, list[float]] = {"ours": [], "floor": []}
    ours: matching_search.Found | None = None
    by_hand: list[UUID] = []
    for _ in range(times + 1):
        began = time.perf_counter()
        ours = await matching_search.best_for(session, need, dict(WEIGHTS), MOST)
        spent["ours"].append((time.perf_counter() - began) * 1000)
        session.expunge_all()
        began = time.perf_counter()
        by_hand = await match_floor.best(connection, given)
        spent["floor"].append((time.perf_counter() - began) * 1000)
    assert ours is not None
    assert not ours.more
    told: dict[str, float] = {"first_ms": spent["ours"][0], "looked": ours.looked}
    told |= {"ms": statistics.median(spent["ours"][1:]), "floor_ms": statistics.median(spent["floor"][1:])}
    print(
        f"{need.category:<26} ours {told['ms']:7.2f} ms (first {told['first_ms']:7.2f}), floor {told['floor_ms']:7.2f} ms,"
        f" looked at {ours.looked:,}",
        flush=True,
    )
    return told, (need, {scored.resource_id for scored in ours.ranked}, set(by_hand))


async def checked(session: AsyncSession, need: Need, ours: set[UUID], by_hand: set[UUID]) -> dict[str, float]:
    """How much of the truth either found."""
    truth = {scored.resource_id for scored in await everything(session, need)}
    return {"exact": len(truth & ours) / len(truth), "floor_exact": len(truth & by_hand) / len(truth)}


async def everything(session: AsyncSession, need: Need) -> list[Scored]:
    """The best by the rule of the domain, applied to each resource there is."""
    weights: dict[Part, int] = dict(WEIGHTS)
    best: list[Scored] = []
    ids = (await session.scalars(select(Resource.id).order_by(Resource.id))).all()
    asked = await matching.asked_of(session, [need], need.community_id)
    for since in range(0, len(ids), _CHUNK):
        rows = (await session.scalars(select(Resource).where(Resource.id.in_(ids[since : since + _CHUNK])))).all()
        facts = await matching.facts_of(session, asked, rows)
        best = sorted([*best, *rank((facts.pair(need, row) for row in rows), weights, MOST)], key=in_order)[:MOST]
        session.expunge_all()
        await asyncio.sleep(0)
    return best


if __name__ == "__main__":
    main()
