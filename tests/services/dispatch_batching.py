"""Batches of dispatch for tests: started over HTTP, carried out here, and looked at."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.models import (
    Order,
    Person,
)
from app.services import dispatch_batches, dispatch_batches_apply
from app.services.dispatch_batches import Claim
from app.workers import dispatch_solving
from tests.stories.steps import accepted_need, only_order
from tests.worlds import World


async def start(world: World, who: str = "community", place: str = "community", **more: Any) -> Any:
    return await world.call(who, "POST", "/v1/dispatch-batches", json={"place_id": str(world.places[place])} | more)


async def started(world: World, **more: Any) -> str:
    answer = await start(world, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def claimed(app: FastAPI, world: World) -> Claim:
    async with app.state.database.transaction(world.district_id) as session:
        found = await dispatch_batches.claim(session)
    assert found is not None
    return found


async def carry_out(app: FastAPI, world: World) -> None:
    """Here, and not in a process of its own: that takes seconds, and one test tries it."""
    done = await dispatch_solving.carry_out(app.state.database, await claimed(app, world))
    assert done == dispatch_solving.DONE


async def shown(world: World, batch: str) -> Any:
    return await world.ok("auditor", "GET", f"/v1/dispatch-batches/{batch}")


async def choices(world: World, batch: str, **query: Any) -> list[Any]:
    page = await world.ok("community", "GET", f"/v1/dispatch-batches/{batch}/choices", params=query)
    return list(page["items"])


async def open_orders(world: World, count: int) -> list[Any]:
    return [await only_order(world, await accepted_need(world)) for _ in range(count)]


async def set_order(owner: Database, world: World, order: Any, **columns: Any) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Order).where(Order.id == UUID(order["id"])).values(columns))


async def set_person(owner: Database, world: World, who: str, **columns: Any) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Person).where(Person.id == world.people[who]).values(columns))


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Any) -> None:
    """Something happens between the decision and its writing."""
    real = dispatch_batches_apply.invite

    async def invite(*given: Any) -> Any:
        await happens()
        return await real(*given)

    monkeypatch.setattr(dispatch_batches_apply, "invite", invite)
