"""Activities: who draws them up, who lists them, who sees which; changed, cancelled, reminded of."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import now
from app.core.db import Database
from app.workers import clocks, relay
from tests import activities
from tests.activities import HELPERS, PARTICIPANTS, drafted, opened, read, signed_up, step
from tests.profiles import tag_of
from tests.services.histories import broken_histories
from tests.worlds import World


async def told(world: World, app: FastAPI, who: str) -> list[str]:
    await relay.relay_district(app.state.database, world.district_id)
    return [item["text"] for item in (await world.ok(who, "GET", "/v1/notices"))["items"]]


async def change(world: World, who: str, activity: Any, **form: Any) -> Any:
    path = f"/v1/activities/{activity['id']}"
    return await world.ok(who, "PATCH", path, json=form, headers=await tag_of(world, who, path))


async def test_a_unit_draws_up_and_the_community_lists(world: World, app: FastAPI) -> None:
    made = await drafted(world, "liaison")
    assert made["organization_id"] == str(world.units["unit"])
    path = f"/v1/activities/{made['id']}"
    assert (await world.call("resident1", "GET", path)).status_code == 404
    assert (await world.call("manager", "GET", path)).status_code == 404, "another unit's draft"
    assert (await world.call("liaison", "POST", f"{path}/publish", json={})).status_code == 403
    await step(world, "liaison", made, "propose")
    assert "有单位提请发布活动“书法课”" in await told(world, app, "community")
    await step(world, "community", made, "send-back", words="请写明安全预案")
    assert (await read(world, made, "liaison"))["words"] == "请写明安全预案"
    await step(world, "liaison", made, "propose")
    await step(world, "community", made, "publish")
    seen = await read(world, made, "resident1")
    assert (seen["responsible_id"], seen["words"], seen["evidence"]) == (None, None, None)
    assert [role["left"] for role in seen["roles"]] == [2, 1]
    assert seen["actions"] == []
    assert (await world.call("resident1", "POST", f"{path}/close", json={})).status_code == 403


async def test_who_sees_which(world: World, other_world: World) -> None:
    here, everywhere = await opened(world), await opened(world, audience="district")
    own = await opened(world, "liaison", audience="unit")
    for activity, seers in ((here, {"resident1"}), (everywhere, {"resident1", "sibling_grid"}), (own, {"liaison"})):
        path = f"/v1/activities/{activity['id']}"
        for who in ("resident1", "sibling_grid", "nobody", "liaison", "manager"):
            expected = who in seers or (who in {"liaison", "manager"} and activity is not own)
            assert ((await world.call(who, "GET", path)).status_code == 200) == expected, (who, activity["audience"])
            listed = await world.call(who, "GET", "/v1/activities")
            if listed.status_code == 200:
                assert (activity["id"] in {item["id"] for item in listed.json()["items"]}) == expected
        missing = await other_world.call("district", "GET", path)
        assert missing.status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"ends_at": "2020-01-01T00:00:00+08:00"}, "ends_at"),
        ({"sign_up_until": "2099-01-01T00:00:00+08:00"}, "sign_up_until"),
        ({"sign_up_from": "2099-01-01T00:00:00+08:00"}, "sign_up_from"),
        ({"category": "nothing"}, "category"),
        ({"roles": [PARTICIPANTS, PARTICIPANTS]}, "roles"),
        ({"roles": [PARTICIPANTS | {"skill": "law"}]}, "roles"),
        ({"roles": [HELPERS | {"certified": True}]}, "roles"),
        ({"place_id": "home1"}, "place_id"),
    ],
)
async def test_what_cannot_be_is_refused(world: World, form: dict[str, Any], field: str) -> None:
    begins = now() + timedelta(days=3)
    whole = {
        "title": "书法课",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
        "roles": [PARTICIPANTS],
    } | form
    if whole["place_id"] in world.places:
        whole["place_id"] = str(world.places[whole["place_id"]])
    answer = await world.call("community", "POST", "/v1/activities", json=whole)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_place_and_a_unit_of_ones_own(world: World) -> None:
    elsewhere = {"place_id": str(world.places["sibling_compound"])}
    form = {"roles": [PARTICIPANTS], "starts_at": now().isoformat(), "ends_at": now().isoformat()}
    whole = {"title": "课", "category": "culture"} | form | elsewhere
    assert (await world.call("community", "POST", "/v1/activities", json=whole)).status_code == 403
    assert (await world.call("resident1", "POST", "/v1/activities", json=whole)).status_code == 403
    stranger = {"organization_id": str(world.units["society"])}
    begins = now() + timedelta(days=1)
    times = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=1)).isoformat()}
    mine = whole | times | {"place_id": str(world.places["compound"])} | stranger
    answer = await world.call("liaison", "POST", "/v1/activities", json=mine)
    assert (answer.status_code, answer.json()["field"]) == (422, "organization_id")
    assert (await world.ok("community", "POST", "/v1/activities", json=mine))["organization_id"] == mine[
        "organization_id"
    ]


async def test_the_list_goes_by_time_and_is_filtered(world: World) -> None:
    later, sooner = await opened(world, days=5), await opened(world, days=2)
    full = await opened(world, days=3, roles=[PARTICIPANTS | {"places": 1}])
    await signed_up(world, "resident2", full)
    listing = "/v1/activities"
    first = await world.ok("resident1", "GET", listing, params={"limit": 2})
    rest = await world.ok("resident1", "GET", listing, params={"limit": 2, "cursor": first["next_cursor"]})
    assert [a["id"] for a in first["items"] + rest["items"]] == [sooner["id"], full["id"], later["id"]]
    assert rest["next_cursor"] is None

    async def ids(who: str = "resident1", **params: Any) -> list[str]:
        return [a["id"] for a in (await world.ok(who, "GET", listing, params=params))["items"]]

    assert await ids(open=True) == [sooner["id"], later["id"]]
    assert await ids("resident2", mine=True) == [full["id"]]
    assert await ids(starts_from=full["starts_at"], starts_until=later["starts_at"]) == [full["id"]]
    assert await ids(category="errand") == []
    assert await ids(place_id=str(world.places["sibling_community"])) == []
    assert await ids(organization_id=str(world.units["unit"])) == []
    assert full["id"] in {a["id"] for a in (await world.ok("resident1", "GET", listing))["items"] if a["full"]}


async def test_who_signed_up_is_told_of_another_time_and_may_leave(world: World, app: FastAPI) -> None:
    activity = await opened(world, days=1)
    mine = await signed_up(world, "resident1", activity)
    sooner = now().replace(microsecond=0) + timedelta(hours=1)
    form = {"starts_at": sooner.isoformat(), "ends_at": (sooner + timedelta(hours=1)).isoformat()}
    moved = await change(world, "community", activity, **form)
    assert moved["sign_up_until"] == moved["starts_at"], "sign-up ran to the start, and still does"
    assert any("时间或地点有变" in text for text in await told(world, app, "resident1"))
    left = await activities.do(world, "resident1", mine, "cancel", words="时间不合适")
    assert left["state"] == "cancelled_early", "not late, though it begins in an hour"
    late = await signed_up(world, "resident1", activity)
    assert (await activities.do(world, "resident1", late, "cancel"))["state"] == "cancelled_late"


async def test_parts_change_as_far_as_people_allow(world: World) -> None:
    activity = await opened(world)
    for who in ("resident1", "resident2", "member1"):
        await signed_up(world, who, activity)
    participants, helpers = activity["roles"]
    small = [PARTICIPANTS | {"id": participants["id"], "places": 1}, HELPERS | {"id": helpers["id"]}]
    path = f"/v1/activities/{activity['id']}"
    tag = await tag_of(world, "community", path)
    assert (await world.call("community", "PATCH", path, json={"roles": small}, headers=tag)).status_code == 409
    alone = [HELPERS | {"id": helpers["id"]}]
    assert (await world.call("community", "PATCH", path, json={"roles": alone}, headers=tag)).status_code == 409
    cooks = {"name": "帮厨", "kind": "helper", "places": 2}
    large = [PARTICIPANTS | {"id": participants["id"], "places": 4}, cooks]
    changed = await change(world, "community", activity, roles=large)
    assert [(r["name"], r["places"], r["taken"], r["waiting"]) for r in changed["roles"]] == [
        ("参加者", 4, 3, 0),
        ("帮厨", 2, 0, 0),
    ], "whoever waited has moved up"
    assert (await world.call("community", "PATCH", path, json={"title": "新"}, headers=tag)).status_code == 412


async def test_cancelling_tells_everybody_why(world: World, app: FastAPI, owner: Database) -> None:
    activity = await opened(world)
    mine = [await signed_up(world, who, activity) for who in ("resident1", "resident2", "member1")]
    await step(world, "community", activity, "cancel", reason="大雨")
    for who in ("resident1", "resident2", "member1"):
        assert "您报名的活动“书法课”已取消：大雨" in await told(world, app, who)
    assert {(await activities.again(world, row))["state"] for row in mine} == {"excused"}
    assert [role["taken"] for role in (await read(world, activity))["roles"]] == [0, 0]
    assert await broken_histories(owner, world.district_id) == []


async def test_the_clock_reminds_once_and_opens_the_door(world: World, app: FastAPI) -> None:
    activity = await opened(world, days=2)
    await signed_up(world, "resident1", activity)
    database, begins = app.state.database, activities.begins(activity)
    with activities.at(begins - timedelta(hours=23)):
        await clocks.tick(database, world.district_id)
        await clocks.tick(database, world.district_id)
        texts = await told(world, app, "resident1")
        assert sum("即将开始" in text for text in texts) == 1
        assert (await read(world, activity))["state"] == "open"
        assert (
            await world.call("community", "POST", f"/v1/activities/{activity['id']}/start", json={})
        ).status_code == 409
    with activities.at(begins - timedelta(minutes=20)):
        await clocks.tick(database, world.district_id)
        assert (await read(world, activity))["state"] == "held"
