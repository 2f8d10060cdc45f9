"""Batches of dispatch that are interrupted: what the next try finds, and what an orderly stop costs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict
from app.models import DispatchBatch, Order
from app.services import dispatch_batches, dispatch_batches_apply
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
