"""Whistles: whom one may call and who approves, what a department sees, disputes, clocks, races."""

import asyncio
import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import CHINA, now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.levels import Level
from app.domain.people import Role
from app.domain.retention import SPENT, Kind, period_of
from app.domain.whistle_calls import Told
from app.domain.whistles import RATE_WINDOW
from app.models import Event, OfficeHours, Whistle, WhistleCall, WhistleClock
from app.workers import clocks
from tests.erasing import erased
from tests.services.histories import broken_histories
from tests.services.rows_whistles import LIMITS, put_type
from tests.services.test_retention import kept
from tests.stories.steps import accepted_need, only_order
from tests.stories.test_rights import told
from tests.whistles import (
    CALLS,
    WHISTLES,
    acted,
    blown,
    call_of,
    calls,
    do,
    draft,
    kind,
    seat_admin,
    seat_departments,
    step,
)
from tests.worlds import World

TYPES = "/v1/whistle-types"


async def test_types_are_the_districts_and_a_whistle_keeps_its_limits(world: World, owner: Database) -> None:
    form: dict[str, Any] = {"code": "winter", "name": "供暖哨", "level": "community", "kinds": ["department"]}
    form |= {"limits": LIMITS.as_json()}
    assert (await world.call("subdistrict", "POST", TYPES, json=form)).status_code == 403
    assert (await world.call("district", "POST", TYPES, json=form | {"kinds": ["team"]})).status_code == 422
    assert (await world.call("district", "POST", TYPES, json=form | {"level": "grid"})).status_code == 422
    made = await world.ok("district", "POST", TYPES, json=form)
    assert (await world.call("district", "POST", TYPES, json=form)).status_code == 409
    whistle = await draft(world, made["id"])
    await step(world, "community", whistle, "approve")
    before = await step(world, "grid", whistle, "blow")
    slower = LIMITS.as_json() | {"sign": {"value": 2, "unit": "working_hours"}}
    changed = {"limits": slower, "retired": True}
    path, tag = f"{TYPES}/{made['id']}", {"If-Match": str(made["version"])}
    await world.ok("district", "PATCH", path, headers=tag, json=changed)
    assert (await world.call("district", "PATCH", path, headers=tag, json=changed)).status_code == 412
    after = await world.ok("grid", "GET", f"{WHISTLES}/{whistle['id']}")
    assert (after["limits"], after["type_version"]) == (before["limits"], 1)
    assert after["limits"]["sign"] == {"value": 1, "unit": "hours"}
    await draft(world, made["id"], status=422)


async def test_working_time_goes_by_the_hours_of_the_district(world: World, owner: Database) -> None:
    minutes = {"value": 5, "unit": "working_minutes"}
    opening = {"path": world.paths["district"], "valid_from": date(2020, 1, 1), "set_by": world.people["district"]}
    async with owner.transaction(world.district_id) as session:
        limits = LIMITS.as_json() | dict.fromkeys(("sign", "decide"), minutes)
        type_id = str((await put_type(session, world, limits=limits)).id)
        week = [[[120, 130]]] * 7  # two at night, when the house's own are closed
        session.add(OfficeHours(district_id=world.district_id, id=new_id(), week=week, version=1, **opening))
    whistle = await draft(world, type_id)
    await step(world, "community", whistle, "approve")
    blown_now = await step(world, "grid", whistle, "blow")
    signing = next(one for one in (await call_of(world, blown_now))["clocks"] if one["task"] == "sign")
    for moment in (whistle["lapses_at"], signing["due_at"]):
        at = datetime.fromisoformat(moment).astimezone(CHINA)
        assert (at.hour, at.minute <= 10) == (2, True)


async def test_whom_one_may_call_on_what(world: World, app: FastAPI, owner: Database) -> None:
    await seat_departments(app, owner, world, "water")
    type_id = await kind(owner, world)
    matters = [{"category": "repair", "department_ids": [str(world.units["water"])]}]
    path = f"{TYPES}/{type_id}"
    unknown = [matters[0] | {"category": "nothing"}]
    assert (
        await world.call("district", "PATCH", path, headers={"If-Match": "1"}, json={"matters": unknown})
    ).status_code == 422
    await world.ok("district", "PATCH", path, headers={"If-Match": "1"}, json={"matters": matters})
    await draft(world, type_id, status=422, category="repair.plumbing")
    await draft(world, type_id, category="repair.plumbing", departments=["water"])
    await draft(world, type_id, status=422, departments=["society"])
    await draft(world, type_id, status=422, departments=["water", "water"])
    await draft(world, type_id, status=422, order_id=str(world.places["grid"]), place_id=str(world.places["grid"]))
    await draft(world, type_id, status=404, who="sibling_grid")
    await draft(world, type_id, status=403, who="department")
    order = await only_order(world, await accepted_need(world))
    whistle = await draft(world, type_id, order_id=order["id"], departments=["water"])
    await step(world, "community", whistle, "approve")
    await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/withdraw", json={})
    await step(world, "grid", whistle, "blow", 409)
    await draft(world, type_id, status=409, order_id=order["id"], departments=["water"])


async def test_another_hand_of_the_leadership_approves(world: World, app: FastAPI, owner: Database) -> None:
    """Nobody approves what they drafted, whatever they are besides; the street's whistle is the street's to approve."""
    await seat_admin(app, owner, world, "deputy", Role.COMMUNITY_ADMIN, "community")
    type_id = await kind(owner, world)
    own = await draft(world, type_id, "community")
    assert "approve" not in own["actions"]
    await step(world, "community", own, "approve", 403)
    assert (await step(world, "deputy", own, "deny", words="先上门核实"))["decision_words"] == "先上门核实"
    await step(world, "subdistrict", own, "approve", 409)
    street = await draft(world, type_id, "subdistrict")
    assert street["level"] == "subdistrict"
    for who in ("deputy", "subdistrict"):
        await step(world, who, street, "approve", 403)
    await step(world, "district", street, "approve")
    hard = await draft(world, await kind(owner, world, Level.SUBDISTRICT))
    await step(world, "community", hard, "approve", 403)
    await step(world, "subdistrict", hard, "approve")
    assert (await step(world, "grid", hard, "withdraw"))["state"] == "withdrawn"


async def test_a_department_sees_its_own_call_and_no_more(world: World, app: FastAPI, owner: Database) -> None:
    await seat_departments(app, owner, world, "water", "roads")
    found = await draft(world, await kind(owner, world), departments=["department", "water"])
    assert (await world.call("water", "GET", f"{WHISTLES}/{found['id']}")).status_code == 404
    await step(world, "community", found, "approve", words="请从速")
    await step(world, "grid", found, "blow")
    for who in ("roads", "sibling_community", "resident1"):
        assert (await world.call(who, "GET", f"{WHISTLES}/{found['id']}")).status_code == 404
    seen = await world.ok("water", "GET", f"{WHISTLES}/{found['id']}")
    assert (seen["words"], seen["decision_words"]) == ("请到场关阀抢修", None)
    assert seen["department_ids"] == [str(world.units["water"])]
    mine = await calls(world, "water", mine=True, state="called")
    assert [each["organization_id"] for each in mine] == [str(world.units["water"])]
    assert await calls(world, "water", whistle_id=found["id"]) == mine
    others = await call_of(world, found)
    assert (await world.call("water", "GET", f"{CALLS}/{others['id']}")).status_code == 404
    asked = {"organization_id": str(world.units["department"])}
    assert (await world.ok("water", "GET", WHISTLES, params=asked))["items"] == []
    assert await calls(world, "roads") == []
    await do(world, "water", mine[0], "dispute", duty="三定方案")
    await do(world, "subdistrict", mine[0], "uphold", words="不属其职责")
    coarse = await world.ok("water", "GET", f"{WHISTLES}/{found['id']}")
    assert (coarse["words"], coarse["place_id"]) == (None, None)
    answer = await world.call("community", "GET", CALLS, params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["状态"] for row in rows} == {"待签到", "争议成立"}


async def test_a_dispute_is_made_once_in_time_and_what_is_overruled_must_be_done(
    world: World, app: FastAPI, owner: Database
) -> None:
    await seat_departments(app, owner, world, "water")
    whistle = await blown(world, owner, "department", "water")
    call, other = await call_of(world, whistle), await call_of(world, whistle, "water")
    await do(world, "department", call, "dispute", 422)
    await do(world, "department", call, "dispute", duty="三定方案")
    assert "有部门提出管辖争议，请在期限内裁定" in await told(world, app, "subdistrict")
    with time_machine.travel(now() + timedelta(hours=8, minutes=5), tick=True):
        await do(world, "water", other, "dispute", 409, duty="三定方案")
        await clocks.tick(app.state.database, world.district_id)
        assert any("管辖裁定应于" in words for words in await told(world, app, "subdistrict"))
        again = await do(world, "subdistrict", call, "overrule", words="属其职责")
        assert (again["state"], again["ruled_by"]) == ("called", str(world.people["subdistrict"]))
        await do(world, "department", call, "dispute", 409, duty="三定方案")
        renewed = {each["task"]: each for each in again["clocks"]}
        assert (renewed["sign"]["stopped_at"], renewed["sign"]["told"]) == (None, "nobody")
        assert renewed["sign"]["due_at"] > again["ruled_at"]
        done = await acted(world, "department", call)
        assert (done["state"], done["present_id"]) == ("acted", str(world.people["department"]))
    assert await broken_histories(owner, world.district_id) == []


async def test_another_department_comes_in_the_stead_of_one_that_is_out(
    world: World, app: FastAPI, owner: Database
) -> None:
    await seat_departments(app, owner, world, "water", "gas")
    whistle = await blown(world, owner, "department", "gas")
    gas = await call_of(world, whistle, "gas")
    await acted(world, "department", await call_of(world, whistle))
    form = {"call_id": gas["id"], "organization_id": str(world.units["water"])}
    await step(world, "community", whistle, "replace", 422, **form)
    await do(world, "gas", gas, "dispute", duty="三定方案")
    await do(world, "subdistrict", gas, "uphold", words="不属其职责")
    assert (await world.ok("grid", "GET", f"{WHISTLES}/{whistle['id']}"))["state"] == "acted"
    await step(world, "community", whistle, "replace", 409, **form | {"organization_id": str(world.units["gas"])})
    answers = await asyncio.gather(
        *(world.call("community", "POST", f"{WHISTLES}/{whistle['id']}/replace", json=form) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    stead = await call_of(world, whistle, "water")
    assert (stead["replaces_id"], stead["state"]) == (gas["id"], "called")
    await do(world, "water", stead, "report", 409)
    await do(world, "water", stead, "sign")
    await do(world, "water", stead, "contact", words="马上到")
    wrong = {"present_id": str(world.people["department"])}
    await do(world, "water", stead, "report", 422, **wrong)
    await do(world, "water", stead, "report", 422, arrived_at=(now() - timedelta(days=1)).isoformat())
    await do(world, "water", stead, "report")
    assert (await step(world, "community", whistle, "cancel", reason="已自行处置"))["state"] == "cancelled"
    assert (await call_of(world, whistle, "water"))["state"] == "cancelled"
    assert "一次吹哨已取消，本部门不必前往" in await told(world, app, "water")


async def test_races_have_one_winner(world: World, owner: Database) -> None:
    """Two sign; one disputes while another signs; the caller cancels while the department acts."""
    signed, split = await blown(world, owner), await blown(world, owner)
    one, two = await call_of(world, signed), await call_of(world, split)
    assert await _race(world, *[("department", one, "sign", {})] * 2) == [200, 409]
    dispute = ("department", two, "dispute", {"duty": "三定方案"})
    assert await _race(world, ("department", two, "sign", {}), dispute) == [200, 409]
    await do(world, "department", one, "contact", words="马上到")
    await do(world, "department", one, "report")
    cancel = world.call("grid", "POST", f"{WHISTLES}/{signed['id']}/cancel", json={"reason": "已自行处置"})
    act = world.call("department", "POST", f"{CALLS}/{one['id']}/act", json={"result": "已修复"})
    answers = await asyncio.gather(cancel, act)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await broken_histories(owner, world.district_id) == []


async def _race(world: World, *tries: tuple[str, Any, str, dict[str, Any]]) -> list[int]:
    asked = (world.call(who, "POST", f"{CALLS}/{call['id']}/{action}", json=form) for who, call, action, form in tries)
    return sorted(answer.status_code for answer in await asyncio.gather(*asked))


async def test_two_workers_tell_each_rung_once(world: World, app: FastAPI, owner: Database) -> None:
    call = await call_of(world, await blown(world, owner))
    start = now()
    for hours in (0.9, 1.1, 5.2, 9.3, 13.4, 17.5):
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            await asyncio.gather(*(clocks.tick(app.state.database, world.district_id) for _ in range(2)))
    async with owner.transaction(world.district_id) as session:
        of_call = select(Event.data).where(Event.aggregate_id == call["id"], Event.action.in_(("warn", "overdue")))
        said = [data["told"] for data in await session.scalars(of_call.order_by(Event.seq)) if data["task"] == "sign"]
        sign = select(WhistleClock.next_at).where(WhistleClock.call_id == call["id"], WhistleClock.task == "sign")
        assert await session.scalar(sign) is None
    assert said == [each.value for each in list(Told)[1:]]


async def test_what_nobody_decides_blows_or_rates_ends_by_itself(world: World, app: FastAPI, owner: Database) -> None:
    type_id = await kind(owner, world)
    undecided, unblown = await draft(world, type_id), await draft(world, type_id)
    await step(world, "community", unblown, "approve")
    unrated = await blown(world, owner)
    await acted(world, "department", await call_of(world, unrated))
    with time_machine.travel(now() + timedelta(hours=8, minutes=5), tick=True):
        await clocks.tick(app.state.database, world.district_id)
        states = {each["id"]: each["state"] for each in (await world.ok("grid", "GET", WHISTLES))["items"]}
        assert (states[undecided["id"]], states[unblown["id"]], states[unrated["id"]]) == ("lapsed", "lapsed", "acted")
        assert "您起草的吹哨逾期未审批或未吹哨，已失效" in await told(world, app, "grid")
    with time_machine.travel(now() + RATE_WINDOW, tick=True):
        await clocks.tick(app.state.database, world.district_id)
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Whistle).where(Whistle.id == unrated["id"]))).one()
        assert (row.state, row.closed_by_system) == ("closed", True)
    await do(world, "grid", await call_of(world, unrated), "rate", 409, rating=5)


async def test_words_go_with_their_period_and_with_whoever_asked(world: World, app: FastAPI, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world))
    whistle = await blown(world, owner, order_id=order["id"], words="楼上老人独居，请轻声")
    await acted(world, "department", await call_of(world, whistle))
    await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/withdraw", json={})
    await erased(world, "resident1")
    gone = await _words(owner, world, whistle)
    assert gone == ("（已按本人要求删除）", "（已按本人要求删除）", None)
    free = await draft(world, await kind(owner, world))
    await step(world, "grid", free, "withdraw")
    for later, count in ((-1, 0), (1, 1)):
        with time_machine.travel(now() + period_of(Kind.WHISTLE_WORDS) + later * timedelta(days=1), tick=True):
            assert (await kept(app, world))["whistle_words"] == count
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Whistle).where(Whistle.id == free["id"]))).one()
        assert (row.title, row.words, row.state) == (SPENT, SPENT, "withdrawn")


async def _words(owner: Database, world: World, whistle: Any) -> tuple[str, str | None, Any]:
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Whistle).where(Whistle.id == whistle["id"]))).one()
        call = (await session.scalars(select(WhistleCall).where(WhistleCall.whistle_id == row.id))).one()
        return row.words, call.result, call.evidence
