"""Checking in by code, by place and by the organizer; helpers' hours; what is forgotten; the end and how it was."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import now
from app.core.db import Database
from app.workers import clocks
from tests import activities
from tests.activities import HELPERS, PARTICIPANTS, again, do, opened, read, signed_up, status_of, step, try_sign_up
from tests.routers.test_activities import told
from tests.services.histories import broken_histories
from tests.stories.steps import AT_HOME, act, taken
from tests.worlds import World

FAR = {"lon": 111.9, "lat": 40.9, "datum": "wgs84"}


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stands until it is moved: a code is good for its own minute and the next."""
    with time_machine.travel((now() + timedelta(minutes=1)).replace(second=0, microsecond=0), tick=False) as moved:
        yield moved


async def begun(world: World, clock: Any, *who: tuple[str, str], **more: Any) -> tuple[Any, list[Any]]:
    """An activity that is being held, with these people signed up, each as participant or helper."""
    activity = await opened(world, days=1, **more)
    rows = [await signed_up(world, person, activity, kind) for person, kind in who]
    clock.move_to(activities.begins(activity))
    return await step(world, "community", activity, "start"), rows


async def shown_code(world: World, activity: Any, who: str = "community") -> Any:
    return (await world.ok(who, "GET", f"/v1/activities/{activity['id']}/check-in-code"))["code"]


async def test_the_code_changes_and_an_old_one_is_refused(world: World, clock: Any, other_world: World) -> None:
    activity, (mine,) = await begun(world, clock, ("resident1", "participant"))
    path = f"/v1/activities/{activity['id']}/check-in-code"
    assert (await world.call("resident1", "GET", path)).status_code == 403
    scanned = await shown_code(world, activity)
    clock.shift(timedelta(minutes=2))
    assert await status_of(world, "resident1", mine, "check-in", code=scanned) == 422, "replayed outside its minutes"
    assert await status_of(world, "resident1", mine, "check-in", code=scanned[:-2] + "xx") == 422
    turn, _, proof = (await shown_code(world, activity)).partition(".")
    assert await status_of(world, "resident1", mine, "check-in", code=f"{int(turn) + 1}.{proof}") == 422
    other = await opened(world, days=1)
    clock.shift(timedelta(days=1))
    await step(world, "community", other, "start")
    assert await status_of(world, "resident1", mine, "check-in", code=await shown_code(world, other)) in {409, 422}
    clock.shift(timedelta(days=-1))
    fresh = await shown_code(world, activity)
    clock.shift(timedelta(seconds=90))
    row = await do(world, "resident1", mine, "check-in", code=fresh)
    assert (row["state"], row["check_in_method"]) == ("checked_in", "qr")


async def test_by_place_or_witnessed_and_never_by_oneself(world: World, clock: Any) -> None:
    _, (one, other) = await begun(world, clock, ("resident1", "participant"), ("resident2", "participant"))
    assert await status_of(world, "resident1", one, "check-in") == 422
    assert await status_of(world, "resident1", one, "check-in", position=FAR) == 422
    assert await status_of(world, "community", one, "check-in", position=AT_HOME) == 422, "somebody else's position"
    assert (await do(world, "resident1", one, "check-in", position=AT_HOME))["check_in_method"] == "position"
    assert (await do(world, "grid", other, "check-in"))["check_in_method"] == "organizer"
    assert await status_of(world, "resident2", one, "check-out") == 404


async def test_helpers_have_hours_and_participants_attendance(world: World, clock: Any, owner: Database) -> None:
    activity, (guest, helper) = await begun(world, clock, ("resident1", "participant"), ("member1", "helper"))
    code = await shown_code(world, activity)
    for who, row in (("resident1", guest), ("member1", helper)):
        await do(world, who, row, "check-in", code=code)
    clock.shift(timedelta(minutes=95))
    code = await shown_code(world, activity)
    for who, row in (("resident1", guest), ("member1", helper)):
        await do(world, who, row, "check-out", code=code)
    (hour,) = (await world.ok("community", "GET", "/v1/hours", params={"activity_id": activity["id"]}))["items"]
    assert (hour["minutes"], hour["source"], hour["status"]) == (95, "machine", "recorded")
    assert (hour["order_id"], hour["sign_up_id"]) == (None, helper["id"])
    assert (await world.call("member1", "POST", f"/v1/hours/{hour['id']}/confirm", json={})).status_code == 403
    await world.ok("grid", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
    assert (await world.ok("member1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 95
    assert (await world.ok("resident1", "GET", "/v1/hours/balance"))["recorded_minutes"] == 0
    seen = await read(world, activity)
    assert (seen["attended"], seen["helper_minutes"]) == (2, 95)
    undone = await world.ok("subdistrict", "POST", f"/v1/hours/{hour['id']}/reverse", json={"reason": "重复"})
    assert undone["status"] == "reversed"
    assert (await read(world, activity))["helper_minutes"] == 0
    assert await broken_histories(owner, world.district_id) == []


async def test_nobody_serves_in_two_places(world: World, clock: Any) -> None:
    order = await taken(world)
    _, (helper,) = await begun(world, clock, ("member1", "helper"))
    await act(world, "member1", order, "start", position=AT_HOME)
    assert await status_of(world, "member1", helper, "check-in", position=AT_HOME) == 409
    clock.shift(timedelta(minutes=10))
    (held,) = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"]
    await world.ok("member1", "POST", f"/v1/assignments/{held['id']}/check-out", json={})
    await do(world, "member1", helper, "check-in", position=AT_HOME)
    again_there = {"position": AT_HOME}
    path = f"/v1/assignments/{held['id']}/check-in"
    assert (await world.call("member1", "POST", path, json=again_there)).status_code == 409


async def test_a_forgotten_check_out_has_no_minutes_until_it_is_proven(world: World, clock: Any, app: FastAPI) -> None:
    activity, (helper, guest) = await begun(world, clock, ("member1", "helper"), ("resident1", "participant"))
    await do(world, "community", helper, "check-in")
    start, database = now(), app.state.database
    clock.shift(timedelta(hours=3, minutes=59))
    await clocks.tick(database, world.district_id)
    assert (await again(world, helper))["state"] == "checked_in"
    clock.shift(timedelta(minutes=2))
    await clocks.tick(database, world.district_id)
    assert (await again(world, helper))["state"] == "checked_out"
    assert (await world.ok("member1", "GET", "/v1/hours"))["items"] == []
    assert any("未记录" in text for text in await told(world, app, "member1"))
    form = {
        "activity_id": activity["id"],
        "person_id": str(world.people["member1"]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=2)).isoformat(),
        "evidence": "签到表照片",
    }
    stranger = form | {"person_id": str(world.people["resident1"])}
    assert (await world.call("grid", "POST", "/v1/hours", json=stranger)).status_code == 404, "a participant"
    assert (await world.call("grid", "POST", "/v1/hours", json=form | {"order_id": activity["id"]})).status_code == 422
    hour = await world.ok("grid", "POST", "/v1/hours", json=form)
    assert (await world.call("grid", "POST", "/v1/hours", json=form)).status_code == 409, "the same time twice"
    assert (await world.call("grid", "POST", f"/v1/hours/{hour['id']}/confirm", json={})).status_code == 403
    await world.ok("community", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
    assert guest["state"] == "confirmed"


async def test_what_is_no_volunteering_has_no_hours(world: World, clock: Any) -> None:
    activity, (helper,) = await begun(world, clock, ("member1", "helper"), category="mediation")
    assert not activity["volunteering"]
    await do(world, "community", helper, "check-in")
    clock.shift(timedelta(minutes=30))
    await do(world, "community", helper, "check-out")
    assert (await world.ok("member1", "GET", "/v1/hours"))["items"] == []


async def test_it_ends_with_a_report_and_is_rated_once(world: World, clock: Any, app: FastAPI) -> None:
    activity, rows = await begun(
        world, clock, ("resident1", "participant"), ("resident2", "participant"), ("member1", "helper")
    )
    guest, absent, helper = rows
    await do(world, "community", guest, "check-in")
    await do(world, "community", helper, "check-in")
    path = f"/v1/activities/{activity['id']}/conclude"
    form = {"report": "到场二人，秩序良好", "evidence": {"photo": "相册 17"}}
    assert (await world.call("community", "POST", path, json=form)).status_code == 409, "a helper is still serving"
    clock.shift(timedelta(hours=1))
    await do(world, "community", helper, "check-out")
    assert await status_of(world, "resident1", guest, "rate", rating=5) == 409, "still there"
    await world.ok("community", "POST", path, json=form)
    assert (await again(world, guest))["state"] == "checked_out"
    assert (await again(world, absent))["state"] == "excused"
    assert any("请评价" in text for text in await told(world, app, "resident1"))
    await do(world, "resident1", guest, "rate", rating=4, words="老师很好")
    await do(world, "member1", helper, "rate", rating=5)
    assert await status_of(world, "resident1", guest, "rate", rating=1) == 409
    assert await status_of(world, "community", guest, "rate", rating=5) == 403
    seen = await read(world, activity, "resident1")
    assert (seen["state"], seen["ratings"], seen["rating_mean"], seen["attended"]) == ("concluded", 2, None, 2)
    assert (seen["report"], seen["evidence"]) == (form["report"], None)


async def test_the_mean_is_shown_once_it_tells_nobodys_voice(world: World, clock: Any) -> None:
    people = ("resident1", "resident2", "member1", "member2", "member3")
    guests = [(who, "participant") for who in people]
    activity, rows = await begun(world, clock, *guests, roles=[PARTICIPANTS | {"places": 5}])
    for row in rows:
        await do(world, "community", row, "check-in")
    clock.shift(timedelta(hours=1))
    for row in rows:
        await do(world, "community", row, "check-out")
    means = []
    for who, row, rating in zip(people, rows, (5, 4, 5, 4, 1), strict=True):
        await do(world, who, row, "rate", rating=rating)
        means.append((await read(world, activity, "resident1"))["rating_mean"])
    assert means == [None] * 4 + [3.8]


async def test_walk_ins_and_who_did_not_come(world: World, clock: Any) -> None:
    activity, (mine,) = await begun(
        world, clock, ("resident1", "participant"), roles=[PARTICIPANTS | {"places": 1}, HELPERS]
    )
    form = {"person_id": str(world.people["resident2"])}
    assert (await try_sign_up(world, "community", activity, **form)).status_code == 409, "full, and nothing to wait for"
    clock.shift(timedelta(minutes=1))
    missed = await do(world, "community", mine, "miss", words="电话不接")
    assert missed["state"] == "no_show"
    assert (await signed_up(world, "community", activity, **form))["state"] == "confirmed"
    clock.shift(timedelta(hours=2))
    assert (await try_sign_up(world, "community", activity, **form)).status_code == 409
