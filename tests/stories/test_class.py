"""A weekly class: regulars and a waiting list, a substitute for one evening, the code at the door, helpers' hours confirmed."""

from datetime import timedelta
from typing import Any

import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.workers import clocks, relay
from tests import activities
from tests.activities import do, read, step
from tests.services.histories import broken_histories
from tests.worlds import World


async def test_a_weekly_class(world: World, app: FastAPI, owner: Database) -> None:
    series = await listed_class(world)
    for who, role in (("resident1", "学员"), ("resident2", "学员"), ("volunteer2", "学员"), ("member1", "助教")):
        await world.ok(who, "POST", f"/v1/activity-series/{series['id']}/join", json={"role_name": role})
    listed = await world.ok("resident1", "GET", "/v1/activities", params={"mine": True})
    first, second, *rest = listed["items"]
    assert len(rest) == 4
    await before_the_evening(world, app, first, second)
    await the_evening(world, app, first)
    assert (await mine(world, "member1", second))["state"] == "confirmed", "the regular is back next week"
    assert await broken_histories(owner, world.district_id) == []


async def mine(world: World, who: str, activity: Any) -> Any:
    query = {"activity_id": activity["id"], "mine": True}
    return (await world.ok(who, "GET", "/v1/sign-ups", params=query))["items"][0]


async def listed_class(world: World) -> Any:
    """Drawn up by the unit, listed by the community: six evenings, two pupils and a helper each."""
    tomorrow = now().astimezone(CHINA).date() + timedelta(days=1)
    form = {
        "title": "书法班",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "venue": "党群服务中心二楼",
        "rule": "FREQ=WEEKLY;COUNT=6",
        "starts_on": tomorrow.isoformat(),
        "start_minute": 19 * 60,
        "minutes": 90,
        "roles": [
            {"name": "学员", "kind": "participant", "places": 2},
            {"name": "助教", "kind": "helper", "places": 1},
        ],
    }
    series = await world.ok("liaison", "POST", "/v1/activity-series", json=form)
    await world.ok("community", "POST", f"/v1/activity-series/{series['id']}/publish", json={})
    return series


async def before_the_evening(world: World, app: FastAPI, first: Any, second: Any) -> None:
    """One cannot come and somebody moves up; the helper cannot come and somebody stands in."""
    assert (await mine(world, "volunteer2", first))["position"] == 1
    await do(world, "resident2", await mine(world, "resident2", first), "cancel", words="出差")
    assert (await mine(world, "volunteer2", first))["state"] == "confirmed"
    assert (await mine(world, "volunteer2", second))["state"] == "waiting", "one evening's place, not the series'"
    await do(world, "member1", await mine(world, "member1", first), "hand-over")
    await do(world, "member2", await mine(world, "member2", first), "accept")
    await relay.relay_district(app.state.database, world.district_id)
    for who, words in (("volunteer2", "有名额了"), ("member2", "代为参加"), ("member1", "已由他人代替")):
        texts = [item["text"] for item in (await world.ok(who, "GET", "/v1/notices"))["items"]]
        assert any(words in text for text in texts), (who, texts)


async def the_evening(world: World, app: FastAPI, first: Any) -> None:
    """The code at the door, in and out; the report, the hours, the rating."""
    database = app.state.database
    with time_machine.travel(activities.begins(first), tick=False) as clock:
        await clocks.tick(database, world.district_id)
        assert (await read(world, first))["state"] == "held"
        code = (await world.ok("liaison", "GET", f"/v1/activities/{first['id']}/check-in-code"))["code"]
        for who in ("resident1", "volunteer2", "member2"):
            await do(world, who, await mine(world, who, first), "check-in", code=code)
        clock.shift(timedelta(minutes=90))
        code = (await world.ok("liaison", "GET", f"/v1/activities/{first['id']}/check-in-code"))["code"]
        await do(world, "member2", await mine(world, "member2", first), "check-out", code=code)
        await step(world, "liaison", first, "conclude", report="三人到场", evidence={"photo": "相册一"})
        (hour,) = (await world.ok("community", "GET", "/v1/hours", params={"activity_id": first["id"]}))["items"]
        await world.ok("community", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
        assert (await world.ok("member2", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 90
        assert (await world.ok("member1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 0
        await do(world, "resident1", await mine(world, "resident1", first), "rate", rating=5)
        seen = await read(world, first, "resident1")
        assert (seen["attended"], seen["rating_mean"], seen["helper_minutes"]) == (3, None, 90), "one voice has no mean"
