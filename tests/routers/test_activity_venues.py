"""Venues of activities: booked with them, moved with them, given back or used with them; never half."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.core.ids import new_id
from app.workers import clocks
from tests import activities
from tests.activities import begins, drafted, opened, read, step
from tests.profiles import tag_of
from tests.projects import deliver, go, running
from tests.routers.test_activities import change, told
from tests.routers.test_resources import book, listed, offer
from tests.services.histories import broken_histories
from tests.worlds import World

THREE_DAYS = timedelta(days=3)


async def bookings_of(world: World, purpose: Any, who: str = "community") -> list[Any]:
    """Newest first."""
    page = await world.ok(who, "GET", "/v1/bookings", params={"purpose_id": purpose["id"], "limit": 100})
    return list(page["items"])


async def states(world: World, purpose: Any) -> list[str]:
    return [booking["state"] for booking in await bookings_of(world, purpose)]


async def try_draft(world: World, resource_id: str, who: str = "community", **more: Any) -> Any:
    """The answer to an activity with this venue, three days ahead; where it is refused nothing is there."""
    begin = now().replace(microsecond=0) + THREE_DAYS
    form = {
        "title": "书法课",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "starts_at": begin.isoformat(),
        "ends_at": (begin + timedelta(hours=2)).isoformat(),
        "roles": [activities.PARTICIPANTS],
        "venue_resource_id": resource_id,
    }
    drafts = {"state": "draft"}
    before = await world.ok("community", "GET", "/v1/activities", params=drafts)
    answer = await world.call(who, "POST", "/v1/activities", json=form | more)
    if not answer.is_success:
        assert await world.ok("community", "GET", "/v1/activities", params=drafts) == before
    return answer


async def try_change(world: World, activity: Any, who: str = "community", **form: Any) -> Any:
    path = f"/v1/activities/{activity['id']}"
    return await world.call(who, "PATCH", path, json=form, headers=await tag_of(world, who, path))


def later(activity: Any, hours: int) -> dict[str, str]:
    ends = datetime.fromisoformat(activity["ends_at"])
    shift = timedelta(hours=hours)
    return {"starts_at": (begins(activity) + shift).isoformat(), "ends_at": (ends + shift).isoformat()}


async def test_it_is_held_while_drawn_up_and_confirmed_when_listed(world: World, app: FastAPI, owner: Database) -> None:
    room = await listed(world, "manager", organization_id=str(world.units["society"]))
    made = await drafted(world, "liaison", venue_resource_id=room["id"])
    (held,) = await bookings_of(world, made, "liaison")
    assert (held["state"], held["purpose"], held["quantity"]) == ("held", "activity", 1)
    assert (held["starts_at"], held["ends_at"]) == (made["starts_at"], made["ends_at"])
    assert (made["venue_booking_id"], made["venue_booking_state"]) == (held["id"], "held")
    await step(world, "liaison", made, "propose")
    shown = await step(world, "community", made, "publish")
    assert (shown["venue_booking_id"], shown["venue_booking_state"]) == (held["id"], "confirmed")
    seen = await read(world, made, "resident1")
    inside = ("venue_booking_id", "venue_booking_state")
    assert (seen["venue_resource_id"], [seen[name] for name in inside]) == (room["id"], [None, None])
    assert "您提供的资源已有一个确认的预订" in await told(world, app, "manager")
    assert (await book(world, room, begins(made))).status_code == 409
    assert await broken_histories(owner, world.district_id) == []


@pytest.mark.parametrize("who", ["community", "liaison"])
async def test_a_room_that_is_taken_is_refused_and_nothing_is_there(world: World, who: str) -> None:
    room = await listed(world)
    assert (await book(world, room, now() + THREE_DAYS - timedelta(hours=1))).status_code == 201
    answer = await try_draft(world, room["id"], who)
    assert (answer.status_code, answer.json()["detail"]) == (409, "该时段已被预订")


async def test_what_is_no_venue_or_not_theirs_is_refused(world: World, other_world: World) -> None:
    assert (await try_draft(world, str(new_id()))).status_code == 404
    assert (await try_draft(world, (await listed(other_world))["id"])).status_code == 404
    offered = await world.ok(
        "manager",
        "POST",
        "/v1/resources",
        json=offer(world, organization_id=None) | {"organization_id": str(world.units["society"])},
    )
    assert (await try_draft(world, offered["id"], "liaison")).status_code == 404, "not listed: nobody else sees it"
    assert (await try_draft(world, offered["id"])).status_code == 409
    chairs = await listed(world, kind="materials", nature="shared", quantity=20, unit="把")
    answer = await try_draft(world, chairs["id"])
    assert (answer.status_code, answer.json()["field"]) == (422, "venue_resource_id")
    answer = await try_draft(world, (await listed(world))["id"], venue_quantity=2)
    assert (answer.status_code, answer.json()["field"]) == (422, "venue_quantity")
    at_home = offer(world, place_id=str(world.places["home1"]))
    del at_home["organization_id"]
    home = await world.ok("volunteer1", "POST", "/v1/resources", json=at_home)
    await world.ok("grid", "POST", f"/v1/resources/{home['id']}/publish", json={})
    answer = await try_draft(world, home["id"])
    assert (answer.status_code, answer.json()["field"]) == (422, "venue_resource_id")


async def test_a_room_is_had_when_it_is_open_and_where_it_serves(world: World) -> None:
    start = (now() + THREE_DAYS).astimezone(CHINA)
    shut = [{"on": start.date().isoformat(), "free": False}]
    closed = await listed(world, exceptions=shut)
    assert (await try_draft(world, closed["id"])).status_code == 409
    elsewhere = await listed(world, service_place_id=str(world.places["grid"]), place_id=str(world.places["grid"]))
    answer = await try_draft(world, elsewhere["id"], place_id=str(world.places["community"]))
    assert (answer.status_code, answer.json()["detail"]) == (409, "使用地点不在资源的服务范围内")


async def test_seats_of_a_shared_room_are_counted(world: World) -> None:
    hall = await listed(world, nature="shared", quantity=40, unit="座")
    assert (await try_draft(world, hall["id"], venue_quantity=30)).status_code == 201
    answer = await try_draft(world, hall["id"], venue_quantity=11)
    assert (answer.status_code, answer.json()["left"]) == (409, 10)
    fits = (await try_draft(world, hall["id"], venue_quantity=10)).json()
    answer = await try_change(world, fits, venue_quantity=11)
    assert (answer.status_code, await states(world, fits)) == (409, ["held"])
    assert (await change(world, "community", fits, venue_quantity=4))["venue_booking_state"] == "held"
    assert [booking["quantity"] for booking in await bookings_of(world, fits)] == [4, 10]


async def test_a_hold_that_ran_out_is_taken_anew_when_it_is_listed(world: World, app: FastAPI) -> None:
    room = await listed(world)
    made, beside = await drafted(world, days=9, venue_resource_id=room["id"]), None
    with activities.at(now() + timedelta(days=4)):
        await clocks.tick(app.state.database, world.district_id)
        assert (await read(world, made))["venue_booking_state"] == "expired"
        beside = (await book(world, room, begins(made))).json()
        path = f"/v1/activities/{made['id']}/publish"
        answer = await world.call("community", "POST", path, json={})
        assert (answer.status_code, (await read(world, made))["state"]) == (409, "draft")
        await world.ok("grid", "POST", f"/v1/bookings/{beside['id']}/release", json={})
        assert (await step(world, "community", made, "publish"))["venue_booking_state"] == "confirmed"
    assert await states(world, made) == ["confirmed", "expired"]


async def test_a_hold_is_taken_anew_also_before_the_clock_has_come_by(world: World) -> None:
    made = await drafted(world, days=9, venue_resource_id=(await listed(world))["id"])
    with activities.at(now() + timedelta(days=4)):
        assert (await step(world, "community", made, "publish"))["venue_booking_state"] == "confirmed"
        assert await states(world, made) == ["confirmed", "released"]


async def test_it_moves_with_the_activity_or_the_activity_does_not_move(world: World, owner: Database) -> None:
    room = await listed(world)
    activity, other = await opened(world, venue_resource_id=room["id"]), await opened(world, days=4)
    path = f"/v1/activities/{other['id']}"
    await change(world, "community", other, venue_resource_id=room["id"])
    tag = await tag_of(world, "community", path)
    shift = {"starts_at": activity["starts_at"], "ends_at": activity["ends_at"]}
    answer = await world.call("community", "PATCH", path, json=shift, headers=tag)
    assert (answer.status_code, await tag_of(world, "community", path)) == (409, tag)
    assert await states(world, other) == ["confirmed"]
    moved = await change(world, "community", activity, **later(activity, 1))
    assert (await states(world, activity), moved["venue_booking_state"]) == (["confirmed", "released"], "confirmed")
    newest = (await bookings_of(world, activity))[0]
    assert (newest["starts_at"], newest["id"]) == (moved["starts_at"], moved["venue_booking_id"])
    assert (await change(world, "community", activity, title="书画课"))["venue_booking_id"] == newest["id"]
    within = await change(world, "community", activity, place_id=str(world.places["grid"]))
    assert (await bookings_of(world, activity))[0]["use_place_id"] == within["place_id"]
    assert await broken_histories(owner, world.district_id) == []


async def test_another_venue_or_none(world: World) -> None:
    room, hall = await listed(world), await listed(world, name="礼堂")
    activity = await opened(world, venue_resource_id=room["id"])
    moved = await change(world, "community", activity, venue_resource_id=hall["id"])
    assert [b["resource_id"] for b in await bookings_of(world, activity)] == [hall["id"], room["id"]]
    assert (moved["venue_booking_state"], await states(world, activity)) == ("confirmed", ["confirmed", "released"])
    without = await change(world, "community", activity, venue_resource_id=None)
    assert (without["venue_resource_id"], without["venue_booking_id"]) == (None, None)
    assert await states(world, activity) == ["released", "released"]
    assert (await book(world, hall, begins(activity))).status_code == 201


async def test_a_new_person_answerable_is_the_booker(world: World, app: FastAPI) -> None:
    activity = await opened(world, venue_resource_id=(await listed(world))["id"])
    await change(world, "community", activity, responsible_id=str(world.people["member3"]))
    newest = (await bookings_of(world, activity, "member3"))[0]
    cancel = {"words": "临时检修"}
    await world.ok("liaison", "POST", f"/v1/bookings/{newest['id']}/cancel", json=cancel)
    assert "您的预订已被取消，理由见该预订" in await told(world, app, "member3")


@pytest.mark.parametrize("state", ["draft", "open"])
async def test_what_the_owner_cancelled_is_not_taken_again_unasked(world: World, app: FastAPI, state: str) -> None:
    room = await listed(world)
    activity = await (opened if state == "open" else drafted)(world, venue_resource_id=room["id"])
    (booking,) = await bookings_of(world, activity)
    await world.ok("liaison", "POST", f"/v1/bookings/{booking['id']}/cancel", json={"words": "漏水检修"})
    assert "您的预订已被取消，理由见该预订" in await told(world, app, "community")
    assert (await read(world, activity))["venue_booking_state"] == "cancelled"
    if state == "open":
        refused = await try_change(world, activity, **later(activity, 1))
    else:
        refused = await world.call("community", "POST", f"/v1/activities/{activity['id']}/publish", json={})
    assert (refused.status_code, "场地" in refused.json()["detail"]) == (409, True)
    assert (await change(world, "community", activity, details="带笔"))["venue_booking_state"] == "cancelled"
    asked = await change(world, "community", activity, venue_resource_id=room["id"])
    assert asked["venue_booking_state"] == ("confirmed" if state == "open" else "held")


async def test_cancelled_gives_back_and_concluded_has_used_it(world: World, app: FastAPI, owner: Database) -> None:
    room = await listed(world)
    called_off = await opened(world, venue_resource_id=room["id"])
    await step(world, "community", called_off, "cancel", reason="大雨")
    assert await states(world, called_off) == ["released"]
    held = await opened(world, days=0.01, venue_resource_id=room["id"])
    await step(world, "community", held, "start")
    with activities.at(begins(held) + timedelta(hours=1)):
        await step(world, "community", held, "conclude", report="很好")
    assert await states(world, held) == ["fulfilled"]
    early = await opened(world, days=0.01, venue_resource_id=(await listed(world, name="礼堂"))["id"])
    await step(world, "community", early, "start")
    await step(world, "community", early, "conclude", report="无人到场")
    assert await states(world, early) == ["released"], "over before the room was needed"
    assert await broken_histories(owner, world.district_id) == []


async def test_a_paused_or_withdrawn_room_is_no_venue(world: World) -> None:
    room = await listed(world)
    made = await drafted(world, venue_resource_id=room["id"])
    await world.ok("liaison", "POST", f"/v1/resources/{room['id']}/pause", json={})
    assert (await try_draft(world, room["id"])).status_code == 409
    assert (await step(world, "community", made, "publish"))["venue_booking_state"] == "confirmed", "held before"
    await step(world, "community", made, "cancel", reason="大雨")
    again = await drafted(world, days=5)
    await world.ok("liaison", "POST", f"/v1/resources/{room['id']}/withdraw", json={"words": "改作他用"})
    answer = await try_change(world, again, venue_resource_id=room["id"])
    assert answer.status_code == 409


async def try_book(world: World, who: str, purpose: str, row: Any, thing: Any, **more: Any) -> Any:
    form = {"resource_id": thing["id"], "purpose": purpose, "purpose_id": row["id"], "quantity": 5}
    return await world.call(who, "POST", "/v1/bookings", json=form | more)


async def test_other_things_are_booked_for_it_by_whoever_runs_it(world: World, owner: Database) -> None:
    chairs = await listed(world, kind="materials", nature="shared", quantity=20, unit="把")
    paper = await listed(world, kind="materials", nature="stock", quantity=90, unit="张")
    activity = await opened(world, "liaison", days=0.01)
    span = {"starts_at": activity["starts_at"], "ends_at": activity["ends_at"]}
    for who, status in (("resident1", 403), ("manager", 403), ("sibling_grid", 404), ("liaison", 201)):
        assert (await try_book(world, who, "activity", activity, chairs, **span)).status_code == status, who
    used = (await try_book(world, "community", "activity", activity, paper)).json()
    await world.ok("community", "POST", f"/v1/bookings/{used['id']}/confirm", json={})
    answer = await try_change(world, activity, **later(activity, 1))
    ids = {booking["id"] for booking in await bookings_of(world, activity)}
    assert (answer.status_code, set(answer.json()["booking_ids"])) == (409, ids)
    await step(world, "community", activity, "start")
    await step(world, "community", activity, "conclude", report="很好")
    assert sorted(await states(world, activity)) == ["fulfilled", "released"], "the chairs were never confirmed"
    assert (await world.ok("liaison", "GET", f"/v1/resources/{paper['id']}"))["reserved"] == 5
    assert (await try_book(world, "community", "activity", activity, chairs, **span)).status_code == 409
    assert await broken_histories(owner, world.district_id) == []


async def test_things_are_booked_for_a_project_by_whoever_is_in_it(world: World) -> None:
    project, cancelled = await running(world), await running(world)
    paint = await listed(world, kind="materials", nature="stock", quantity=9, unit="桶")
    tent = await listed(world, kind="materials", nature="shared", quantity=5, unit="顶")
    span = {"starts_at": (now() + THREE_DAYS).isoformat(), "ends_at": (now() + THREE_DAYS * 2).isoformat()}
    for row in (project, cancelled):
        assert (await try_book(world, "resident1", "project", row, tent, quantity=1, **span)).status_code == 403
        for who, thing, times in (("manager", tent, span), ("liaison", paint, {})):
            held = await try_book(world, who, "project", row, thing, quantity=2, **times)
            assert held.status_code == 201, held.text
            await world.ok(who, "POST", f"/v1/bookings/{held.json()['id']}/confirm", json={})
    await go(world, "community", cancelled, "cancel", reason="no_money", words="资金未落实")
    assert await states(world, cancelled) == ["released", "released"]
    await deliver(world, project)
    assert await states(world, project) == ["fulfilled", "released"], "the tents were for a time to come"
    late = await try_book(world, "liaison", "project", project, paint, quantity=1)
    assert late.status_code == 409
