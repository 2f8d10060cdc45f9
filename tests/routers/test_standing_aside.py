"""Why an order or a need stands aside: whoever works on it and whoever asked are told, others only of what kind and until when."""

from datetime import timedelta
from typing import Any

import time_machine

from app.core.clock import now
from tests.stories.steps import act, only_order, submitted
from tests.stories.test_exits import approve
from tests.worlds import LAT, LON, World

UNTIL = (now() + timedelta(days=20)).isoformat()
PLAN = {"obstacle": "缺同型号阀门", "measures": "已向厂家定制", "until": UNTIL}
SUSPEND = {"reason": "waiting_for_parts", "words": "等配件"}
WHY = ("suspend_reason", "obstacle", "measures")


async def why(world: World, who: str, path: str) -> tuple[Any, ...]:
    row = await world.ok(who, "GET", path)
    return tuple(row.get(name) for name in WHY)


async def in_progress(world: World, privacy: str = "community") -> Any:
    """An order of the entrance both residents share, which neighbours may know of; volunteer1 was asked for it and said no."""
    need = await submitted(world, place_id=str(world.places["entrance"]), privacy=privacy)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "offer", person_id=str(world.people["volunteer1"]))
    await act(world, "volunteer1", order, "decline")
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    return await act(world, "member1", order, "start", position={"lon": LON, "lat": LAT, "datum": "wgs84"})


async def test_of_a_suspended_order_the_kind_of_reason_is_told(world: World) -> None:
    order = await in_progress(world)
    path = f"/v1/orders/{order['id']}"
    await act(world, "member1", order, "suspend", **SUSPEND)
    assert await why(world, "grid", path) == (None, None, None), "only asked for so far"
    await approve(world, "community", order)
    for who in ("grid", "member1", "resident1", "resident2", "auditor"):
        assert await why(world, who, path) == ("waiting_for_parts", None, None), who
    listed = (await world.ok("member1", "GET", "/v1/orders", params={"mine": True}))["items"]
    assert [row["suspend_reason"] for row in listed] == ["waiting_for_parts"]
    need = await world.ok("resident1", "GET", f"/v1/needs/{order['need_id']}")
    assert need["progress"] == "暂时停下，等配件或材料，之后继续"
    await act(world, "community", order, "resume")
    assert await why(world, "grid", path) == (None, None, None)


async def test_whoever_said_no_has_no_part_in_it(world: World) -> None:
    order = await in_progress(world, privacy="handlers")
    await act(world, "member1", order, "suspend", **SUSPEND)
    await approve(world, "community", order)
    assert await why(world, "volunteer1", f"/v1/orders/{order['id']}") == (None, None, None)


async def test_of_a_planned_order_the_obstacle_the_measures_and_the_date(world: World) -> None:
    order = await in_progress(world)
    path = f"/v1/orders/{order['id']}"
    await act(world, "member1", order, "plan", **PLAN)
    await approve(world, "subdistrict", order)
    for who in ("grid", "member1", "resident1"):
        assert await why(world, who, path) == (None, PLAN["obstacle"], PLAN["measures"]), who
    for who in ("resident2", "volunteer1"):
        seen = await world.ok(who, "GET", path)
        assert (seen["obstacle"], seen["measures"], bool(seen["planned_until"])) == (None, None, True), who
    need = await world.ok("resident2", "GET", f"/v1/needs/{order['need_id']}")
    assert "已列入计划，计划" in need["progress"]
    await act(world, "resident1", order, "withdraw")
    assert await why(world, "grid", path) == (None, None, None)


async def test_of_a_need_on_the_books(world: World) -> None:
    need = await submitted(world, place_id=str(world.places["entrance"]), privacy="community")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    path = f"/v1/needs/{need['id']}"
    await world.ok("community", "POST", f"{path}/plan", json=PLAN)
    await approve(world, "subdistrict", need)
    for who in ("grid", "resident1"):
        assert await why(world, who, path) == (None, PLAN["obstacle"], PLAN["measures"]), who
    assert await why(world, "resident2", path) == (None, None, None)
    assert (await world.ok("resident2", "GET", path))["planned_until"]
    listed = await world.ok("resident2", "GET", "/v1/needs", params={"affecting": True})
    assert [row["measures"] for row in listed["items"]] == [None]
    await world.ok("resident1", "POST", f"{path}/withdraw", json={})
    gone = await world.ok("resident1", "GET", path)
    assert (gone["planned_until"], gone["obstacle"]) == (None, None)


async def test_nothing_is_put_off_until_a_day_that_has_passed_by_the_time_it_is_granted(world: World) -> None:
    plan = PLAN | {"until": (now() + timedelta(days=2)).isoformat()}
    order = await in_progress(world)
    await act(world, "member1", order, "plan", **plan)
    need = await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/plan", json=plan)
    with time_machine.travel(now() + timedelta(days=3)):
        for row, state in ((order, "in_progress"), (need, "accepted")):
            asked = {"state": "pending", "subject_id": row["id"]}
            (pending,) = (await world.ok("subdistrict", "GET", "/v1/approvals", params=asked))["items"]
            answer = await world.call("subdistrict", "POST", f"/v1/approvals/{pending['id']}/grant", json={})
            assert (answer.status_code, answer.json()["detail"]) == (422, "挂账日期须在今后")
            noun = "orders" if row is order else "needs"
            assert (await world.ok("grid", "GET", f"/v1/{noun}/{row['id']}"))["state"] == state
