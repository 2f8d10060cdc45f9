"""Escalation of orders: one level at a time, one open at a time, answered or returned by the level above, late upward."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA
from app.core.db import Database
from app.workers import clocks
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, act, only_order, refused, reported, taken
from tests.stories.test_rights import told
from tests.worlds import World

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=CHINA)
FORM = {"tried": "已关总阀", "wish": "请协调供水公司"}


@pytest.fixture(autouse=True)
def friday() -> Iterator[Any]:
    with time_machine.travel(FRIDAY) as clock:
        yield clock


async def escalate(world: World, who: str, order: Any, status: int = 201) -> Any:
    answer = await world.call(who, "POST", "/v1/escalations", json=FORM | {"order_id": order["id"]})
    assert answer.status_code == status, answer.text
    return answer.json()


async def step(world: World, who: str, row: Any, action: str, status: int = 200, **form: Any) -> Any:
    answer = await world.call(who, "POST", f"/v1/escalations/{row['id']}/{action}", json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_one_level_at_a_time_up_to_the_district(world: World, app: FastAPI, owner: Database) -> None:
    order = await taken(world)
    row = await escalate(world, "member1", order)
    assert (row["from_level"], row["to_level"], row["due_at"][:13]) == ("grid", "community", "2026-11-30T02")
    assert any("提请社区解决，请于2026-11-30 10:" in words for words in await told(world, app, "community"))
    assert any("已提请社区协调" in words for words in await told(world, app, "resident1"))
    assert (await escalate(world, "grid", order, 409))["code"] == "duplicate"
    await step(world, "subdistrict", row, "answer", 403, decision="越级")
    returned = await step(world, "community", row, "return", reason="先请物业")
    assert (returned["state"], returned["reply"], returned["decided_level"]) == ("returned", "先请物业", "community")
    assert any("请查看理由" in words for words in await told(world, app, "member1"))
    await escalate(world, "subdistrict", order, 409)
    up = await escalate(world, "community", order)
    assert up["to_level"] == "subdistrict"
    await step(world, "community", up, "answer", 403, decision="自答")
    done = await step(world, "subdistrict", up, "answer", decision="街道召集三方", help="抢修队")
    assert (done["help"], done["takes_over"], done["actions"]) == ("抢修队", False, [])
    top = await escalate(world, "subdistrict", order)
    assert top["to_level"] == "district"
    await step(world, "district", top, "answer", decision="列入改造")
    await escalate(world, "district", order, 403)
    page = (await world.ok("grid", "GET", "/v1/escalations", params={"to_level": "subdistrict"}))["items"]
    assert [item["id"] for item in page] == [up["id"]]
    assert any("您的需求：区已作出答复" in words for words in await told(world, app, "resident1"))
    same = await world.ok("grid", "GET", f"/v1/orders/{order['id']}")
    assert (same["state"], same["version"]) == (order["state"], order["version"]), "the order was not touched"
    assert await broken_histories(owner, world.district_id) == []


async def test_who_may_and_of_what(world: World) -> None:
    order = await taken(world)
    for who in ("resident1", "auditor", "district"):
        await escalate(world, who, order, 403)
    for who in ("sibling_grid", "nobody", "member3"):
        await escalate(world, who, order, 404)
    row = await escalate(world, "grid", order)
    assert (await world.ok("member1", "GET", f"/v1/escalations/{row['id']}"))["state"] == "raised"
    for who in ("resident1", "member2", "liaison"):
        assert (await world.call(who, "GET", f"/v1/escalations/{row['id']}")).status_code == 404
    done = await reported(world, "member2")
    assert (await escalate(world, "grid", done, 409))["code"] == "wrong_state"


async def test_two_at_once(world: World) -> None:
    order = await taken(world)
    form = {"json": FORM | {"order_id": order["id"]}}
    raised = await asyncio.gather(
        *(world.call(who, "POST", "/v1/escalations", **form) for who in ("grid", "member1", "grid", "community"))
    )
    assert sorted(answer.status_code for answer in raised) == [201, 409, 409, 409]
    row = next(answer.json() for answer in raised if answer.status_code == 201)
    by = "community" if row["to_level"] == "community" else "subdistrict"
    path = f"/v1/escalations/{row['id']}"
    answers = await asyncio.gather(
        world.call(by, "POST", f"{path}/answer", json={"decision": "办"}),
        world.call(by, "POST", f"{path}/return", json={"reason": "不办"}),
        world.call(by, "POST", f"{path}/answer", json={"decision": "再办"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_the_level_above_takes_dispatching_over(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    assert (await refused(world, "subdistrict", order, "publish"))[0] == 403
    row = await escalate(world, "community", order)
    answered = await step(world, "subdistrict", row, "answer", decision="由街道派单", takes_over=True)
    assert answered["takes_over"]
    shown = await world.ok("subdistrict", "GET", f"/v1/orders/{order['id']}")
    assert {"publish", "offer", "assign"} <= set(shown["actions"])
    listed = (await world.ok("subdistrict", "GET", "/v1/orders", params={"need_id": order["need_id"]}))["items"]
    assert [row["actions"] for row in listed] == [shown["actions"]]
    higher = (await world.ok("district", "GET", "/v1/orders", params={"need_id": order["need_id"]}))["items"]
    assert not {"publish", "offer", "assign"} & set(higher[0]["actions"]), "another level took it"
    offered = await act(world, "subdistrict", order, "offer", person_id=str(world.people["member1"]))
    assert offered["state"] == "offered"
    assert (await act(world, "subdistrict", order, "publish"))["state"] == "published"
    await act(world, "member2", order, "take")
    part = {"order_id": order["id"], "organization_id": str(world.units["department"]), "part": "关总阀"}
    assert (await world.call("district", "POST", "/v1/co-handlings", json=part)).status_code == 403
    given = await world.ok("subdistrict", "POST", "/v1/co-handlings", json=part)
    assert (given["state"], given["actions"]) == ("accepted", ["cancel"]), "given its part, as it could be the order"
    listed = (await world.ok("subdistrict", "GET", "/v1/co-handlings", params={"order_id": order["id"]}))["items"]
    assert [row["actions"] for row in listed] == [["cancel"]]
    assert (await world.ok("district", "GET", f"/v1/co-handlings/{given['id']}"))["actions"] == []
    cancelled = await world.ok("subdistrict", "POST", f"/v1/co-handlings/{given['id']}/cancel", json={"words": "不用"})
    assert cancelled["state"] == "cancelled"
    form = {"grounds": ["unsolved"], "words": "请说明", "working_days": 1, "order_id": order["id"]}
    assert (await world.call("community", "POST", "/v1/supervisions", json=form)).status_code == 409
    assert (await world.call("subdistrict", "POST", "/v1/supervisions", json=form)).status_code == 409
    above = await world.ok("district", "POST", "/v1/supervisions", json=form)
    assert (await world.ok("subdistrict", "GET", f"/v1/supervisions/{above['id']}"))["actions"] == ["answer"]


async def tick(app: FastAPI, world: World) -> None:
    for _ in range(2):
        await clocks.tick(app.state.database, world.district_id)


async def test_late_it_is_told_upward_and_answered_there(world: World, app: FastAPI, friday: Any) -> None:
    order = await taken(world)
    row = await escalate(world, "grid", order)
    friday.move_to(datetime(2026, 11, 30, 10, 30, tzinfo=CHINA))
    await tick(app, world)
    late = await world.ok("grid", "GET", f"/v1/escalations/{row['id']}")
    assert (late["state"], late["told_level"], late["version"]) == ("raised", "subdistrict", 2)
    assert any("逾期未答复，请关注" in words for words in await told(world, app, "subdistrict"))
    assert any("已逾期未答复，请尽快答复" in words for words in await told(world, app, "community"))
    friday.move_to(datetime(2026, 12, 3, 10, tzinfo=CHINA))
    await tick(app, world)
    assert any("逾期未答复，请关注" in words for words in await told(world, app, "district"))
    answered = await step(world, "subdistrict", row, "answer", decision="街道来办")
    assert answered["decided_level"] == "subdistrict"
    assert (await escalate(world, "subdistrict", order))["to_level"] == "district"


async def test_of_an_ended_order_nothing_is_owed(world: World, app: FastAPI, friday: Any) -> None:
    order = await taken(world)
    row = await escalate(world, "grid", order)
    await act(world, "resident1", order, "withdraw")
    friday.move_to(datetime(2026, 12, 2, 10, tzinfo=CHINA))
    await tick(app, world)
    assert (await world.ok("grid", "GET", f"/v1/escalations/{row['id']}"))["state"] == "lapsed"
