"""The parts of the storm: I1 one winner an order, I6 nothing acknowledged is lost, I7 one key, one effect, one answer."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import islice

from bench import checks
from bench.storm_tries import TAKES_EACH, Report, Try, judge, mixed, taking
from bench.storm_world import Client, World, code_of

CLIENTS = 16
ORDERS_A_CROWD = 10
"""So few orders for each crowd of acceptors that hardly anybody wins more than they may hold."""
PAUSE_SECONDS = 1.0
"""Between two blows."""


async def race(world: World, orders: int, acceptors: int) -> Report:
    """I1: everybody takes every order at once, half of them at each server."""
    crowds = -(-orders // ORDERS_A_CROWD)
    people = await world.ground.helpers(acceptors * crowds)
    wanted = await world.ground.published(orders)
    clients = [Client(world, number) for number in range(acceptors)]
    before = Counter(world.statuses)
    answers: Counter[str] = Counter()
    for i, order in enumerate(wanted):
        start = i % crowds * acceptors
        crowd = random.sample(people[start : start + acceptors], acceptors)
        tries = [taking(person, order) for person in crowd]
        sends = [client.send(t.bytes, server=n) for n, (client, t) in enumerate(zip(clients, tries, strict=True))]
        for reply in await asyncio.gather(*sends):
            answers["none" if reply is None else str(reply.status) if reply.status < 300 else code_of(reply)] += 1
    for client in clients:
        client.close()
    held = await checks.holders(world.ground.connection, world.ground.district, wanted)
    once = sum(len(holders) == 1 for holders in held.values())
    seen = Counter(world.statuses) - before
    failed = not (answers["200"] == once == orders) or not set(seen) <= {200, 409, 422}
    told: Report = {"orders": orders, "acceptors": acceptors, "winners": answers["200"], "held_once": once}
    return told | {"statuses": dict(sorted(seen.items())), "answers": dict(answers), "failed": failed}


async def crash(world: World, kills: int, stops: int, orders: int) -> Report:
    """I6: clients take and ask without end while servers are killed and the database is stopped."""
    people = await world.ground.helpers(-(-orders // TAKES_EACH))
    supply = mixed(people, await world.ground.published(orders), world.ground.communities[0].home.id)
    tries: list[Try] = []
    over = asyncio.Event()
    workers = [asyncio.create_task(_press(Client(world, n), supply, tries, over)) for n in range(CLIENTS)]
    try:
        for blow in _blows(world, kills, stops):
            await asyncio.sleep(PAUSE_SECONDS)
            await blow()
        await asyncio.sleep(PAUSE_SECONDS)
    finally:
        over.set()
        await asyncio.gather(*workers)
    return {"server_kills": kills, "database_stops": world.database_stops} | await judge(world, tries)


def _blows(world: World, kills: int, stops: int) -> list[Callable[[], Awaitable[None]]]:
    """Kills, with the stops spread evenly among them."""
    blows: list[tuple[float, Callable[[], Awaitable[None]]]] = [
        (n / kills, partial(world.kill_server, n)) for n in range(kills)
    ]
    blows += [((n + 0.5) / stops, world.stop_database) for n in range(stops)]
    return [blow for _, blow in sorted(blows, key=lambda pair: pair[0])]


async def _press(client: Client, supply: Iterator[Try], tries: list[Try], over: asyncio.Event) -> None:
    while not over.is_set():
        t = next(supply)
        tries.append(t)
        t.replies.append(await client.send(t.bytes))
    client.close()


async def repeat(world: World, keys: int, *, kill_amid: bool) -> Report:
    """I7: each key is sent to both servers at once, and again after both were killed and restarted.

    ``kill_amid``: one of them is also killed while the keys are on their way.
    """
    orders = keys // 2
    people = await world.ground.helpers(-(-orders // TAKES_EACH) or 1)
    place = world.ground.communities[0].home.id
    tries = list(islice(mixed(people, await world.ground.published(orders), place), keys))
    first = asyncio.create_task(_send_all(world, tries, times=2))
    if kill_amid:
        await asyncio.sleep(PAUSE_SECONDS)
        await world.kill_server(0)
    await first
    await asyncio.gather(world.kill_server(0), world.kill_server(1))
    await _send_all(world, tries, times=1)
    told = await judge(world, tries)
    replayed = sum(b"idempotency-replayed" in reply.headers for t in tries for reply in t.replies if reply)
    return {"keys": keys, "sends": sum(len(t.replies) for t in tries), "replayed": replayed} | told


async def _send_all(world: World, tries: list[Try], times: int) -> None:
    """Every request ``times`` over, at the same moment, each to another server first."""
    supply = iter(tries)

    async def work() -> None:
        clients = [Client(world, n) for n in range(times)]
        for t in supply:
            t.replies += await asyncio.gather(*(client.send(t.bytes, server=n) for n, client in enumerate(clients)))
        for client in clients:
            client.close()

    await asyncio.gather(*(work() for _ in range(CLIENTS)))
