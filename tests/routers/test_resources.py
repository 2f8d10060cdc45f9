"""The library of resources: who offers and lists, who sees what of it, and how bookings keep to what was offered."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.resources import ResourceState
from app.workers import clocks, relay
from tests.profiles import tag_of
from tests.services.rows_resources import put_resource
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import World

NINE_TO_FIVE = [{"weekday": day, "from_minute": 540, "until_minute": 1020} for day in range(1, 6)]


def monday(hour: int = 0, week: int = 1) -> datetime:
    today = now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 * week - today.weekday(), hours=hour)


def offer(world: World, **more: Any) -> dict[str, Any]:
    community = str(world.places["community"])
    return {
        "kind": "venue",
        "name": "二楼会议室",
        "categories": ["culture"],
        "quantity": 1,
        "unit": "间",
        "place_id": community,
        "service_place_id": community,
        "organization_id": str(world.units["unit"]),
    } | more


async def listed(world: World, who: str = "liaison", **more: Any) -> Any:
    made = await world.ok(who, "POST", "/v1/resources", json=offer(world, **more))
    return await world.ok("community", "POST", f"/v1/resources/{made['id']}/publish", json={})


async def book(
    world: World, resource: Any, start: datetime | None, hours: int = 2, who: str = "grid", **more: Any
) -> Any:
    """The answer, whatever it is, for a need of resident1's."""
    need = more.pop("need", None) or await accepted_need(world)
    form = {"resource_id": resource["id"], "purpose": "need", "purpose_id": need["id"]} | more
    if start is not None:
        form |= {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}
    return await world.call(who, "POST", "/v1/bookings", json=form)


async def told(app: FastAPI, world: World, who: str) -> list[str]:
    await relay.relay_district(app.state.database, world.district_id)
    page = await world.ok(who, "GET", "/v1/notices", params={"limit": 100})
    return [item["text"] for item in page["items"]]


async def test_a_unit_offers_the_community_lists_and_everyone_it_serves_sees(world: World, app: FastAPI) -> None:
    made = await world.ok("liaison", "POST", "/v1/resources", json=offer(world, windows=NINE_TO_FIVE))
    assert (made["state"], made["nature"], made["actions"]) == ("offered", "exclusive", ["withdraw"])
    path = f"/v1/resources/{made['id']}"
    for who, status in (("resident1", 404), ("sibling_community", 404), ("auditor", 200), ("community", 200)):
        assert (await world.call(who, "GET", path)).status_code == status, who
    assert (await world.call("liaison", "POST", f"{path}/publish", json={})).status_code == 403
    await world.ok("community", "POST", f"{path}/publish", json={})
    seen = await world.ok("resident1", "GET", path)
    assert (seen["state"], seen["organization_name"], seen["actions"]) == ("listed", made["organization_name"], [])
    assert seen["windows"] == NINE_TO_FIVE
    assert (await world.call("sibling_grid", "GET", path)).status_code == 404
    assert "您提供的资源已入库，谢谢" in await told(app, world, "liaison")
    assert "有一项资源待审核" in await told(app, world, "community")


async def test_only_ones_own_units_and_only_within_ones_reach(world: World) -> None:
    other = offer(world, organization_id=str(world.units["society"]))
    assert (await world.call("liaison", "POST", "/v1/resources", json=other)).status_code == 403
    assert (await world.call("resident1", "POST", "/v1/resources", json=other)).status_code == 404
    assert (await world.call("auditor", "POST", "/v1/resources", json=other)).status_code == 403
    assert (await world.call("community", "POST", "/v1/resources", json=other)).status_code == 201
    elsewhere = {name: str(world.places["sibling_community"]) for name in ("place_id", "service_place_id")}
    assert (await world.call("liaison", "POST", "/v1/resources", json=offer(world, **elsewhere))).status_code == 403
    wide = offer(world, service_place_id=str(world.places["district"]))
    assert (await world.call("liaison", "POST", "/v1/resources", json=wide)).status_code == 422


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"quantity": 2}, "quantity"),
        ({"nature": "stock"}, "nature"),
        ({"categories": ["no.such"]}, "category"),
        ({"kind": "funds", "unit": "元"}, "unit"),
        ({"ends_at": "2020-01-01T00:00:00+08:00"}, "ends_at"),
        ({"windows": [*NINE_TO_FIVE, NINE_TO_FIVE[0]]}, "windows"),
    ],
)
async def test_what_is_offered_must_make_sense(world: World, form: dict[str, Any], field: str) -> None:
    answer = await world.call("liaison", "POST", "/v1/resources", json=offer(world, **form))
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_persons_offer_shows_a_masked_name_and_no_door(world: World) -> None:
    own = offer(world, kind="expertise", name="修家电", unit="人", place_id=str(world.places["home1"]))
    del own["organization_id"]
    made = await world.ok("volunteer1", "POST", "/v1/resources", json=own)
    await world.ok("grid", "POST", f"/v1/resources/{made['id']}/publish", json={})
    path = f"/v1/resources/{made['id']}"
    mine, staff = await world.ok("volunteer1", "GET", path), await world.ok("grid", "GET", path)
    assert mine["place_id"] == staff["place_id"] == str(world.places["home1"])
    for who in ("resident1", "member1", "liaison"):
        seen = await world.ok(who, "GET", path)
        assert [seen[name] for name in ("place_id", "lon", "lat", "person_id")] == [None] * 4, who
        assert "*" in seen["owner_name"]
        listing = await world.ok(who, "GET", "/v1/resources")
        assert listing["items"] == [seen]
    assert (await world.call("liaison", "POST", "/v1/resources", json=own)).status_code == 422, (
        "a liaison's is the unit's"
    )


async def test_nobody_lists_what_is_their_own(world: World) -> None:
    own = offer(world, kind="expertise", name="调解", unit="人")
    del own["organization_id"]
    made = await world.ok("community", "POST", "/v1/resources", json=own)
    path = f"/v1/resources/{made['id']}"
    assert (await world.call("community", "POST", f"{path}/publish", json={})).status_code == 403
    refused = await world.ok("subdistrict", "POST", f"{path}/refuse", json={"words": "属于本职工作"})
    assert (refused["state"], refused["state_words"]) == ("refused", "属于本职工作")


async def test_a_booking_keeps_to_windows_validity_and_area(world: World, owner: Database) -> None:
    room = await listed(world, windows=NINE_TO_FIVE, ends_at=monday(0, 4).isoformat())
    need = await accepted_need(world)
    for start, hours, why in (
        (monday(8), 2, "开放时段"),
        (monday(9) + timedelta(days=5), 2, "开放时段"),
        (monday(9, 4), 2, "有效期"),
    ):
        answer = await book(world, room, start, hours, need=need)
        assert (answer.status_code, why in answer.json()["detail"]) == (409, True), answer.text
    assert (await book(world, room, None, need=need)).status_code == 422
    assert (await book(world, room, monday(9, -1), need=need)).status_code == 422
    assert (await book(world, room, monday(9), need=need)).status_code == 201
    assert (await book(world, room, monday(10), need=need)).status_code == 409
    assert (await book(world, room, monday(11), need=need)).status_code == 201
    async with owner.transaction(world.district_id) as session:
        far: dict[str, Any] = {
            "service_place_id": world.places["sibling_grid"],
            "service_path": world.paths["sibling_grid"],
        }
        other = await put_resource(session, world, ResourceState.LISTED, **far)
    answer = await book(world, {"id": str(other.id)}, monday(9), need=need)
    assert (answer.status_code, "服务范围" in answer.json()["detail"]) == (409, True)


async def test_who_may_book_and_for_what(world: World) -> None:
    room, need = await listed(world), await accepted_need(world)
    statuses = {}
    for who in ("resident1", "resident2", "liaison", "auditor", "sibling_community", "community"):
        statuses[who] = (await book(world, room, monday(9), who=who, need=need)).status_code
    assert statuses == {
        "resident1": 403,
        "resident2": 404,
        "liaison": 404,
        "auditor": 403,
        "sibling_community": 404,
        "community": 201,
    }
    assert (await book(world, room, monday(12), need={"id": str(world.places["home1"])})).status_code == 404
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    form = {"resource_id": room["id"], "purpose": "order", "purpose_id": order["id"]}
    form |= {"starts_at": monday(14).isoformat(), "ends_at": monday(15).isoformat()}
    made = await world.ok("member1", "POST", "/v1/bookings", json=form)
    assert made["actions"] == ["confirm", "release"]
    assert made["use_place_id"] == str(world.places["home1"])
    seen = await world.ok("liaison", "GET", f"/v1/bookings/{made['id']}")
    assert (seen["use_place_id"], seen["actions"]) == (None, ["cancel"]), "the owner does not see whose home it is for"
    assert (await world.call("resident1", "GET", f"/v1/bookings/{made['id']}")).status_code == 404


async def test_holds_expire_and_the_rest_is_told(world: World, app: FastAPI) -> None:
    room, need = await listed(world), await accepted_need(world)
    held = (await book(world, room, monday(9), need=need, hold_minutes=5)).json()
    path = f"/v1/bookings/{held['id']}"
    with time_machine.travel(now() + timedelta(minutes=6), tick=True):
        assert (await world.call("grid", "POST", f"{path}/confirm", json={})).status_code == 409
        await clocks.tick(app.state.database, world.district_id)
        assert (await world.ok("grid", "GET", path))["state"] == "expired"
        again = (await book(world, room, monday(9), need=need)).json()
        await world.ok("grid", "POST", f"/v1/bookings/{again['id']}/confirm", json={})
        await clocks.tick(app.state.database, world.district_id)
    assert (await world.call("liaison", "POST", f"/v1/bookings/{again['id']}/cancel", json={})).status_code == 422
    await world.ok("liaison", "POST", f"/v1/bookings/{again['id']}/cancel", json={"words": "单位临时有会"})
    grid, liaison = await told(app, world, "grid"), await told(app, world, "liaison")
    assert "您的预订已被取消，理由见该预订" in grid
    assert "您的暂留已到期，资源已释放" in grid
    assert "您提供的资源有一个确认的预订" not in liaison
    assert {"您提供的资源有一个新的暂留", "您提供的资源已有一个确认的预订"} <= set(liaison)


async def test_less_than_is_booked_is_refused_with_what_stands_in_the_way(world: World) -> None:
    chairs = await listed(world, kind="materials", nature="shared", quantity=20, unit="把", windows=NINE_TO_FIVE)
    held = (await book(world, chairs, monday(9), quantity=12)).json()
    other = (await book(world, chairs, monday(10), quantity=8)).json()
    path = f"/v1/resources/{chairs['id']}"

    async def change(method: str, where: str, **form: Any) -> Any:
        return await world.call("liaison", method, where, json=form, headers=await tag_of(world, "liaison", path))

    answer = await change("PATCH", path, quantity=19)
    assert (answer.status_code, answer.json()["bookings"]) == (409, [held["id"], other["id"]])
    answer = await change("PUT", f"{path}/windows", windows=[{"weekday": 1, "from_minute": 540, "until_minute": 690}])
    assert (answer.status_code, answer.json()["bookings"]) == (409, [other["id"]])
    answer = await change("PATCH", path, ends_at=monday(10).isoformat())
    assert (answer.status_code, answer.json()["bookings"]) == (409, [held["id"], other["id"]])
    assert (await world.call("liaison", "POST", f"{path}/withdraw", json={})).status_code == 409
    await world.ok("grid", "POST", f"/v1/bookings/{other['id']}/release", json={})
    assert (await change("PATCH", path, quantity=12)).status_code == 200
    await world.ok("community", "POST", f"/v1/bookings/{held['id']}/cancel", json={"words": "另有安排"})
    assert (await world.ok("liaison", "POST", f"{path}/withdraw", json={"words": "已报废"}))["state"] == "withdrawn"
    assert (await change("PATCH", path, quantity=5)).status_code == 409


async def test_money_is_counted_in_fen_and_never_given_twice(world: World) -> None:
    funds = await listed(world, kind="funds", name="微实事资金", quantity=50_000_00, unit="分")
    used = (await book(world, funds, None, quantity=30_000_00)).json()
    answer = await book(world, funds, None, quantity=20_000_01)
    assert (answer.status_code, answer.json()["left"]) == (409, 20_000_00)
    await world.ok("grid", "POST", f"/v1/bookings/{used['id']}/confirm", json={})
    await world.ok("grid", "POST", f"/v1/bookings/{used['id']}/fulfill", json={})
    path = f"/v1/resources/{funds['id']}"
    assert (await world.ok("liaison", "GET", path))["reserved"] == 30_000_00
    tag = await tag_of(world, "liaison", path)
    answer = await world.call("liaison", "PATCH", path, json={"quantity": 1}, headers=tag)
    assert (answer.status_code, answer.json()["reserved"]) == (409, 30_000_00)
    free = await world.ok(
        "grid", "GET", f"{path}/free", params={"from_at": now().isoformat(), "until_at": monday(9).isoformat()}
    )
    assert [span["quantity"] for span in free["items"]] == [20_000_00]


async def test_free_times_and_lists_of_what_is_free(world: World) -> None:
    room = await listed(world, windows=NINE_TO_FIVE)
    hall = await listed(world, name="礼堂", kind="venue", nature="shared", quantity=100, unit="座")
    await book(world, room, monday(10))
    await book(world, hall, monday(10), quantity=40)
    span = {"from_at": monday().isoformat(), "until_at": monday(24).isoformat()}
    free = await world.ok("resident1", "GET", f"/v1/resources/{room['id']}/free", params=span)
    hours = [[datetime.fromisoformat(s[end]) for end in ("starts_at", "ends_at")] for s in free["items"]]
    assert hours == [[monday(9), monday(10)], [monday(12), monday(17)]]
    free = await world.ok("resident1", "GET", f"/v1/resources/{hall['id']}/free", params=span)
    assert [s["quantity"] for s in free["items"]] == [100, 60, 100]
    bad = {"from_at": monday().isoformat(), "until_at": monday(24, 30).isoformat()}
    assert (await world.call("resident1", "GET", f"/v1/resources/{hall['id']}/free", params=bad)).status_code == 422

    async def found(**query: Any) -> list[str]:
        page = await world.ok("resident1", "GET", "/v1/resources", params=query)
        return [item["name"] for item in page["items"]]

    def between(start: int, end: int) -> dict[str, str]:
        return {"free_from": monday(start).isoformat(), "free_until": monday(end).isoformat()}

    assert await found(**between(9, 10)) == ["礼堂", "二楼会议室"]
    assert await found(**between(9, 11)) == ["礼堂"]
    assert await found(**between(9, 10), limit=1) == ["礼堂"]
    assert await found(kind="venue", category="culture", serves=str(world.places["home1"])) == ["礼堂", "二楼会议室"]
    assert await found(category="repair.plumbing") == []
    assert await found(place_id=str(world.places["grid"])) == []
    assert (
        await world.call("resident1", "GET", "/v1/resources", params={"free_from": monday().isoformat()})
    ).status_code == 422
    mine = await world.ok("liaison", "GET", "/v1/resources", params={"mine": True, "state": "listed", "limit": 1})
    assert [item["id"] for item in mine["items"]] == [hall["id"]]
    rest = await world.ok("liaison", "GET", "/v1/resources", params={"mine": True, "cursor": mine["next_cursor"]})
    assert [item["id"] for item in rest["items"]] == [room["id"]]


async def test_a_validity_is_reminded_of_once_and_lapses(world: World, app: FastAPI) -> None:
    end = now() + timedelta(days=30)
    room = await listed(world, ends_at=end.isoformat(), remind_days=7)
    near = "资源的有效期即将届满；如继续提供，请延长有效期"
    await clocks.tick(app.state.database, world.district_id)
    assert near not in await told(app, world, "liaison")
    with time_machine.travel(end - timedelta(days=6), tick=True):
        for _ in range(2):
            await clocks.tick(app.state.database, world.district_id)
        assert (await told(app, world, "liaison")).count(near) == 1
        assert "有一项资源的有效期即将届满" in await told(app, world, "community")
    with time_machine.travel(end + timedelta(seconds=2), tick=True):
        await clocks.tick(app.state.database, world.district_id)
    assert (await world.ok("community", "GET", f"/v1/resources/{room['id']}"))["state"] == "lapsed"


async def test_a_booking_is_used_once_its_time_has_come(world: World) -> None:
    room = await listed(world)
    held = (await book(world, room, now() + timedelta(hours=1))).json()
    path = f"/v1/bookings/{held['id']}"
    await world.ok("grid", "POST", f"{path}/confirm", json={})
    assert (await world.call("liaison", "POST", f"{path}/fulfill", json={})).status_code == 409
    with time_machine.travel(now() + timedelta(hours=2), tick=True):
        token = await world.call("liaison", "POST", f"{path}/fulfill", json={})
    assert token.status_code == 200, token.text


async def test_a_paused_resource_keeps_its_bookings_and_takes_no_new_ones(world: World) -> None:
    room = await listed(world)
    held = (await book(world, room, monday(9))).json()
    await world.ok("liaison", "POST", f"/v1/resources/{room['id']}/pause", json={})
    assert (await book(world, room, monday(12))).status_code == 409
    assert (await world.ok("grid", "POST", f"/v1/bookings/{held['id']}/confirm", json={}))["state"] == "confirmed"
    await world.ok("liaison", "POST", f"/v1/resources/{room['id']}/resume", json={})
    assert (await book(world, room, monday(12))).status_code == 201


async def test_another_districts_resource_is_not_there(world: World, other_world: World) -> None:
    room = await listed(world)
    for who in ("community", "district", "resident1"):
        assert (await other_world.call(who, "GET", f"/v1/resources/{room['id']}")).status_code == 404
    need = await accepted_need(other_world)
    assert (await book(other_world, room, monday(9), need=need)).status_code == 404
