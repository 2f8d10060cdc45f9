"""A hotline as a client: its own numbers, each once; lookup by number; its own deadline, which holds where it is sooner."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.models import Need
from app.workers import clocks
from tests.routers.client_systems import System, connected
from tests.stories.steps import act, only_order, submitted
from tests.worlds import World

NUMBER = "HJ20261128000017"


def form(world: World, **more: Any) -> dict[str, Any]:
    words = {"title": "楼道灯不亮", "details": "三单元", "asker_name": "王女士", "category": "property.lighting"}
    return words | {"place_id": str(world.places["home1"]), "source_number": NUMBER} | more


async def send(system: System, **more: Any) -> Any:
    return await system.ok("POST", "/v1/needs", json=form(system.world, **more))


async def test_a_number_stands_once_with_each_system(world: World, owner: Database) -> None:
    hotline, other = await connected(world), await connected(world, name="另一平台")
    imported = await submitted(world)
    async with owner.transaction(world.district_id) as session:
        mine = (Need.district_id == world.district_id, Need.title == imported["title"])
        await session.execute(update(Need).where(*mine).values(source_number=NUMBER))
    need = await send(hotline)
    assert (need["source_number"], need["progress"]) == (NUMBER, "已提交，等待社区受理")
    again = await hotline.call("POST", "/v1/needs", json=form(world, title="又一次"))
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    assert need["id"] not in again.text
    theirs = await send(other)
    for system, own in ((hotline, need), (other, theirs)):
        for query in ({"source_number": NUMBER}, {"q": NUMBER}):
            page = await system.ok("GET", "/v1/needs", params=query)
            assert [item["id"] for item in page["items"]] == [own["id"]]
    page = await world.ok("community", "GET", "/v1/needs", params={"source_number": NUMBER})
    assert {item["id"] for item in page["items"]} == {imported["id"], need["id"], theirs["id"]}


async def test_of_two_at_once_one_is_taken(world: World) -> None:
    hotline = await connected(world)
    answers = await asyncio.gather(*(hotline.call("POST", "/v1/needs", json=form(world)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(("hours", "holds"), [(2, True), (24 * 60, False)])
async def test_the_sooner_deadline_holds(world: World, hours: int, holds: bool) -> None:
    hotline = await connected(world)
    theirs = now().replace(microsecond=0) + timedelta(hours=hours)
    need = await send(hotline, sender_due_at=theirs.isoformat())
    assert datetime.fromisoformat(need["sender_due_at"]) == theirs
    path = f"/v1/needs/{need['id']}"
    accepted = await world.ok("community", "POST", f"{path}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    for row in (accepted, order):
        assert (datetime.fromisoformat(row["due_at"]) == theirs) is holds
    assert (await hotline.ok("GET", path))["due_at"] == accepted["due_at"]


@pytest.mark.parametrize(
    "more",
    [{"source_number": NUMBER}, {"sender_due_at": (now() + timedelta(days=1)).isoformat()}],
    ids=["number", "due"],
)
async def test_only_a_client_has_numbers_and_deadlines_of_its_own(world: World, more: dict[str, Any]) -> None:
    asked = {"title": "路灯", "details": "不亮", "place_id": str(world.places["home1"])}
    answer = await world.call("resident1", "POST", "/v1/needs", json=asked | more)
    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(more)))


async def test_a_deadline_that_has_passed_is_refused(world: World) -> None:
    hotline = await connected(world)
    late = form(world, sender_due_at=(now() - timedelta(minutes=1)).isoformat())
    answer = await hotline.call("POST", "/v1/needs", json=late)
    assert (answer.status_code, answer.json()["field"]) == (422, "sender_due_at")


async def test_an_extension_of_a_senders_deadline_leaves_out_the_weekend(world: World) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-12-03T10:00+08:00")):
        need = await send(await connected(world), sender_due_at="2026-12-04T10:00:00+08:00")
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
        order = await only_order(world, need)
        await act(world, "grid", order, "publish")
        await act(world, "member1", order, "take")
        wish = {"order_id": order["id"], "reason": "parts_or_funds", "words": "等厂家调货", "working_days": 3}
        asked = await world.ok("member1", "POST", "/v1/extensions", json=wish)
        granted = await world.ok("community", "POST", f"/v1/extensions/{asked['id']}/approve", json={})
        assert datetime.fromisoformat(granted["due_after"]) == datetime.fromisoformat("2026-12-09T10:00+08:00")


async def test_accepted_after_the_senders_deadline_it_is_late_at_once_and_climbs_in_its_time(
    world: World, app: FastAPI
) -> None:
    need = await send(await connected(world), sender_due_at=(now() + timedelta(minutes=30)).isoformat())
    start = now() + timedelta(minutes=31)
    with time_machine.travel(start):
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
        order = await only_order(world, need)
    levels = []
    for hours in (0, 3, 5, 9, 13):
        with time_machine.travel(start + timedelta(hours=hours, minutes=1)):
            for _ in range(4):
                await clocks.tick(app.state.database, world.district_id)
            (clock,) = (await world.ok("community", "GET", f"/v1/orders/{order['id']}/clocks"))["items"]
            levels.append(clock["level"])
            assert clock["limit_minutes"] == 0
    assert levels == [1, 1, 2, 3, 4]
