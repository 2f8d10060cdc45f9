"""Insurance of an activity's helpers: as on orders, nobody is taken or begins before the policy covers the day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import CHINA, now
from app.core.db import Database
from app.workers import clocks
from tests import activities
from tests.activities import HELPERS, PARTICIPANTS, again, do, opened, read, signed_up, step, try_sign_up
from tests.routers.test_activities import change
from tests.routers.test_activity_series import AIDES, PUPILS, act, begun, day, made, mine
from tests.services.histories import broken_histories
from tests.worlds import World

RISKY = {"category": "repair.electric"}
"""A category that asks for insurance."""


def policy(until: date) -> dict[str, str]:
    return {"insurer": "人保财险", "policy_number": "PA-2026-001", "insured_until": until.isoformat()}


def day_of(activity: Any) -> date:
    """The last one, which a policy must cover."""
    return datetime.fromisoformat(activity["ends_at"]).astimezone(CHINA).date()


async def insure(world: World, who: str, activity: Any, until: date) -> Any:
    path = f"/v1/activities/{activity['id']}/insure"
    return await world.call(who, "POST", path, json=policy(until))


async def test_helpers_sign_up_once_they_are_insured(world: World, owner: Database) -> None:
    activity = await opened(world, "liaison", **RISKY)
    assert (activity["insured"], activity["insured_until"]) == (True, None)
    await signed_up(world, "resident1", activity)
    refused = await try_sign_up(world, "member1", activity, "helper")
    assert (refused.status_code, "投保" in refused.json()["detail"]) == (409, True)
    for who, status in (("resident1", 403), ("manager", 403), ("sibling_grid", 404)):
        assert (await insure(world, who, activity, day_of(activity))).status_code == status, who
    stale = await insure(world, "liaison", activity, day_of(activity) - timedelta(days=1))
    assert (stale.status_code, stale.json()["field"]) == (422, "insured_until")
    insured = (await insure(world, "liaison", activity, day_of(activity))).json()
    assert insured["insured_until"] == day_of(activity).isoformat()
    seen = await read(world, activity, "resident1")
    assert (seen["insurer"], seen["policy_number"]) == ("人保财险", None)
    assert (await signed_up(world, "member1", activity, "helper"))["state"] == "confirmed"
    assert await broken_histories(owner, world.district_id) == []


async def test_no_insurance_is_recorded_where_none_is_asked_or_nothing_is_to_come(world: World) -> None:
    plain = await opened(world)
    assert (plain["insured"], (await insure(world, "community", plain, day_of(plain))).status_code) == (False, 422)
    assert (await signed_up(world, "member1", plain, "helper"))["state"] == "confirmed"
    over = await opened(world, **RISKY)
    await step(world, "community", over, "cancel", reason="大雨")
    assert (await insure(world, "community", over, day_of(over))).status_code == 409


async def test_whoever_waits_moves_up_only_while_insured(world: World) -> None:
    activity = await opened(world, **RISKY)
    await insure(world, "community", activity, day_of(activity))
    first = await signed_up(world, "member1", activity, "helper")
    second = await signed_up(world, "member2", activity, "helper")
    assert second["state"] == "waiting"
    later = activities.begins(activity) + timedelta(days=2)
    times = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=2)).isoformat()}
    moved = await change(world, "community", activity, **times)
    await do(world, "member1", first, "cancel")
    assert (await again(world, second))["state"] == "waiting", "the policy ends before the day"
    await insure(world, "community", activity, day_of(moved))
    assert (await again(world, second))["state"] == "confirmed"


@pytest.mark.parametrize("who", ["member1", "community"])
async def test_nobody_begins_uninsured(world: World, owner: Database, who: str) -> None:
    activity = await opened(world, days=0.01, **RISKY)
    await insure(world, "community", activity, day_of(activity) + timedelta(days=1))
    helper = await signed_up(world, "member1", activity, "helper")
    await step(world, "community", activity, "start")
    async with owner.transaction(world.district_id) as session:
        await session.execute(text("UPDATE activities SET insured_until = insured_until - 9"))
    code = await world.ok("community", "GET", f"/v1/activities/{activity['id']}/check-in-code")
    said = {"code": code["code"]} if who == "member1" else {}
    assert await activities.status_of(world, who, helper, "check-in", **said) == 409
    await insure(world, "community", activity, day_of(activity) + timedelta(days=1))
    assert await activities.status_of(world, who, helper, "check-in", **said) == 200


async def test_a_place_is_passed_on_only_while_insured(world: World, owner: Database) -> None:
    activity = await opened(world, **RISKY)
    await insure(world, "community", activity, day_of(activity))
    helper = await signed_up(world, "member1", activity, "helper")
    ask = {"person_id": str(world.people["member2"])}
    lapse = "UPDATE activities SET insured_until = insured_until - 9"
    renew = "UPDATE activities SET insured_until = insured_until + 9"
    async with owner.transaction(world.district_id) as session:
        await session.execute(text(lapse))
    assert await activities.status_of(world, "member1", helper, "hand-over", **ask) == 409
    async with owner.transaction(world.district_id) as session:
        await session.execute(text(renew))
    await do(world, "member1", helper, "hand-over", **ask)
    params = {"activity_id": activity["id"], "mine": True}
    (asked,) = (await world.ok("member2", "GET", "/v1/sign-ups", params=params))["items"]
    async with owner.transaction(world.district_id) as session:
        await session.execute(text(lapse))
    assert await activities.status_of(world, "member2", asked, "accept") == 409
    await insure(world, "community", activity, day_of(activity))
    await do(world, "member2", asked, "accept")


async def test_the_door_gives_no_place_to_the_uninsured(world: World, owner: Database) -> None:
    roles = [PARTICIPANTS, HELPERS]
    activity = await opened(world, days=0.06, roles=roles, **RISKY)
    await insure(world, "community", activity, day_of(activity) + timedelta(days=1))
    first = await signed_up(world, "member1", activity, "helper")
    second = await signed_up(world, "member2", activity, "helper")
    await do(world, "member1", first, "cancel")
    async with owner.transaction(world.district_id) as session:
        await session.execute(text("UPDATE activities SET insured_until = insured_until - 9"))
    assert await activities.status_of(world, "community", second, "promote") == 409
    await insure(world, "community", activity, day_of(activity) + timedelta(days=1))
    await do(world, "community", second, "promote")


async def test_one_policy_covers_a_series_and_its_regulars_move_up(world: World, app: FastAPI) -> None:
    series = await begun(world, roles=[PUPILS, AIDES], **RISKY)
    await act(world, "member1", series, "join", role_name="助教")
    rows = await made(world, series)
    assert {(await mine(world, "member1", row))["state"] for row in rows} == {"waiting"}
    path = f"/v1/activity-series/{series['id']}/insure"
    until = policy(day(2 + 7 * 3))
    for who, status in (("resident1", 403), ("sibling_grid", 404), ("community", 200)):
        assert (await world.call(who, "POST", path, json=until)).status_code == status, who
    states = [(await mine(world, "member1", row))["state"] for row in rows]
    assert states == ["confirmed"] * 4 + ["waiting"] * 4
    await world.ok("community", "POST", path, json=policy(day(400)))
    with activities.at(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
        rows = await made(world, series)
        assert {(await mine(world, "member1", row))["state"] for row in rows[1:]} == {"confirmed"}
        assert {row["insured_until"] for row in rows[-1:]} == {day(400 - 8).isoformat()}
    plain = await begun(world)
    there = f"/v1/activity-series/{plain['id']}/insure"
    assert (await world.call("community", "POST", there, json=until)).status_code == 422
    await act(world, "community", series, "end", reason="停办")
    assert (await world.call("community", "POST", path, json=policy(day(400)))).status_code == 409
