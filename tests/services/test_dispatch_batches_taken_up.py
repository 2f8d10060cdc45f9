"""Batches of dispatch as they are taken up: which orders, by which process, when it is lost, and who may start one."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import CHINA, now, today
from app.core.db import Database
from app.core.ids import new_id
from app.domain.dispatch_ways import Way, WayStep
from app.domain.match_batches import BatchState
from app.models import (
    Assignment,
    DispatchBatch,
    Order,
    OrderWay,
)
from app.services import dispatch_batches
from app.settings import Settings
from app.workers import clocks_dispatch, dispatch_solving
from app.workers import dispatch_batches as worker
from tests.services.dispatch_batching import (
    carry_out,
    claimed,
    open_orders,
    set_order,
    shown,
    start,
    started,
)
from tests.services.rows_dispatch_batches import put_dispatch_batch
from tests.stories.steps import asked
from tests.worlds import World


async def put_way(owner: Database, world: World, order: Any, step: WayStep, **quiet: int) -> None:
    row = OrderWay(district_id=world.district_id, id=new_id(), order_id=UUID(order["id"]), path=world.paths["home1"])
    row.steps, row.step, row.waves, row.version = [step.as_json()], 0, 0, 1
    row.quiet_since, row.quiet_until = quiet.get("since"), quiet.get("until")
    row.due_at = now()
    async with owner.transaction(world.district_id) as session:
        session.add(row)


async def test_orders_on_other_ways_are_left_out_unless_asked_for(world: World, app: FastAPI, owner: Database) -> None:
    """A batch chooses as a wave does, within the wave's time; what is done by hand it takes when told; at night nobody is asked."""
    plain, wave, by_hand, at_night, urgent, halted = await open_orders(world, 6)
    for order in (wave, by_hand, at_night, urgent):
        await set_order(owner, world, order, auto_offer=True)
    await put_way(owner, world, halted, WayStep(Way.WAVES))
    minute = now().astimezone(CHINA).hour * 60 + now().astimezone(CHINA).minute
    night = {"since": (minute - 60) % 1_440, "until": (minute + 60) % 1_440}
    await put_way(owner, world, wave, WayStep(Way.WAVES, answer_minutes=10))
    await put_way(owner, world, by_hand, WayStep(Way.BY_HAND))
    for order in (at_night, urgent):
        await put_way(owner, world, order, WayStep(Way.WAVES), **night)
    await set_order(owner, world, urgent, urgency="urgent")
    proposed = await started(world, mode="propose")
    await carry_out(app, world)
    assert (await shown(world, proposed))["orders"] == 4
    await started(world)
    await carry_out(app, world)
    assert [len(await asked(world, order)) for order in (plain, wave, by_hand, at_night, urgent, halted)] == [
        1,
        1,
        0,
        0,
        1,
        0,
    ]
    async with owner.transaction(world.district_id) as session:
        rows = select(Assignment.answer_by - Assignment.created_at).where(Assignment.order_id == UUID(wave["id"]))
        assert await session.scalar(rows) == timedelta(minutes=10)
    batch = await started(world, every_way=True)
    await carry_out(app, world)
    told = await shown(world, batch)
    assert (told["every_way"], told["orders"], told["invited_orders"]) == (True, 2, 2)
    assert [len(await asked(world, order)) for order in (by_hand, halted)] == [1, 1]


async def test_orders_that_cannot_be_asked_for_leave_room_for_those_that_can(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones: for units only, uninsured, insured until before the day, in somebody's hands, and asleep."""
    units, uninsured, ended, by_hand, asleep, insured, plain = await open_orders(world, 7)
    async with owner.transaction(world.district_id) as session:
        terms = (await session.scalars(select(Order.terms).where(Order.id == UUID(plain["id"])))).one()
    await set_order(owner, world, units, terms=terms | {"handlers": ["units"]})
    for order in (uninsured, ended, insured):
        await set_order(owner, world, order, terms=terms | {"insured": True}, wanted_at=now() + timedelta(days=3))
    for order, days in ((ended, 2), (insured, 3)):
        until = today() + timedelta(days=days)
        await set_order(owner, world, order, insured_until=until, insurer="平安", policy_number="1")
    for order in (by_hand, asleep):
        await set_order(owner, world, order, auto_offer=True)
    minute = now().astimezone(CHINA).hour * 60 + now().astimezone(CHINA).minute
    await put_way(owner, world, by_hand, WayStep(Way.BY_HAND))
    night = {"since": (minute - 1) % 1_440, "until": (minute + 60) % 1_440}
    await put_way(owner, world, asleep, WayStep(Way.WAVES), **night)
    monkeypatch.setattr("app.services.dispatch_batches_orders.MOST_ORDERS", 2)
    batch = await started(world)
    await carry_out(app, world)
    assert (await shown(world, batch))["invited_orders"] == 2
    assert [len(await asked(world, order)) for order in (insured, plain)] == [1, 1]


async def test_a_batch_is_a_wave_of_the_order_s_chain(world: World, app: FastAPI, owner: Database) -> None:
    """The next is due as after any other wave; a chain that is at something else is left as it is."""
    often, once, halted, by_hand = orders = await open_orders(world, 4)
    for order in (often, once, by_hand):
        await set_order(owner, world, order, auto_offer=True)
    await put_way(owner, world, often, WayStep(Way.WAVES, every_minutes=20))
    await put_way(owner, world, once, WayStep(Way.WAVES))
    await put_way(owner, world, halted, WayStep(Way.WAVES, every_minutes=20))
    await put_way(owner, world, by_hand, WayStep(Way.BY_HAND))
    await started(world, every_way=True)
    await carry_out(app, world)
    assert [len(await asked(world, order)) for order in orders] == [1] * 4
    async with owner.transaction(world.district_id) as session:
        rows = [await session.scalars(select(OrderWay).where(OrderWay.order_id == UUID(o["id"]))) for o in orders]
        found = [one.one() for one in rows]
        at = (
            await session.scalars(select(Assignment.created_at).where(Assignment.order_id == UUID(often["id"])))
        ).one()
        due = {id_ for query, _ in clocks_dispatch.due() for id_ in await session.scalars(query)}
    assert [(way.waves, way.began_at, way.asked_at) for way in found] == [(1, at, at)] * 2 + [(0, None, None)] * 2
    assert [way.due_at for way in found[:2]] == [at + timedelta(minutes=20), None]
    assert not due & {UUID(often["id"]), UUID(once["id"])}


async def test_a_process_of_its_own_carries_it_out(world: World, app: FastAPI, settings: Settings) -> None:
    order = (await open_orders(world, 1))[0]
    batch = await started(world, place="district", who="district")
    await worker.take_up(app.state.database, settings, asyncio.Event(), world.district_id)
    assert (await shown(world, batch))["state"] == "done"
    assert len(await asked(world, order)) == 1


async def test_a_lost_workers_batch_is_taken_up_and_at_last_given_up(
    world: World, app: FastAPI, owner: Database
) -> None:
    batch = await started(world)
    for _ in range(3):
        lost = await claimed(app, world)
        async with app.state.database.transaction(world.district_id) as session:
            assert await dispatch_batches.claim(session) is None, "somebody holds it"
        async with owner.transaction(world.district_id) as session:
            await session.execute(
                update(DispatchBatch)
                .where(DispatchBatch.id == lost.batch_id)
                .values(lease_until=now() - timedelta(seconds=1))
            )
    assert await dispatch_solving.carry_out(app.state.database, lost) == dispatch_solving.DONE, "it says no more"
    assert (await shown(world, batch))["state"] == "running"
    async with app.state.database.transaction(world.district_id) as session:
        assert await dispatch_batches.claim(session) is None
    ended = await shown(world, batch)
    assert (ended["state"], ended["message"]) == ("failed", "办理进程多次中断")


async def test_who_may_start_one(world: World, owner: Database) -> None:
    assert (await start(world, "resident1")).status_code == 403
    assert (await start(world, "grid")).status_code == 403
    assert (await start(world, "community", "grid")).status_code == 422
    assert (await start(world, "community", "sibling_community")).status_code == 403
    batch = await started(world)
    again = await start(world)
    assert (again.status_code, again.json()["batch_id"]) == (409, batch)
    assert (await start(world, "subdistrict", "subdistrict")).status_code == 201
    async with owner.transaction(world.district_id) as session:
        over = str((await put_dispatch_batch(session, world, BatchState.FAILED)).id)
    page = await world.ok("community", "GET", "/v1/dispatch-batches", params={"state": "failed"})
    assert [one["id"] for one in page["items"]] == [over]
    assert (await world.call("sibling_community", "GET", f"/v1/dispatch-batches/{over}/choices")).status_code == 404


async def test_an_order_with_a_time_where_nobody_has_stated_a_week(world: World, app: FastAPI, owner: Database) -> None:
    (order,) = await open_orders(world, 1)
    await set_order(owner, world, order, wanted_at=now() + timedelta(days=1))
    batch = await started(world)
    await carry_out(app, world)
    told = await shown(world, batch)
    assert (told["state"], told["orders"], told["invited_orders"]) == ("done", 1, 1)
