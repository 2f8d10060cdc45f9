"""``make bench-dispatch``: 10,000 orders × 20,000 people from PostgreSQL and back, the product's own way, stage by stage.

A process of its own does what the product's does for a batch (``workers.dispatch_solving``): reads, finds candidates, solves, makes
the reasons, and writes invitations, clocks, history, outbox and audit, as the app's role behind row-level security. Told are the
medians of the rounds; the optimum is proven by a bound that knows no solver (``bench.dispatch_proof``) and compared with greed.
Reasons are made while others are written (``ask``); each alone is told apart. ``ratio`` is the whole over reading and writing
alone. ``mib``: the most memory the process took beyond what it had after its start.
The last line is one JSON object. ``--short``: a small form for the tests. The database is thrown away at the end.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from app.core.clock import now
from app.core.database_url import plain
from app.core.db import Database
from app.core.ids import new_id
from app.domain.dispatch_batch import Decided, graph_of
from app.domain.dispatch_batch_candidates import candidates
from app.domain.dispatch_batch_cost import pricing
from app.domain.dispatch_batch_flow import solve
from app.domain.dispatch_batches import BatchMode
from app.domain.match_batches import BatchState
from app.models import DispatchBatch
from app.services import dispatch_batches, dispatch_batches_facts
from app.services.dispatch_batches import Claim
from app.services.dispatch_batches_apply import Asking, plans
from app.services.dispatch_batches_orders import Look
from app.settings import ROOT, Settings
from app.workers.dispatch_solving import WRITERS, ask, driver, settle
from bench.data import make_ground
from bench.dispatch_ground import DispatchGround
from bench.dispatch_proof import bound, greedy, value
from bench.processes import own_postgres

DISTRICT = 990_018
COMMUNITIES = 8
_AGAIN = (
    "SET session_replication_role = replica",
    "DELETE FROM dispatch_batches WHERE district_id = $1",
    "DELETE FROM clock_marks WHERE district_id = $1",
    "DELETE FROM clocks WHERE district_id = $1",
    "DELETE FROM outbox WHERE district_id = $1",
    "DELETE FROM events WHERE district_id = $1",
    "DELETE FROM assignments WHERE district_id = $1 AND state = 'invited'",
    "UPDATE orders SET state = 'open', version = 2 WHERE district_id = $1 AND state = 'offered'",
    "UPDATE needs SET state = 'accepted', version = 2 WHERE district_id = $1 AND state = 'in_service'",
)
_TABLES = ("clock_marks", "clocks", "outbox", "events", "assignments", "orders", "needs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5, help="rounds")
    parser.add_argument("--short", action="store_true", help="100 orders, 200 people, one round")
    parser.add_argument("--url", help="a database that is filled already: measure only")
    asked = parser.parse_args()
    if asked.short:
        asked.orders, asked.people, asked.times = 100, 200, 1
    if asked.url:
        print(json.dumps(asyncio.run(measured(asked.url, asked.times))))
        return
    with own_postgres("bench") as (folder, postgres):
        asyncio.run(fill(postgres.url, folder, asked))
        words = [sys.executable, "-m", "bench.dispatch", "--url", postgres.url, "--times", str(asked.times)]
        subprocess.run(words, cwd=ROOT, check=True)  # noqa: S603 - our own program


async def fill(url: str, folder: Path, asked: argparse.Namespace) -> None:
    print(f"making {asked.orders:,} orders and {asked.people:,} people", flush=True)
    connection = await asyncpg.connect(plain(url))
    try:
        made = DispatchGround(await make_ground(connection, folder, DISTRICT, COMMUNITIES), asked.orders, asked.people)
        await made.fill()
    finally:
        await connection.close()


async def measured(url: str, times: int) -> dict[str, Any]:
    """Rounds on the same ground; the first is told apart, since it also fills caches."""
    database = Database(url, Settings().app_role, WRITERS)
    place = await place_of(url)
    settle()
    before, rounds = _peak(), []
    try:
        for number in range(times):
            if number:
                await again(url)
            cpu = time.process_time()
            stages, decided, invited, asking = await batch(database, place)
            rounds.append(stages | {"cpu": time.process_time() - cpu})
            print(_line(rounds[-1]), flush=True)
        mib = (_peak() - before) / 1024
        await again(url)
        apart = await alone(database, place, decided, asking)
    finally:
        await database.engine.dispose()
    best, taken = decided.solution.value, decided.solution.taken
    stages = {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
    cpu, seconds = stages.pop("cpu"), statistics.median(sum(one.values()) - one["cpu"] for one in rounds)
    told: dict[str, Any] = {"bench": "dispatch", "orders": len(decided.graph.places)}
    told |= {"people": len(decided.graph.capacity), "places": int(decided.graph.places.sum()), "invited": invited}
    told |= {"edges": len(decided.found), "seconds": round(seconds, 3), "mib": round(mib, 1)}
    told |= {"optimality": best / bound(decided.graph, taken)}
    told |= {"greedy": round(value(decided.graph, greedy(decided.graph)) / best, 4)}
    told |= {"ratio": round(seconds / (stages["read"] + apart["write_alone"]), 2), "cpu_seconds": round(cpu, 3)}
    return told | {"stages": stages} | {name: round(alone_, 3) for name, alone_ in apart.items()}


async def place_of(url: str) -> UUID:
    """The district itself."""
    connection = await asyncpg.connect(plain(url))
    try:
        found: UUID = await connection.fetchval(
            "SELECT id FROM places WHERE district_id = $1 AND path = $2", DISTRICT, f"{DISTRICT}/"
        )
        return UUID(str(found))
    finally:
        await connection.close()


async def batch(database: Database, place: UUID) -> tuple[dict[str, float], Decided, int, Asking]:
    """One batch, as ``workers.dispatch_solving`` goes through it."""
    stages: dict[str, float] = {}
    claimed = await claim(database, place)
    began = time.perf_counter()

    def done(stage: str) -> None:
        nonlocal began
        stages[stage], began = time.perf_counter() - began, time.perf_counter()

    async with database.transaction(DISTRICT) as session:
        seen = await dispatch_batches_facts.read(session, await driver(session), Look(DISTRICT, f"{DISTRICT}/", now()))
    done("read")
    prices = pricing(seen.batch, seen.weights)
    found = candidates(prices)
    done("candidates")
    graph = graph_of(seen.batch, found, seen.weights[0])
    decided = Decided(found, graph, solve(graph), prices)
    done("solve")
    asking = Asking(seen, DISTRICT, claimed.batch_id, now())
    rest = await ask(database, claimed, asking, plans(seen, decided, claimed.batch_id))
    done("ask")
    return stages, decided, decided.filled - sum(len(plan.asked) for plan in rest), asking


async def alone(database: Database, place: UUID, decided: Decided, asking: Asking) -> dict[str, float]:
    """Making the reasons without writing, and writing without making them: in a batch the two go on at once."""
    claimed = await claim(database, place)
    asking = Asking(asking.seen, DISTRICT, claimed.batch_id, now())
    began = time.perf_counter()
    ready = list(plans(asking.seen, decided, claimed.batch_id))
    explained = time.perf_counter()
    await ask(database, claimed, asking, iter(ready))
    return {"explain_alone": explained - began, "write_alone": time.perf_counter() - explained}


async def claim(database: Database, place: UUID) -> Claim:
    """A batch in our hands."""
    lease = now() + dispatch_batches.LEASE
    row = DispatchBatch(district_id=DISTRICT, id=new_id(), place_id=place, path=f"{DISTRICT}/", lease_until=lease)
    row.state, row.mode, row.tries, row.every_way = BatchState.RUNNING, BatchMode.APPLY, 1, False
    row.invited_orders = row.invited = row.overtaken = 0
    async with database.transaction(DISTRICT) as session:
        session.add(row)
    return Claim(DISTRICT, row.id, lease, lease)


async def again(url: str) -> None:
    """As before the batch. Nothing that points to what goes is left, so no key is looked after."""
    connection = await asyncpg.connect(plain(url))
    try:
        for statement in _AGAIN:
            await connection.execute(statement, *([DISTRICT] if "$1" in statement else []))
        for table in _TABLES:
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


def _line(stages: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1000:,.0f} ms" for name, seconds in stages.items())


def _peak() -> int:
    """The most this process ever took, in KiB; ``getrusage`` would tell that of whoever started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
