"""What must never happen, by number (see the design's INVARIANTS): the ones that need concurrency to break."""

import asyncio
import random
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.models import Event, HourEntry, OutboxRow, Place
from app.services.outbox import publish
from app.workers import relay
from tests.stories.steps import accepted_need, act, only_order, taken
from tests.worlds import World

WRITERS, EACH = 16, 12


async def test_i1_one_acceptance_a_place_whoever_races(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "publish")
    helpers = ["member1", "member2", "member3", "volunteer1", "volunteer2"]
    answers = await asyncio.gather(
        *(world.call(who, "POST", f"/v1/orders/{order['id']}/take", json={}) for who in helpers * 6)
    )
    assert sum(answer.status_code == 200 for answer in answers) == 2
    assert {answer.status_code for answer in answers} <= {200, 409, 422}
    held = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "accepted"})
    assert sorted(item["slot"] for item in held["items"]) == [1, 2]


async def test_i1_the_limit_of_unfinished_orders_holds_in_a_race(world: World) -> None:
    orders = [await only_order(world, await accepted_need(world)) for _ in range(9)]
    for order in orders:
        await act(world, "grid", order, "publish")
    answers = await asyncio.gather(
        *(world.call("member1", "POST", f"/v1/orders/{order['id']}/take", json={}) for order in orders)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [422] * 4


async def test_i5_every_minute_is_somewhere_and_nobody_owes_any(world: World, owner: Database) -> None:
    order = await taken(world)
    start = now() - timedelta(days=2)
    entries = []
    for i in range(12):
        form = {
            "order_id": order["id"],
            "person_id": str(world.people["member1"]),
            "served_from": (start + timedelta(hours=i)).isoformat(),
            "served_until": (start + timedelta(hours=i, minutes=10 + i)).isoformat(),
            "evidence": "签到表",
        }
        entries.append(await world.ok("grid", "POST", "/v1/hours", json=form))
    steps: list[tuple[str, str, dict[str, Any]]] = []
    for entry in entries:
        steps += [("community", f"/v1/hours/{entry['id']}/confirm", {})] * 2
        steps += [("community", f"/v1/hours/{entry['id']}/reverse", {"reason": "有误"})] * random.Random(
            entry["id"]
        ).randint(0, 2)
    random.Random(5).shuffle(steps)
    answers = await asyncio.gather(*(world.call(who, "POST", path, json=form) for who, path, form in steps))
    assert {answer.status_code for answer in answers} <= {200, 409}
    async with owner.transaction(world.district_id) as session:
        found = await session.scalars(select(HourEntry).where(HourEntry.district_id == world.district_id))
        balances: dict[str, int] = {}
        for row in found:
            balances[row.credit.value] = balances.get(row.credit.value, 0) + row.minutes
            balances[row.debit.value] = balances.get(row.debit.value, 0) - row.minutes
    assert sum(balances.values()) == 0
    assert min(balances.get("recorded", 0), balances.get("confirmed", 0)) >= 0
    shown = await world.ok("member1", "GET", "/v1/hours/balance")
    assert (shown["recorded_minutes"], shown["confirmed_minutes"]) == (
        balances.get("recorded", 0),
        balances.get("confirmed", 0),
    )


async def test_i8_no_update_is_lost(world: World) -> None:
    path = f"/v1/places/{world.places['compound']}"

    async def keep_changing(number: int) -> int:
        written = 0
        for turn in range(8):
            tag = (await world.call("community", "GET", path)).headers["etag"]
            answer = await world.call(
                "community", "PATCH", path, headers={"if-match": tag}, json={"name": f"{number}-{turn}"}
            )
            assert answer.status_code in {200, 412}
            written += answer.status_code == 200
        return written

    before = (await world.ok("community", "GET", path))["version"]
    written = sum(await asyncio.gather(*(keep_changing(number) for number in range(6))))
    assert written > 0
    assert (await world.ok("community", "GET", path))["version"] == before + written


async def _write(database: Database, world: World, number: int) -> None:
    """Events of one aggregate of one's own, each transaction lingering before its commit."""
    dice = random.Random(number)
    place = Place(district_id=world.district_id, id=new_id(), path=world.paths["community"], version=0)
    for _ in range(EACH):
        async with database.transaction(world.district_id) as session:
            publish(session, "probe", place, "change", actor=None)
            await session.flush()
            await asyncio.sleep(dice.random() * 0.02)


async def _relay(database: Database, world: World, done: asyncio.Event) -> None:
    while not done.is_set():
        await relay.relay_district(database, world.district_id)
        await asyncio.sleep(0.005)


async def _follow(world: World, done: asyncio.Event) -> list[dict[str, Any]]:
    """A subscriber polling the feed; it stops once an empty page comes after everything was relayed."""
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        ended = done.is_set()
        page = await world.ok("community", "GET", "/v1/events", params={"limit": 7} | cursor)
        seen += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else cursor
        if ended and not page["items"]:
            return seen


async def test_i9_every_committed_event_reaches_a_subscriber_in_order(
    world: World, app: FastAPI, owner: Database
) -> None:
    database, written, relayed = app.state.database, asyncio.Event(), asyncio.Event()
    relays = [asyncio.create_task(_relay(database, world, written)) for _ in range(2)]
    follower = asyncio.create_task(_follow(world, relayed))
    await asyncio.gather(*(_write(database, world, number) for number in range(WRITERS)))
    written.set()
    await asyncio.gather(*relays)
    await relay.relay_district(database, world.district_id)
    relayed.set()
    seen = await follower
    async with owner.transaction(world.district_id) as session:
        committed = set(await session.scalars(select(Event.id).where(Event.district_id == world.district_id)))
        waiting = await session.scalar(
            select(OutboxRow.id)
            .where(OutboxRow.district_id == world.district_id, OutboxRow.position.is_(None))
            .limit(1)
        )
    assert waiting is None
    assert len(seen) == len(committed) == WRITERS * EACH
    assert {event["id"] for event in seen} == {str(event_id) for event_id in committed}
    numbers: dict[str, list[int]] = {}
    for event in seen:
        numbers.setdefault(event["aggregate_id"], []).append(event["seq"])
    assert all(found == list(range(1, EACH + 1)) for found in numbers.values())


async def test_i2_no_history_can_be_rewritten(world: World, app: FastAPI) -> None:
    await accepted_need(world)
    refusals = []
    for statement in ("UPDATE events SET action = 'x'", "DELETE FROM events", "DELETE FROM hour_entries"):
        try:
            async with app.state.database.transaction(world.district_id) as session:
                await session.execute(text(statement))
        except Exception as refused:  # noqa: BLE001 - the driver wraps it; the text says which
            refusals.append("permission denied" in str(refused))
    assert refusals == [True, True, True]
