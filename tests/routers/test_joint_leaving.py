"""A unit that leaves the joint committee claims nothing there any more; what it leads goes to the next, and they are told."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.db import Database
from tests.routers.rotating import DECEMBER, published, seat_units, travel
from tests.routers.test_joint_work import claim, listed
from tests.services.histories import broken_histories
from tests.stories.test_rights import told
from tests.worlds import World


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


@pytest.fixture
async def turn(world: World, app: FastAPI, owner: Database, december: Any) -> Any:
    await seat_units(app, owner, world, 8)
    found = (await published(december, world))[0]
    await travel(december, app, owner, world, date(2027, 1, 5))
    return found


async def leave(world: World, unit: str) -> int:
    asked = {"organization_id": str(world.units[unit]), "current": "true"}
    (member,) = (await world.ok("community", "GET", "/v1/committee-members", params=asked))["items"]
    form = {"left_on": "2027-01-05", "reason": "单位迁走"}
    path = f"/v1/committee-members/{member['id']}/leave"
    return (await world.call("community", "POST", path, json=form)).status_code


async def claimants(world: World, item: Any) -> list[tuple[str, bool]]:
    names = {str(unit): name for name, unit in world.units.items()}
    shown = await world.ok("community", "GET", f"/v1/claim-items/{item['id']}")
    return [(names[one["organization_id"]], one["leads"]) for one in shown["claims"]]


async def test_the_next_unit_leads(world: World, app: FastAPI, owner: Database, turn: Any) -> None:
    item = await listed(world, turn, most=3)
    for unit in ("unit2", "unit3", "unit4"):
        assert await claim(world, unit, item) == 201
    assert await leave(world, "unit2") == 200
    assert await claimants(world, item) == [("unit3", True), ("unit4", False)]
    mine = (await world.ok("unit2", "GET", "/v1/service-claims", params={"item_id": item["id"]}))["items"]
    states = {one["organization_id"]: one["state"] for one in mine}
    assert states[str(world.units["unit2"])] == "withdrawn"
    assert "一项服务事项的认领已撤回，请查看" in await told(world, app, "unit2")
    assert "原牵头单位撤回认领，由本单位牵头" in await told(world, app, "unit3")
    assert await claim(world, "unit2", item) == 422, "no member any more"
    assert (await world.call("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})).status_code == 200
    assert await broken_histories(owner, world.district_id) == []


async def test_what_nobody_else_claims_is_to_be_claimed_again(world: World, turn: Any) -> None:
    item = await listed(world, turn)
    await claim(world, "unit2", item)
    assert await claim(world, "unit3", item) == 409
    assert await leave(world, "unit2") == 200
    assert await claimants(world, item) == []
    assert (await world.call("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})).status_code == 409
    assert await claim(world, "unit3", item) == 201
    assert await claimants(world, item) == [("unit3", True)]


async def test_what_was_confirmed_stays(world: World, turn: Any) -> None:
    item = await listed(world, turn)
    await claim(world, "unit2", item)
    await world.ok("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})
    assert await leave(world, "unit2") == 200
    assert await claimants(world, item) == [("unit2", True)]


async def test_a_claim_and_leaving_at_once_leave_no_claim(world: World, owner: Database, turn: Any) -> None:
    items = [await listed(world, turn) for _ in range(4)]
    codes = await asyncio.gather(*(claim(world, "unit2", item) for item in items), leave(world, "unit2"))
    assert codes[-1] == 200
    assert set(codes[:-1]) <= {201, 422}
    assert [await claimants(world, item) for item in items] == [[]] * 4
    assert await broken_histories(owner, world.district_id) == []
