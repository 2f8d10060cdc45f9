"""``make bench-accept``: taking an order, our whole app against the floor.

Each side has a server process and a database of its own on one embedded PostgreSQL with durable commits; the rounds of the two
alternate. Each request takes a fresh order for a person who may have it, so each must succeed. After every round the
database must hold what was acknowledged, and nothing else; a side that does less fails the run. Our relay and clocks run
as in production; before the floor's turn they are waited for, so that only our own turns pay for them.
"""

import argparse
import asyncio
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import uvloop

from app.core.ids import new_id
from bench import checks
from bench.client import Load, drive, request
from bench.data import Ground, Person, make_ground
from bench.measure import CONNECTIONS, Side, interleave, result
from bench.processes import measured, own_postgres

DISTRICT = 990_001
TAKES_EACH = 4
"""Of the five unfinished orders a person may hold."""
RELAY_SECONDS = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=1_200, help="a round and side")
    parser.add_argument("--workers", action=argparse.BooleanOptionalAction, default=True, help="as in production")
    asked = parser.parse_args()
    with own_postgres("bench") as (folder, server):
        urls = prepare(server.url)
        print(uvloop.run(bench(folder, urls, asked)))


def prepare(url: str) -> dict[str, str]:
    """A database for each side, both as migrated."""
    base = url.rsplit("/", 1)[0]

    async def clone() -> None:
        connection = await asyncpg.connect(f"{base}/postgres")
        await connection.execute("CREATE DATABASE floor TEMPLATE sanshun STRATEGY file_copy")
        await connection.close()

    asyncio.run(clone())
    return {"ours": url, "floor": f"{base}/floor"}


async def bench(folder: Path, urls: dict[str, str], asked: argparse.Namespace) -> str:
    sides = {name: Side(name, measured(name, url, folder, workers=asked.workers)) for name, url in urls.items()}
    grounds = {}
    for name, url in urls.items():
        grounds[name] = await make_ground(await asyncpg.connect(url), folder, DISTRICT, communities=1)
        sides[name].server.start()
    try:
        for side in sides.values():
            await side.server.ready()
        match = await same_answer(sides, grounds)

        async def play(side: Side, _: int) -> None:
            await play_round(side, grounds[side.name], asked.requests)
            if side.name == "ours" and asked.workers:
                await relayed(grounds[side.name])

        for side in sides.values():
            await play(side, 0)
            fresh = Side(side.name, side.server)
            sides[side.name] = fresh
        await interleave(asked.rounds, play, sides["ours"], sides["floor"])
    finally:
        for side in sides.values():
            side.server.stop()
    return result("accept", sides["ours"], sides["floor"], same_fields=match, verified=True, workers=asked.workers)


def take(person: Person, order: UUID) -> bytes:
    return request("POST", f"/v1/orders/{order}/take", person.token, key=str(new_id()), body=b"{}")


async def play_round(side: Side, ground: Ground, count: int) -> None:
    """Fresh people and orders, tokens seen before, then the measured takes, then the look at the database."""
    people = await ground.helpers(-(-count // TAKES_EACH))
    orders = await ground.published(count)
    await ground.connection.execute("ANALYZE")
    warm = await drive(side.server.port, [take(person, new_id()) for person in people], CONNECTIONS)
    assert all(reply and reply.status == 404 for reply in warm.replies), "an order that is not there was found"
    pairs = [(people[i % len(people)], order) for i, order in enumerate(orders)]
    load = await side.load([take(*pair) for pair in pairs])
    await verify(ground, load, pairs)


async def verify(ground: Ground, load: Load, pairs: list[tuple[Person, UUID]]) -> None:
    """Every take acknowledged, held by the right person, and its answer kept byte by byte."""
    statuses = [reply.status if reply else 0 for reply in load.replies]
    assert set(statuses) == {200}, f"not every take succeeded: {sorted(set(statuses))}"
    held = await checks.holders(ground.connection, ground.district, [order for _, order in pairs])
    wrong = sum(held.get(str(order)) != [str(person.id)] for person, order in pairs)
    assert not wrong, f"{wrong} orders are not held by who was told so"
    kept = await ground.connection.fetch("SELECT body FROM idempotency_keys WHERE status = 200")
    lost = {reply.body for reply in load.replies if reply} - {bytes(row["body"]) for row in kept}
    assert not lost, f"{len(lost)} answers were not kept with their keys"
    faults = await checks.faults(ground.connection, ground.district)
    assert not faults, f"the database disagrees: {faults}"


async def relayed(ground: Ground) -> None:
    """Until the relay is through, so that the other side's turn does not pay for it."""
    give_up = time.monotonic() + RELAY_SECONDS
    while await ground.connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE position IS NULL)"):
        assert time.monotonic() < give_up, "the relay does not get through"
        await asyncio.sleep(0.05)


async def same_answer(sides: dict[str, Side], grounds: dict[str, Ground]) -> bool:
    """Both sides answer with the same fields, the same state and the same actions."""
    shown = {}
    for name, side in sides.items():
        person, order = (await grounds[name].helpers(1))[0], (await grounds[name].published(1))[0]
        load = await drive(side.server.port, [take(person, order)], 1)
        reply = load.replies[0]
        assert reply is not None
        assert reply.status == 200, f"{name}: {reply.status} {reply.body.decode()}"
        item = orjson.loads(reply.body)
        shown[name] = (list(item), item["state"], item["actions"], item["version"], item["people_accepted"])
    assert shown["ours"] == shown["floor"], f"the answers differ: {shown}"
    return True


if __name__ == "__main__":
    main()
