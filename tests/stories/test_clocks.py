"""The clocks of a story: signed, contacted, paused, taken for something else, overdue and up to the district."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now, today
from app.core.db import Database
from app.domain.people import Role
from app.models import Grant
from app.workers import clocks, relay
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, refused, started, submitted, taken
from tests.worlds import World

HAZARD = "safety"
"""Signed for in 60 working minutes, contacted in 240."""


async def running(world: World, order: Any, who: str = "grid") -> dict[str, Any]:
    """Kind → its newest clock."""
    items = (await world.ok(who, "GET", f"/v1/orders/{order['id']}/clocks"))["items"]
    return {clock["kind"]: clock for clock in items}


async def trace(world: World, clock: Any, who: str = "grid") -> Any:
    found = await world.ok(who, "GET", f"/v1/clocks/{clock['id']}/trace")
    assert found["counted_seconds"] + found["left_seconds"] == found["granted_seconds"]
    assert sum(day["counted_seconds"] for day in found["days"]) == pytest.approx(found["counted_seconds"])
    return found


async def hazard(world: World) -> Any:
    need = await submitted(world, category=HAZARD)
    accept = f"/v1/needs/{need['id']}/accept"
    return await only_order(world, await world.ok("community", "POST", accept, json={"auto_offer": False}))


async def test_a_unit_signs_and_contacts_and_each_meets_its_clock(world: World) -> None:
    order = await hazard(world)
    assert (await running(world, order)).keys() == {"resolve"}
    await act(world, "community", order, "assign", organization_id=str(world.units["department"]))
    assert {kind: clock["state"] for kind, clock in (await running(world, order)).items()} == {
        "resolve": "running",
        "sign": "running",
        "contact": "running",
    }
    assert (await refused(world, "grid", order, "sign"))[0] == 403
    await act(world, "department", order, "sign")
    assert (await refused(world, "department", order, "sign"))[0] == 409
    early = (now() - timedelta(days=1)).isoformat()
    assert (await refused(world, "department", order, "first-contact", way="phone", at=early))[0] == 422
    assert (await act(world, "department", order, "first-contact", way="visit"))["state"] == "accepted"
    assert (await refused(world, "department", order, "first-contact", way="phone"))[0] == 409
    states = {kind: clock["state"] for kind, clock in (await running(world, order, "resident1")).items()}
    assert states == {"resolve": "running", "sign": "met", "contact": "met"}


async def test_whoever_takes_it_has_signed_and_is_to_contact(world: World) -> None:
    """In the one statement of the hot verb; begun work has met the asker, a report ends the work's own clock."""
    order = await hazard(world)
    await act(world, "grid", order, "publish")
    signing = (await running(world, order))["sign"]
    assert (signing["limit_minutes"], signing["unit"]) == (60, "working_minutes")
    await act(world, "member1", order, "take")
    found = await running(world, order)
    assert (found["sign"]["state"], found["contact"]["state"]) == ("met", "running")
    assert (found["contact"]["limit_minutes"], found["contact"]["left_minutes"] <= 240) == (240, True)
    told = await trace(world, found["contact"], "resident1")
    assert (told["granted_seconds"], told["left_seconds"]) == (240 * 60, 0)
    assert {mark["words"] for mark in told["marks"]} == {"起算：抢单"}
    assert (await world.call("member2", "GET", f"/v1/clocks/{found['contact']['id']}/trace")).status_code == 404
    await act(world, "member1", order, "start", position=AT_HOME)
    assert (await running(world, order))["contact"]["state"] == "met"


async def test_pauses_survive_a_change_of_category(world: World) -> None:
    order = await started(world)
    day = 24 * 60
    assert (await running(world, order))["resolve"]["limit_minutes"] == day
    await act(world, "member1", order, "suspend", reason="weather", words="大风")
    asked = {"subject_id": order["id"]}
    (pending,) = (await world.ok("community", "GET", "/v1/approvals", params=asked))["items"]
    await world.ok("community", "POST", f"/v1/approvals/{pending['id']}/grant", json={})
    before = (await running(world, order))["resolve"]
    with time_machine.travel(now() + timedelta(hours=3)):
        path = f"/v1/needs/{order['need_id']}/recategorise"
        assert (await world.call("resident1", "POST", path, json={"category": "repair.home"})).status_code == 403
        await world.ok("grid", "POST", path, json={"category": "repair.home"})
        assert (await world.call("grid", "POST", path, json={"category": "repair.home"})).status_code == 409
        paused = (await running(world, order))["resolve"]
        assert paused["paused_at"] == before["paused_at"]
        assert (paused["limit_minutes"], paused["left_minutes"]) == (3 * day, before["left_minutes"] + 2 * day)
        resumed = await act(world, "community", order, "resume")
        clock = (await running(world, order))["resolve"]
        assert (resumed["category"], resumed["due_at"]) == ("repair.home", clock["due_at"])
        assert clock["left_minutes"] - paused["left_minutes"] in {0, -1}
        told = await trace(world, clock)
    assert [mark["mark"] for mark in told["marks"]] == ["start", "pause", "relimit", "resume"]
    assert told["left_seconds"] == 0
    assert any("国务院办公厅" in notice for notice in told["notices"])


async def test_the_question_to_the_asker_stops_the_clock_of_the_decision(world: World) -> None:
    need = await submitted(world)
    find = {"subject_id": need["id"], "ended": True}
    (clock,) = (await world.ok("grid", "GET", "/v1/clocks", params=find))["items"]
    assert (clock["subject"], clock["kind"], clock["limit_minutes"]) == ("need", "sign", 24 * 60)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": "哪个房间？"})
    assert (await world.ok("resident1", "GET", f"/v1/clocks/{clock['id']}"))["paused_at"] is not None
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/answer", json={"answer": "厨房"})
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    (met,) = (await world.ok("grid", "GET", "/v1/clocks", params=find))["items"]
    assert (met["state"], met["paused_at"]) == ("met", None)


async def test_what_nobody_does_climbs_to_the_district_and_each_is_told(world: World, app: FastAPI) -> None:
    """Overdue is told to the grid; then one level up at a time, each once."""
    order = await only_order(world, await accepted_need(world))
    database = app.state.database
    with time_machine.travel(now() + timedelta(days=30)):
        for _ in range(6):
            await clocks.tick(database, world.district_id)
        await relay.relay_district(database, world.district_id)
    clock = (await running(world, order, "resident1"))["resolve"]
    assert (clock["state"], clock["level"]) == ("escalated", 4)
    late = (await world.ok("subdistrict", "GET", "/v1/clocks", params={"late": True}))["items"]
    assert [item["id"] for item in late] == [clock["id"]]
    events = (await world.ok("district", "GET", "/v1/events", params={"aggregate_id": clock["id"]}))["items"]
    assert [(event["action"], event["data"]["level"]) for event in events] == [
        ("overdue", 1),
        ("escalate", 2),
        ("escalate", 3),
        ("escalate", 4),
    ]
    for who, words in (("grid", "已逾期"), ("community", "升级"), ("subdistrict", "升级"), ("district", "升级")):
        texts = [notice["text"] for notice in (await world.ok(who, "GET", "/v1/notices"))["items"]]
        assert sum("工单的办结" in text and words in text for text in texts) == 1, who


async def test_office_hours_move_what_is_counted_in_them(world: World, app: FastAPI) -> None:
    order = await hazard(world)
    await act(world, "grid", order, "publish")
    before = (await running(world, order))["sign"]
    start = (today() + timedelta(days=1)).isoformat()
    windows = [{"weekday": day, "from_minute": 600, "until_minute": 610} for day in range(1, 8)]
    form, path = {"valid_from": start, "windows": windows}, "/v1/office-hours"
    headers = {"if-match": '"0"'}
    bad = form | {"valid_from": today().isoformat()}
    assert (await world.call("district", "PUT", path, json=bad, headers=headers)).status_code == 422
    answer = await world.call("district", "PUT", path, json=form, headers=headers)
    assert answer.status_code == 200, answer.text
    assert [one["valid_from"] for one in answer.json()["schedules"]] == [None, start]
    assert (await world.call("district", "PUT", path, json=form, headers=headers)).status_code == 412
    await clocks.tick(app.state.database, world.district_id)
    after = (await running(world, order))["sign"]
    assert after["due_at"] >= before["due_at"], "later, unless the hours of today suffice"
    told = await trace(world, after)
    assert (told["granted_seconds"], told["left_seconds"]) == (3600, 0)
    assert "重新计算：办公时间已调整" in [mark["words"] for mark in told["marks"]]


async def put_on_the_books(world: World, need: Any, days: int) -> None:
    form = {"obstacle": "资金", "measures": "列入计划", "until": (now() + timedelta(days=days)).isoformat()}
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/plan", json=form)
    found = {"state": "pending", "subject_id": need["id"]}
    (request,) = (await world.ok("subdistrict", "GET", "/v1/approvals", params=found))["items"]
    await world.ok("subdistrict", "POST", f"/v1/approvals/{request['id']}/grant", json={})


async def at_risk(world: World) -> list[str]:
    return [item["id"] for item in (await world.ok("community", "GET", "/v1/orders/at-risk"))["items"]]


async def test_an_order_nobody_holds_waits_with_its_need_on_the_books(world: World, app: FastAPI) -> None:
    """Nothing climbs meanwhile, and nothing is at risk; afterwards what was left is left."""
    need = await accepted_need(world)
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    left = (await running(world, order))["resolve"]["left_minutes"]
    await put_on_the_books(world, need, 90)
    with time_machine.travel(now() + timedelta(days=40)):
        for _ in range(6):
            await clocks.tick(app.state.database, world.district_id)
        assert {clock["state"] for clock in (await running(world, order)).values()} == {"running"}
        assert order["id"] not in await at_risk(world)
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/due", json={})
        clock = (await running(world, order))["resolve"]
        assert left - 1 <= clock["left_minutes"] <= left
        assert clock["due_at"] == (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["due_at"]
        assert [mark["words"] for mark in (await trace(world, clock))["marks"]][1:] == ["暂停：挂账", "恢复：到期销账"]
        assert order["id"] in await at_risk(world)


async def test_a_held_order_goes_on_while_its_need_is_on_the_books(world: World) -> None:
    order = await taken(world)
    need = await world.ok("community", "GET", f"/v1/needs/{order['need_id']}")
    await put_on_the_books(world, need, 90)
    assert (await running(world, order))["resolve"]["paused_at"] is None
    mine = {"mine": True}
    (held,) = (await world.ok("member1", "GET", "/v1/assignments", params=mine))["items"]
    await world.ok("member1", "POST", f"/v1/assignments/{held['id']}/cancel", json={"words": "病了"})
    assert (await running(world, order))["resolve"]["paused_at"] is not None, "nobody holds it now"
    await act(world, "community", order, "assign", organization_id=str(world.units["department"]))
    assert (await running(world, order))["resolve"]["paused_at"] is None


async def texts(world: World, who: str) -> str:
    return "\n".join(notice["text"] for notice in (await world.ok(who, "GET", "/v1/notices"))["items"])


async def told_on(world: World, app: FastAPI, days: int) -> None:
    with time_machine.travel(now() + timedelta(days=days)):
        await clocks.tick(app.state.database, world.district_id)
    await relay.relay_district(app.state.database, world.district_id)


async def test_who_may_accept_a_need_is_told_that_it_is_late(world: World, app: FastAPI) -> None:
    await submitted(world)
    await told_on(world, app, 6)
    for who in ("grid", "community"):
        assert "需求的签收已逾期" in await texts(world, who), who
    assert "逾期" not in await texts(world, "subdistrict")


async def test_where_nobody_has_the_grid_the_next_level_is_told(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        mine = (Grant.person_id == world.people["grid"], Grant.role == Role.GRID_WORKER)
        await session.execute(update(Grant).where(*mine).values(ends_at=now()))
    await accepted_need(world)
    await told_on(world, app, 10)
    assert "工单的办结已逾期" in await texts(world, "community")
