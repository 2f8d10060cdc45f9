"""点单 → 派单 → 婉拒 → 接单 → 签到 → 报告 → 评单 → 时长, over HTTP."""

from datetime import timedelta

import time_machine

from app.core.clock import now
from tests.stories.steps import AT_HOME, asked, only_order, submitted
from tests.worlds import World


async def test_from_asking_to_hours(world: World) -> None:
    need = await submitted(world)
    assert need["state"] == "submitted"
    need = await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={})
    assert need["state"] == "in_service"
    order = await only_order(world, need)
    assert order["state"] == "offered"
    (first,) = await asked(world, order)
    path = f"/v1/orders/{order['id']}"
    assert "decline" in (await world.ok(first, "GET", path))["actions"]
    await world.ok(first, "POST", f"{path}/decline", json={})
    (second,) = await asked(world, order)
    assert second != first
    taken = await world.ok(second, "POST", f"{path}/accept", json={})
    assert (taken["state"], taken["place_id"]) == ("accepted", str(world.places["home1"]))
    started = await world.ok(second, "POST", f"{path}/start", json={"position": AT_HOME})
    assert started["state"] == "in_progress"
    mine = (await world.ok(second, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    with time_machine.travel(now() + timedelta(minutes=45, seconds=30)):
        await world.ok(second, "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
        await world.ok(second, "POST", f"{path}/report", json={"result": "已更换水管，不再漏水"})
    rated = await world.ok("resident1", "POST", f"{path}/confirm", json={"rating": 5, "words": "来得快"})
    assert (rated["state"], rated["outcome"], rated["rating"]) == ("closed", "solved", 5)
    assert (await world.ok("resident1", "GET", f"/v1/needs/{need['id']}"))["state"] == "met"
    record = (await world.ok("grid", "GET", "/v1/hours", params={"order_id": order["id"]}))["items"][0]
    assert (record["minutes"], record["source"], record["status"]) == (45, "machine", "recorded")
    confirmed = await world.ok("grid", "POST", f"/v1/hours/{record['id']}/confirm", json={})
    assert confirmed["status"] == "confirmed"
    balance = await world.ok(second, "GET", "/v1/hours/balance")
    assert (balance["recorded_minutes"], balance["confirmed_minutes"]) == (0, 45)
