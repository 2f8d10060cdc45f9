"""How a series ends: by hand, or by the clock once nothing of it is to come; and how that frees the project it was held for."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.workers import clocks
from tests import activities
from tests.activities import step
from tests.profiles import tag_of
from tests.projects import deliver, running, try_to
from tests.routers.test_activities import change, told
from tests.routers.test_activity_series import act, begun, day, made
from tests.routers.test_activity_series_venues import again
from tests.routers.test_project_activities import DELIVERY
from tests.services.histories import broken_histories
from tests.worlds import World


async def tick(app: FastAPI, world: World, ahead: float) -> None:
    """The clock, so many days from now, at a time of day when no class is under way."""
    night = now().astimezone(CHINA).replace(hour=1, minute=0) + timedelta(days=ahead)
    with activities.at(night):
        await clocks.tick(app.state.database, world.district_id)


async def held(world: World, activity: Any) -> None:
    begin = activities.begins(activity)
    with activities.at(begin):
        await step(world, "community", activity, "start")
    with activities.at(begin + timedelta(hours=2)):
        await step(world, "community", activity, "conclude", report="很好", evidence={"photo": "相册"})


async def test_the_clock_ends_what_has_come_to_its_end(world: World, app: FastAPI, owner: Database) -> None:
    series = await begun(world, rule="FREQ=WEEKLY;COUNT=2", responsible_id=str(world.people["member3"]))
    first, second = await made(world, series)
    await step(world, "community", first, "cancel", reason="大雨")
    await tick(app, world, 8)
    assert (await again(world, series))["state"] == "running", "one is still to come"
    await held(world, second)
    await tick(app, world, 9)
    assert (await again(world, series))["state"] == "running", "the day is not over"
    await tick(app, world, 10)
    assert ((await again(world, series))["state"], len(await made(world, series))) == ("ended", 2)
    assert "系列活动“书法班”已结束" in await told(world, app, "member3")
    await tick(app, world, 11)
    assert await broken_histories(owner, world.district_id) == []


async def test_one_that_was_put_off_or_has_no_report_is_waited_for(world: World, app: FastAPI) -> None:
    series = await begun(world, rule="FREQ=WEEKLY;COUNT=1")
    (only,) = await made(world, series)
    later = activities.begins(only) + timedelta(days=7)
    times = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=1)).isoformat()}
    await change(world, "community", only, **times)
    await tick(app, world, 5)
    assert (await again(world, series))["state"] == "running", "its day is over, its only class is not"
    with activities.at(later):
        await step(world, "community", only, "start")
    await tick(app, world, 15)
    assert (await again(world, series))["state"] == "running", "the report is missing"
    with activities.at(later + timedelta(days=9)):
        await step(world, "community", only, "conclude", report="很好", evidence={"photo": "相册"})
    await tick(app, world, 20)
    assert (await again(world, series))["state"] == "ended"


async def test_a_rule_without_an_end_goes_on_whatever_is_cancelled(world: World, app: FastAPI) -> None:
    series = await begun(world)
    for row in await made(world, series):
        await step(world, "community", row, "cancel", reason="放假")
    await tick(app, world, 60)
    assert (await again(world, series))["state"] == "running"
    assert len(await made(world, series)) > 8


async def test_a_project_is_delivered_after_its_series_came_to_its_end(world: World, app: FastAPI) -> None:
    project = await running(world)
    more = {"project_id": project["id"], "rule": "FREQ=WEEKLY;COUNT=1", "starts_on": day(1).isoformat()}
    series = await begun(world, **more)
    (only,) = await made(world, series)
    await held(world, only)
    answer = await try_to(world, "liaison", project, "deliver", **DELIVERY)
    assert (answer.status_code, answer.json()["series_ids"]) == (409, [series["id"]])
    assert "请先结束这些系列" in answer.json()["detail"]
    await tick(app, world, 3)
    assert (await deliver(world, project))["state"] == "delivered"


async def test_by_hand_it_ends_at_once_and_its_project_is_free(world: World) -> None:
    project = await running(world)
    series = await begun(world, "liaison", project_id=project["id"], rule="FREQ=WEEKLY;COUNT=3")
    answer = await try_to(world, "liaison", project, "deliver", **DELIVERY)
    assert answer.json()["series_ids"] == [series["id"]], "also one that is not listed yet"
    assert "end" in (await again(world, series))["actions"]
    assert (await act(world, "liaison", series, "end", reason="项目完成"))["state"] == "ended"
    assert (await deliver(world, project))["state"] == "delivered"


async def test_a_kind_of_service_that_is_retired_serves_what_is_under_way(world: World, app: FastAPI) -> None:
    series = await begun(world)
    listing = await world.ok("district", "GET", "/v1/categories", params={"limit": 100})
    found = next(item for item in listing["items"] if item["code"] == "culture")
    path = f"/v1/categories/{found['id']}"
    headers = await tag_of(world, "district", path)
    await world.ok("district", "PATCH", path, json={"retired": True}, headers=headers)
    await tick(app, world, 8)
    assert len(await made(world, series)) == 9
