"""``make histories``: 100,000 operations on orders by clients that race, while servers are killed; then every history is judged.

I1: no place of an order has two holders. I2: what was told fits the list of each order (``bench.histories_check``). I4: nobody
serves in two places at once. Then the same with a fault made on purpose, one kind after the other: each must be found, or the
judge is blind. The last line is one JSON object; exits 1 when anything was wrong or a fault was not found. ``--short`` is the form
the tests run.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from app.core.postgres import EmbeddedPostgres
from app.domain.orders import ORDER
from app.domain.people import Role
from app.domain.places import PlaceKind
from bench import checks
from bench.histories_check import Element, Row, Verdict, judge
from bench.histories_walk import Cast, Fault, Walk
from bench.processes import own_postgres
from bench.storm import DISTRICT, standing
from bench.storm_world import World


@dataclass(frozen=True, slots=True)
class Plan:
    operations: int
    orders: int
    helpers: int
    clients: int
    kills: int
    faulty: int
    """Operations of each run with a fault."""


LONG = Plan(operations=100_000, orders=400, helpers=150, clients=24, kills=8, faulty=2_000)
SHORT = Plan(operations=800, orders=20, helpers=10, clients=8, kills=0, faulty=200)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a smaller walk without kills")
    plan = SHORT if parser.parse_args().short else LONG
    with own_postgres("histories") as (folder, postgres):
        return 1 if uvloop.run(walk(folder, postgres, plan)) else 0


async def walk(folder: Path, postgres: EmbeddedPostgres, plan: Plan) -> bool:
    """The honest walk, then one with each fault; True when the first was not clean or a fault was not found."""
    began = time.monotonic()
    async with standing(folder, postgres) as world:
        cast = await _cast(world, plan)
        told = await _honest(world, cast, plan)
        faults = {fault.value: await _faulty(world, cast, fault, plan) for fault in Fault}
        told |= {"faults": faults, "statuses": dict(sorted(world.statuses.items())), "faults_5xx": world.faults}
    missed = any(not fault["made"] or not fault["found"] for fault in faults.values())
    told |= {"failed": told["failed"] or missed or world.faults > 0, "seconds": round(time.monotonic() - began)}
    print(json.dumps({"histories": told}))
    return bool(told["failed"])


async def _cast(world: World, plan: Plan) -> Cast:
    ground = world.ground
    first = ground.communities[0]
    (grid,) = await ground.people(1, Role.COMMUNITY_ADMIN, first.place, PlaceKind.COMMUNITY, first)
    if ground.asker is None:
        raise RuntimeError("the district has nobody who asks")
    return Cast(grid, ground.asker, await ground.helpers(plan.helpers))


async def _walked(world: World, cast: Cast, orders: int, fault: Fault | None = None) -> Walk:
    """Orders to walk on, whose helpers check in at the door."""
    made = await world.ground.published(orders)
    await world.ground.connection.execute(
        """UPDATE orders SET terms = '{"check_in": "place"}' WHERE district_id = $1 AND id = ANY($2)""", DISTRICT, made
    )
    return Walk(world, cast, [str(order) for order in made], fault)


async def _honest(world: World, cast: Cast, plan: Plan) -> dict[str, Any]:
    going = await _walked(world, cast, plan.orders)
    killing = asyncio.create_task(_kill(world, going, plan))
    await going.go(plan.operations, plan.clients)
    await killing
    verdict = await _verdict(world, going)
    connection = world.ground.connection
    wrong = await checks.faults(connection, DISTRICT)
    windows = await connection.fetchval("SELECT count(*) FROM service_windows WHERE district_id = $1", DISTRICT)
    overlaps = await checks.overlaps(connection, DISTRICT)
    outcomes = Counter(operation.outcome.value for operation in going.told)
    told: dict[str, Any] = {"operations": len(going.told), "orders": plan.orders, "outcomes": dict(outcomes)}
    told |= {"steps": dict(Counter(o.action for o in going.told if o.outcome == "done")), "server_kills": plan.kills}
    told |= {"anomalies": verdict.counts, "examples": verdict.examples, "wrong_in_database": wrong}
    told |= {"windows": windows, "overlaps": overlaps}
    return told | {"failed": bool(verdict.counts or wrong or overlaps) or not windows}


async def _kill(world: World, going: Walk, plan: Plan) -> None:
    """Kills, spread evenly over the operations."""
    for number in range(plan.kills):
        await going.reached(plan.operations * (number + 1) // (plan.kills + 1))
        await world.kill_server(number)


async def _faulty(world: World, cast: Cast, fault: Fault, plan: Plan) -> dict[str, Any]:
    going = await _walked(world, cast, max(10, plan.orders // 10), fault)
    falling = asyncio.create_task(_fall_back(world, going)) if fault is Fault.FORKED else None
    await going.go(plan.faulty, plan.clients)
    if falling is not None:
        falling.cancel()
        with suppress(asyncio.CancelledError):
            await falling
    return {"made": going.faults_made, "found": (await _verdict(world, going)).counts}


async def _fall_back(world: World, going: Walk) -> None:
    """The database forgets the last step of an order again and again, as one does that is behind when it takes over."""
    connection = await asyncpg.connect(world.postgres.url)
    try:
        await connection.execute("SET session_replication_role = replica")
        for order in going.orders * 100:
            await asyncio.sleep(0.1)
            gone = await connection.fetchrow(_FORGET, DISTRICT, UUID(order))
            going.faults_made += gone is not None
    finally:
        await connection.close()


_FORGET = """
WITH gone AS (
  DELETE FROM events USING orders WHERE events.district_id = $1 AND events.aggregate_id = $2 AND orders.district_id = $1
    AND orders.id = $2 AND events.seq = orders.version AND events.action IN ('start', 'report', 'confirm', 'rework')
  RETURNING events.id, events.source)
UPDATE orders SET version = version - 1, state = gone.source,
  outcome = NULL FROM gone WHERE orders.district_id = $1 AND orders.id = $2 RETURNING orders.id"""


async def _verdict(world: World, going: Walk) -> Verdict:
    connection, orders = world.ground.connection, [UUID(order) for order in going.orders]
    entries = await connection.fetch(
        "SELECT aggregate_id::text AS order, seq, action, source, target, actor_id::text FROM events"
        " WHERE district_id = $1 AND aggregate_id = ANY($2) ORDER BY aggregate_id, seq",
        DISTRICT,
        orders,
    )
    histories: dict[str, list[Element]] = {order: [] for order in going.orders}
    for order, *entry in entries:
        histories[order].append(Element(*entry))
    rows = await connection.fetch(
        "SELECT id::text, version, state FROM orders WHERE district_id = $1 AND id = ANY($2)", DISTRICT, orders
    )
    ends = {order: Row(version, state) for order, version, state in rows}
    return judge(histories, ends, going.told, _known)


def _known(element: Element) -> bool:
    """Whether the lifecycle has this step; an order begins with ``open``."""
    if element.source is None:
        return (element.action, element.target) == ("open", ORDER.initial)
    steps = (step for step in ORDER.steps if step.action == element.action)
    return any(element.source in step.sources and element.target in step.targets for step in steps)


if __name__ == "__main__":
    sys.exit(main())
