"""``make storm``: races, kills, repeated keys, and workers killed at their work. Prints counts; exits 1 on any loss or double.

It is for INVARIANTS I1, I6 and I7, and for what time does.

The product runs as ``make run`` starts it, twice, on one embedded PostgreSQL with durable commits. ``--short`` is the form
the tests run.
"""

import argparse
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from app.core.postgres import EmbeddedPostgres
from bench import checks
from bench.data import make_ground
from bench.processes import free_port, own_postgres, product
from bench.storm_parts import crash, race, repeat
from bench.storm_time import time_passes
from bench.storm_tries import Report
from bench.storm_world import World

DISTRICT = 990_002


@dataclass(frozen=True, slots=True)
class Plan:
    orders: int
    acceptors: int
    kills: int
    stops: int
    supply: int
    """Orders for the clients to take while it storms."""
    keys: int
    due: int
    """Clocks, and as many invitations, whose time is up while the workers are killed."""
    worker_kills: int
    kill_amid: bool
    """Whether a server is killed while the keys are sent, not only between two sends."""


LONG = Plan(
    orders=200, acceptors=64, kills=10, stops=5, supply=12_000, keys=2_000, due=2_000, worker_kills=10, kill_amid=True
)
SHORT = Plan(orders=30, acceptors=16, kills=1, stops=1, supply=2_000, keys=60, due=150, worker_kills=2, kill_amid=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a smaller storm of some 20 seconds")
    plan = SHORT if parser.parse_args().short else LONG
    with own_postgres("storm") as (folder, postgres):
        failed = uvloop.run(rage(folder, postgres, plan))
    return 1 if failed else 0


async def rage(folder: Path, postgres: EmbeddedPostgres, plan: Plan) -> bool:
    """All parts one after the other; True when anything was lost, doubled or refused without reason."""
    began = time.monotonic()
    async with standing(folder, postgres) as world:
        race_told = await _told("I1", race(world, plan.orders, plan.acceptors))
        keys_told = await _told("I7", repeat(world, plan.keys, kill_amid=plan.kill_amid))
        time_told = await _told("time", time_passes(world, plan.due, plan.worker_kills))
        crash_told = await _told("I6", crash(world, plan.kills, plan.stops, plan.supply))
        wrong = await checks.faults(world.ground.connection, DISTRICT)
        told: Report = {
            "I1": race_told,
            "I6": crash_told,
            "I7": keys_told,
            "time": time_told,
            "wrong_in_database": wrong,
        }
        told |= {"faults_5xx": world.faults, "statuses": dict(sorted(world.statuses.items()))}
    failed = (
        any(part["failed"] for part in (race_told, crash_told, keys_told, time_told)) or bool(wrong) or world.faults > 0
    )
    told |= {"seconds": round(time.monotonic() - began), "failed": failed}
    print(json.dumps({"storm": told}))
    return failed


@asynccontextmanager
async def standing(folder: Path, postgres: EmbeddedPostgres) -> AsyncIterator[World]:
    """Two servers that answer, on a district of their own."""
    ground = await make_ground(await asyncpg.connect(postgres.url), folder, DISTRICT, communities=1)
    servers = [product(postgres.url, folder, free_port(), DISTRICT) for _ in range(2)]
    try:
        for server in servers:
            server.start()
        for server in servers:
            await server.ready()
        yield World(postgres, servers, ground)
    finally:
        for server in servers:
            server.kill()


async def _told(name: str, part: Any) -> Report:
    told: Report = await part
    print(f"{name}: {json.dumps(told)}", flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
