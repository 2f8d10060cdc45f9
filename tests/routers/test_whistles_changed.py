"""What changes a whistle from outside: its drafter, its order, the office hours."""

from datetime import date, datetime
from typing import Any

import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import CHINA
from app.core.db import Database
from app.models import WhistleClock
from tests.services.histories import broken_histories
from tests.services.rows_whistles import LIMITS, put_type
from tests.stories.steps import accepted_need, only_order
from tests.stories.test_rights import told
from tests.whistles import WHISTLES, acted, call_of, calls, do, draft, kind, seat_departments, step
from tests.worlds import World


async def test_hours_that_change_move_the_limits_that_run(world: World, owner: Database) -> None:
    """As with the clocks of orders: what has counted stays, what is still to come goes by the new hours."""
    minutes = {"value": 600, "unit": "working_minutes"}
    async with owner.transaction(world.district_id) as session:
        limits = LIMITS.as_json() | {"act": minutes}
        type_id = str((await put_type(session, world, limits=limits)).id)
    with time_machine.travel(datetime(2026, 11, 30, 10, tzinfo=CHINA)):
        whistle = await draft(world, type_id)
        await step(world, "community", whistle, "approve")
        await step(world, "grid", whistle, "blow")
        before = {clock["task"]: clock["due_at"] for clock in (await call_of(world, whistle))["clocks"]}
        evenings = [{"weekday": day, "from_minute": 20 * 60, "until_minute": 22 * 60} for day in range(1, 8)]
        form = {"valid_from": "2026-12-01", "windows": evenings}
        await world.ok("district", "PUT", "/v1/office-hours", json=form, headers={"if-match": '"0"'})
        after = {clock["task"]: clock["due_at"] for clock in (await call_of(world, whistle))["clocks"]}
    assert {task for task in before if before[task] != after[task]} == {"act"}
    due = datetime.fromisoformat(after["act"]).astimezone(CHINA)
    assert (due.date() > date(2026, 12, 1), due.hour in {20, 21, 22}) == (True, True)
    async with owner.transaction(world.district_id) as session:
        mine = WhistleClock.district_id == world.district_id
        columns = (WhistleClock.next_at, WhistleClock.started_at, WhistleClock.due_at)
        moments = (await session.execute(select(*columns).where(mine))).all()
    assert {next_at == started + (due_at - started) * 0.75 for next_at, started, due_at in moments} == {True}


async def test_a_draft_is_corrected_by_whoever_drafted_it_until_it_is_decided(
    world: World, app: FastAPI, owner: Database
) -> None:
    await seat_departments(app, owner, world, "water")
    found = await draft(world, await kind(owner, world))
    path, units = f"{WHISTLES}/{found['id']}", [str(world.units["water"])]

    async def changed(who: str, version: int, **form: Any) -> Any:
        return await world.call(who, "PATCH", path, headers={"If-Match": str(version)}, json=form)

    for who, status in (("community", 403), ("subdistrict", 403), ("water", 404), ("sibling_grid", 404)):
        assert (await changed(who, found["version"], title="改")).status_code == status, who
    answer = await changed("grid", found["version"], words="请带抽水泵", department_ids=units)
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (after["words"], after["department_ids"], after["title"]) == ("请带抽水泵", units, found["title"])
    assert (await changed("grid", found["version"], title="改")).status_code == 412
    assert (await changed("grid", after["version"], department_ids=[str(world.units["society"])])).status_code == 422
    assert (await changed("grid", after["version"], department_ids=[])).status_code == 422
    assert any("已修改，请重新查看" in text for text in await told(world, app, "community"))
    approved = await step(world, "community", found, "approve")
    assert (await changed("grid", approved["version"], title="改")).status_code == 409
    await step(world, "grid", found, "blow")
    assert [call["organization_id"] for call in await calls(world, whistle_id=found["id"])] == units
    assert await broken_histories(owner, world.district_id) == []


async def test_with_its_order_a_whistle_ends(world: World, app: FastAPI, owner: Database) -> None:
    """A draft lapses, an approved one too; a call that is out is cancelled and its department told; what is acted on is rated."""
    order = await only_order(world, await accepted_need(world))
    type_id = await kind(owner, world)
    drafts = [await draft(world, type_id, order_id=order["id"]) for _ in range(4)]
    for one in drafts[1:]:
        await step(world, "community", one, "approve")
    for one in drafts[2:]:
        await step(world, "grid", one, "blow")
    done = await call_of(world, drafts[3])
    await acted(world, "department", done)
    await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/withdraw", json={})
    after = [await world.ok("grid", "GET", f"{WHISTLES}/{one['id']}") for one in drafts]
    assert [one["state"] for one in after] == ["lapsed", "lapsed", "cancelled", "acted"]
    assert after[2]["cancel_reason"] == "所附工单已结束"
    off = await call_of(world, drafts[2])
    assert (off["state"], {clock["stopped_at"] is None for clock in off["clocks"]}) == ("cancelled", {False})
    await do(world, "grid", done, "rate", rating=5)
    assert sum("所附的工单已结束" in text for text in await told(world, app, "grid")) == 3
    assert any("一次吹哨已取消" in text for text in await told(world, app, "department"))
    assert await broken_histories(owner, world.district_id) == []
