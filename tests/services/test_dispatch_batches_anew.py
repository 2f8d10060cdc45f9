"""Batches of dispatch that are interrupted: what the next try finds, and what an orderly stop costs."""

import asyncio
import signal
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from structlog.testing import capture_logs

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict
from app.models import DispatchBatch, Order
from app.services import dispatch_batches, dispatch_batches_apply
from app.settings import Settings
from app.workers import dispatch_batches as worker
from app.workers import dispatch_solving
from tests.services.dispatch_batching import carry_out, choices, claimed, open_orders, shown, started
from tests.stories.steps import asked
from tests.worlds import World


async def expired(owner: Database, world: World) -> None:
    async with owner.transaction(world.district_id) as session:
        mine = update(DispatchBatch).where(DispatchBatch.district_id == world.district_id)
        await session.execute(mine.values(lease_until=now() - timedelta(seconds=1)))


async def test_another_try_tells_of_itself_and_of_whom_the_first_asked(
    world: World, app: FastAPI, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has one of two orders in hand at the first try, which ends before it can say so; the next asks for that too."""
    orders = await open_orders(world, 2)
    batch, invite = await started(world), dispatch_batches_apply.invite

    async def in_hand(*given: Any) -> Any:
        async with owner.transaction(world.district_id) as session:
            await session.execute(select(Order.id).where(Order.id == UUID(orders[1]["id"])).with_for_update())
            return await invite(*given)

    async def lost(*_: Any) -> None:
        raise Conflict("中断")

    with monkeypatch.context() as first:
        first.setattr(dispatch_batches_apply, "invite", in_hand)
        first.setattr(dispatch_batches, "end", lost)
        held = await claimed(app, world)
        assert await dispatch_solving.carry_out(app.state.database, held) == dispatch_solving.LATER
    assert [one["order_id"] for one in await choices(world, batch)] == [orders[1]["id"]]
    assert (await shown(world, batch))["overtaken"] == 1
    await expired(owner, world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["state"], done["invited_orders"], done["invited"], done["overtaken"]) == ("done", 2, 2, 0)
    assert (done["orders"], done["places"], done["chosen"]) == (2, 2, 2)
    assert await choices(world, batch) == []
    assert [len(await asked(world, order)) for order in orders] == [1, 1]


async def test_an_orderly_stop_costs_a_batch_nothing(
    world: World, app: FastAPI, owner: Database, settings: Settings
) -> None:
    """Its process is ended before it could begin; the next worker has the batch at once, however often that happens."""
    (order,) = await open_orders(world, 1)
    batch = await started(world)
    for _ in range(4):
        stop = asyncio.Event()
        working = asyncio.create_task(worker.take_up(app.state.database, settings, stop, world.district_id))
        while (await row_of(owner, world)).lease_until is None:  # noqa: ASYNC110 - the lease is in the database
            await asyncio.sleep(0.02)
        stop.set()
        await working
        left = await row_of(owner, world)
        assert (left.state.value, left.tries, left.lease_until) == ("running", 0, None)
    await carry_out(app, world)
    assert (await shown(world, batch))["invited"] == len(await asked(world, order)) == 1


async def row_of(owner: Database, world: World) -> DispatchBatch:
    async with owner.transaction(world.district_id) as session:
        rows = await session.scalars(select(DispatchBatch).where(DispatchBatch.district_id == world.district_id))
        return rows.one()


async def test_a_stop_told_to_every_process_costs_a_batch_nothing(
    world: World, app: FastAPI, owner: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that carries it out hears of it before its worker does."""
    stop = asyncio.Event()

    async def ended(*_: Any) -> int:
        stop.set()
        return -signal.SIGTERM

    monkeypatch.setattr(worker, "_carried_out", ended)
    await started(world)
    await worker.take_up(app.state.database, settings, stop, world.district_id)
    left = await row_of(owner, world)
    assert (left.state.value, left.tries, left.lease_until) == ("running", 0, None)


async def test_what_another_has_taken_over_is_not_let_go(world: World, app: FastAPI, owner: Database) -> None:
    await started(world)
    first = await claimed(app, world)
    await expired(owner, world)
    second = await claimed(app, world)
    async with app.state.database.transaction(world.district_id) as session:
        await dispatch_batches.let_go(session, first)
    assert ((await row_of(owner, world)).tries, (await row_of(owner, world)).lease_until) == (2, second.lease)


@pytest.mark.parametrize(
    ("code", "events"), [(dispatch_solving.DONE, []), (dispatch_solving.LATER, []), (1, [1]), (-11, [-11])]
)
async def test_a_process_that_ends_otherwise_is_told_of(
    world: World, app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch, code: int, events: list[int]
) -> None:
    async def ended(*_: Any) -> int:
        return code

    monkeypatch.setattr(worker, "_carried_out", ended)
    await started(world)
    with capture_logs() as logs:
        await worker.take_up(app.state.database, settings, asyncio.Event(), world.district_id)
    assert [line["code"] for line in logs if line["event"] == "dispatch_batch_broken"] == events


async def test_costs_beyond_the_solver_are_said_to_be_so(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beyond(*_: Any) -> None:
        raise ArithmeticError

    monkeypatch.setattr(dispatch_solving, "decide", beyond)
    batch = await started(world)
    await carry_out(app, world)
    done = await shown(world, batch)
    assert (done["state"], done["message"]) == ("failed", "代价过大，超出可求解的范围，请检查各项权重")
