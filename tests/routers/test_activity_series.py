"""Series: made ahead once each, with regulars; changed from a day on, one cancelled, one stood in for, ended."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.workers import clocks
from tests import activities
from tests.activities import do, step
from tests.routers.test_activities import told
from tests.services.histories import broken_histories
from tests.worlds import World

PUPILS = {"name": "学员", "kind": "participant", "places": 2}
AIDES = {"name": "助教", "kind": "helper", "places": 1}


def day(ahead: int) -> date:
    return now().astimezone(CHINA).date() + timedelta(days=ahead)


async def begun(world: World, who: str = "community", **more: Any) -> Any:
    form = {
        "title": "书法班",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "rule": "FREQ=WEEKLY",
        "starts_on": day(2).isoformat(),
        "start_minute": 15 * 60,
        "minutes": 90,
        "roles": [PUPILS, AIDES],
    }
    return await world.ok(who, "POST", "/v1/activity-series", json=form | more)


async def act(world: World, who: str, series: Any, action: str, **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/activity-series/{series['id']}/{action}", json=form)


async def made(world: World, series: Any, **params: Any) -> list[Any]:
    params |= {"series_id": series["id"], "limit": 100}
    return list((await world.ok("community", "GET", "/v1/activities", params=params))["items"])


async def mine(world: World, who: str, activity: Any) -> Any:
    params = {"activity_id": activity["id"], "mine": True}
    return (await world.ok(who, "GET", "/v1/sign-ups", params=params))["items"][0]


async def test_eight_weeks_are_made_each_once(world: World, app: FastAPI, owner: Database) -> None:
    series = await begun(world)
    first = await made(world, series)
    assert [a["series_on"] for a in first] == [day(2 + 7 * week).isoformat() for week in range(8)]
    starts = datetime.fromisoformat(first[0]["starts_at"]).astimezone(CHINA)
    assert (starts.hour, starts.minute, first[0]["state"]) == (15, 0, "open")
    await step(world, "community", first[1], "cancel", reason="场地检修")
    with activities.at(now() + timedelta(days=8)):
        for _ in range(2):
            await clocks.tick(app.state.database, world.district_id)
        later = await made(world, series)
    assert [a["series_on"] for a in later] == [day(2 + 7 * week).isoformat() for week in range(9)]
    assert later[1]["state"] == "cancelled", "what was cancelled is not made again"
    assert await broken_histories(owner, world.district_id) == []


async def test_regulars_come_to_each_in_the_order_they_joined(world: World, app: FastAPI, owner: Database) -> None:
    series = await begun(world)
    for who in ("resident1", "resident2", "member1"):
        assert str(world.people[who]) in (await act(world, who, series, "join", role_name="学员"))["joined"]
    path = f"/v1/activity-series/{series['id']}/join"
    assert (await world.call("resident1", "POST", path, json={"role_name": "学员"})).status_code == 409
    assert (await world.call("resident1", "POST", path, json={"role_name": "校长"})).status_code == 422
    assert (await world.call("resident1", "POST", path, json={"role_name": "助教"})).status_code == 422, "no helper"
    rows = await made(world, series)
    assert {(a["roles"][0]["taken"], a["roles"][0]["waiting"]) for a in rows} == {(2, 1)}
    with activities.at(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
        newest = (await made(world, series))[-1]
        assert (await mine(world, "member1", newest))["position"] == 1
        assert any("已为您报名活动" in text for text in await told(world, app, "resident1"))
        await act(world, "resident1", series, "leave")
        assert (await mine(world, "member1", newest))["state"] == "confirmed", "the place passed on"
        assert (await mine(world, "resident1", newest))["state"] == "cancelled_early"
    assert await broken_histories(owner, world.district_id) == []


async def test_somebody_stands_in_for_one_and_the_regular_keeps_the_rest(world: World) -> None:
    series = await begun(world)
    await act(world, "member1", series, "join", role_name="助教")
    first, second, *_ = await made(world, series)
    ask = {"person_id": str(world.people["member2"])}
    await do(world, "member1", await mine(world, "member1", first), "hand-over", **ask)
    await do(world, "member2", await mine(world, "member2", first), "accept")
    assert (await mine(world, "member1", first))["state"] == "substituted"
    assert (await mine(world, "member1", second))["state"] == "confirmed"


async def test_this_and_the_following(world: World, app: FastAPI) -> None:
    series = await begun(world, rule="FREQ=WEEKLY;COUNT=4")
    await act(world, "resident1", series, "join", role_name="学员")
    _, second, third, _ = await made(world, series)
    form = {"from_on": second["series_on"], "start_minute": 9 * 60, "title": "书画班"}
    await act(world, "community", series, "change", **form)
    rows = await made(world, series)
    assert [a["title"] for a in rows] == ["书法班", "书画班", "书画班", "书画班"]
    hours = [datetime.fromisoformat(a["starts_at"]).astimezone(CHINA).hour for a in rows]
    assert hours == [15, 9, 9, 9]
    assert sum("时间或地点有变" in text for text in await told(world, app, "resident1")) == 3
    moved = date.fromisoformat(third["series_on"]) + timedelta(days=1)
    await act(world, "community", series, "change", from_on=moved.isoformat(), rule="FREQ=WEEKLY;COUNT=2")
    states = {a["series_on"]: a["state"] for a in await made(world, series)}
    assert states[third["series_on"]] == "open"
    assert states[moved.isoformat()] == "open"
    assert list(states.values()).count("cancelled") == 1
    assert (await mine(world, "resident1", (await made(world, series))[-1]))["state"] == "confirmed"


async def test_a_units_series_is_listed_by_the_community(world: World, app: FastAPI) -> None:
    series = await begun(world, "liaison")
    assert (series["state"], await made(world, series)) == ("proposed", [])
    assert "有单位提请发布系列活动“书法班”" in await told(world, app, "community")
    path = f"/v1/activity-series/{series['id']}"
    assert (await world.call("resident1", "GET", path)).status_code == 404
    await act(world, "community", series, "publish", audience="district")
    assert len(await made(world, series)) == 8
    seen = await world.ok("resident1", "GET", path)
    assert (seen["audience"], seen["responsible_id"], seen["actions"]) == ("district", None, [])
    listed = (await world.ok("resident1", "GET", "/v1/activity-series"))["items"]
    assert [item["id"] for item in listed] == [series["id"]]
    assert (await world.ok("resident1", "GET", "/v1/activity-series", params={"mine": True}))["items"] == []


async def test_the_end(world: World, app: FastAPI) -> None:
    series = await begun(world)
    await act(world, "resident1", series, "join", role_name="学员")
    await act(world, "community", series, "end", reason="老师调离")
    assert {a["state"] for a in await made(world, series)} == {"cancelled"}
    assert any("老师调离" in text for text in await told(world, app, "resident1"))
    answer = await world.call(
        "resident2", "POST", f"/v1/activity-series/{series['id']}/join", json={"role_name": "学员"}
    )
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=WEEKLY;UNTIL=20200101"}, "rule"),
        ({"minutes": 5000}, None),
        ({"category": "nothing"}, "category"),
        ({"roles": [PUPILS, PUPILS]}, "roles"),
    ],
)
async def test_what_cannot_be_is_refused(world: World, form: dict[str, Any], field: str | None) -> None:
    whole = {
        "title": "书法班",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "rule": "FREQ=WEEKLY",
        "starts_on": day(2).isoformat(),
        "start_minute": 0,
        "minutes": 60,
        "roles": [PUPILS],
    } | form
    answer = await world.call("community", "POST", "/v1/activity-series", json=whole)
    assert (answer.status_code, answer.json().get("field")) == (422, field)
