"""街道吹哨、部门报到: a pipe bursts, the community calls three departments; one is out, one is late, both sides rate."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA
from app.core.db import Database
from app.workers import clocks
from tests.services.histories import broken_histories
from tests.stories.steps import AT_HOME, act, only_order, submitted
from tests.stories.test_rights import told
from tests.whistles import acted, call_of, calls, do, draft, kind, seat_departments, step
from tests.worlds import World

NINE = datetime(2026, 12, 1, 9, tzinfo=CHINA)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NINE, tick=True) as moved:
        yield moved


async def test_a_pipe_bursts_and_three_departments_are_called(
    clock: Any, world: World, app: FastAPI, owner: Database
) -> None:
    await seat_departments(app, owner, world, "water", "roads", "gas")
    order = await _burst(world)
    whistle = await draft(world, await kind(owner, world), order_id=order["id"], departments=["water", "roads", "gas"])
    assert (whistle["state"], whistle["level"], whistle["category"]) == ("drafted", "community", order["category"])
    assert "有一次吹哨待您审批" in await told(world, app, "community")
    await step(world, "grid", whistle, "approve", 403)
    await step(world, "community", whistle, "approve")
    assert (await step(world, "grid", whistle, "blow"))["state"] == "blown"
    assert "有一次吹哨召集本部门，请在期限内签到" in await told(world, app, "roads")

    gas = await call_of(world, whistle, "gas")
    await do(world, "gas", gas, "dispute", duty="《城镇燃气管理条例》：供水管网不属燃气主管部门")
    await do(world, "community", gas, "uphold", 403, words="同意")
    ruled = await do(world, "subdistrict", gas, "uphold", words="供水管网由水务部门负责")
    assert (ruled["state"], ruled["actions"]) == ("ruled_out", [])
    await do(world, "gas", gas, "sign", 409)

    water, roads = await call_of(world, whistle, "water"), await call_of(world, whistle, "roads")
    await acted(world, "water", water)
    await _climb(clock, app, world)
    assert [late["id"] for late in await calls(world, overdue=True)] == [roads["id"]]
    finished = await acted(world, "roads", roads)
    late = next(each for each in finished["clocks"] if each["task"] == "sign")
    assert (late["told"], late["met_at"] > late["due_at"]) == ("subdistrict", True)

    await _rated(world, water=water, roads=roads)
    closed = await world.ok("grid", "GET", f"/v1/whistles/{whistle['id']}")
    assert (closed["state"], closed["closed_by_system"], closed["actions"]) == ("closed", False, [])

    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    assert (await act(world, "member1", order, "start", position=AT_HOME))["state"] == "in_progress"
    assert await broken_histories(owner, world.district_id) == []


async def _burst(world: World) -> Any:
    need = await submitted(world, title="楼前水管爆了，路面塌了一块", details="水漫到单元门口")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    return await only_order(world, need)


async def _rated(world: World, **by: Any) -> None:
    """By both sides."""
    for who, call in by.items():
        await do(world, "community", call, "rate", rating=5 if who == "water" else 3, words="辛苦了")
        await do(world, who, call, "rate-back", rating=4)


async def _climb(clock: Any, app: FastAPI, world: World) -> None:
    """The roads department does not sign: it is warned, then the grid knows, the community, the street; each once."""
    for passed, who, words in (
        (0.8, "roads", "吹哨报到提醒：签到时限将于 2026-12-01 10:00 到期"),
        (1.1, "grid", "吹哨报到逾期：签到应于 2026-12-01 10:00 前完成，请督促"),
        (5.2, "community", "吹哨报到逾期：签到应于 2026-12-01 10:00 前完成，请督促"),
        (9.3, "subdistrict", "吹哨报到逾期：签到应于 2026-12-01 10:00 前完成，请督促"),
    ):
        assert words not in await told(world, app, who)
        clock.move_to(NINE + passed * HOUR)
        for _ in range(2):
            await clocks.tick(app.state.database, world.district_id)
        assert (await told(world, app, who)).count(words) == 1
    assert not any("逾期" in words for words in await told(world, app, "district"))
