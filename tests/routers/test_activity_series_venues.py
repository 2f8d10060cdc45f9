"""Venues of series: each of its activities books for itself; a day that cannot be had is held without, and said so."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.core.ids import new_id
from app.workers import clocks
from tests import activities
from tests.activities import begins, read, signed_up, step
from tests.routers.test_activities import change, told
from tests.routers.test_activity_series import act, begun, day, made
from tests.routers.test_activity_venues import bookings_of, states, try_book
from tests.routers.test_resources import book, listed
from tests.services.histories import broken_histories
from tests.worlds import World

WORDS = "二楼教室"


def at_three(ahead: int) -> datetime:
    return datetime.combine(day(ahead), datetime.min.time(), CHINA) + timedelta(hours=15)


async def again(world: World, series: Any) -> Any:
    return await world.ok("community", "GET", f"/v1/activity-series/{series['id']}")


async def test_each_books_and_a_day_that_is_taken_is_held_without(world: World, app: FastAPI, owner: Database) -> None:
    room = await listed(world)
    assert (await book(world, room, at_three(9))).status_code == 201
    series = await begun(world, venue_resource_id=room["id"], venue=WORDS)
    rows = await made(world, series)
    assert series["without_venue"] == [day(9).isoformat()]
    expected = [("confirmed", WORDS)] + [(None, None)] + [("confirmed", WORDS)] * 6
    assert [(row["venue_booking_state"], row["venue"]) for row in rows] == expected
    assert [await states(world, row) for row in rows[:2]] == [["confirmed"], []]
    assert (await book(world, room, at_three(2))).status_code == 409
    hall = await listed(world, name="礼堂")
    await change(world, "community", rows[1], venue_resource_id=hall["id"], venue="礼堂")
    assert (await again(world, series))["without_venue"] == []
    assert await states(world, rows[1]) == ["confirmed"]
    assert await broken_histories(owner, world.district_id) == []


async def test_the_clock_goes_on_and_tells_whoever_is_answerable(world: World, app: FastAPI) -> None:
    room = await listed(world)
    more = {"venue_resource_id": room["id"], "venue": WORDS, "responsible_id": str(world.people["member3"])}
    series = await begun(world, **more)
    taken = await book(world, room, at_three(2 + 7 * 8))
    await world.ok("grid", "POST", f"/v1/bookings/{taken.json()['id']}/confirm", json={})
    with activities.at(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
        rows = await made(world, series)
        lost = (now().astimezone(CHINA) + timedelta(days=50)).date().isoformat()
        assert (len(rows), (await again(world, series))["without_venue"]) == (9, [lost])
        assert (rows[-1]["state"], rows[-1]["venue_booking_state"], rows[-1]["venue"]) == ("open", None, None)
        assert any("没有订到场地" in text and lost in text for text in await told(world, app, "member3"))
    with activities.at(now() + timedelta(days=15)):
        await clocks.tick(app.state.database, world.district_id)
        newest = (await made(world, series))[-1]
        (booked,) = await bookings_of(world, newest, "member3")
        assert (booked["state"], booked["id"]) == ("confirmed", newest["venue_booking_id"])


async def test_the_clock_goes_on_without_a_room_that_is_gone(world: World, app: FastAPI) -> None:
    room = await listed(world)
    series = await begun(world, venue_resource_id=room["id"])
    await world.ok("liaison", "POST", f"/v1/resources/{room['id']}/pause", json={})
    with activities.at(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
        assert len((await again(world, series))["without_venue"]) == 1


async def test_a_units_series_books_once_it_is_listed(world: World) -> None:
    room = await listed(world)
    series = await begun(world, "liaison", venue_resource_id=room["id"], rule="FREQ=WEEKLY;COUNT=2")
    page = await world.ok("community", "GET", "/v1/bookings", params={"resource_id": room["id"]})
    assert page["items"] == []
    await act(world, "community", series, "publish")
    assert [row["venue_booking_state"] for row in await made(world, series)] == ["confirmed"] * 2
    form = {"venue_resource_id": str(new_id()), "from_on": day(2).isoformat()}
    path = f"/v1/activity-series/{series['id']}/change"
    assert (await world.call("community", "POST", path, json=form)).status_code == 404


async def test_a_change_moves_the_bookings_with_it(world: World, app: FastAPI, owner: Database) -> None:
    room = await listed(world)
    series = await begun(world, venue_resource_id=room["id"], venue=WORDS, rule="FREQ=WEEKLY;COUNT=4")
    first, second, third, fourth = await made(world, series)
    await signed_up(world, "resident1", third)
    assert (await book(world, room, begins(third) + timedelta(hours=2))).status_code == 201
    await act(world, "community", series, "change", from_on=second["series_on"], start_minute=17 * 60)
    rows = await made(world, series)
    assert [row["venue_booking_state"] for row in rows] == ["confirmed", "confirmed", None, "confirmed"]
    assert [await states(world, row) for row in rows[1:3]] == [["confirmed", "released"], ["released"]]
    shown = await again(world, series)
    assert shown["without_venue"] == [third["series_on"]]
    (moved,) = [text for text in await told(world, app, "resident1") if "有变" in text]
    assert (WORDS in moved, "地点不变" in moved) == (False, False), "nobody is sent to a room that is somebody else's"
    (newest, _) = await bookings_of(world, fourth)
    assert newest["starts_at"] == rows[3]["starts_at"]
    hall = await listed(world, name="礼堂")
    asked = {"from_on": second["series_on"], "venue_resource_id": hall["id"], "venue": "礼堂"}
    await act(world, "community", series, "change", **asked)
    rows = await made(world, series)
    assert [row["venue_resource_id"] for row in rows] == [room["id"]] + [hall["id"]] * 3
    assert {row["venue_booking_state"] for row in rows} == {"confirmed"}
    await act(world, "community", series, "change", from_on=second["series_on"], venue_resource_id=None)
    assert [row["venue_booking_state"] for row in await made(world, series)] == ["confirmed", None, None, None]
    await act(world, "community", series, "end", reason="停办")
    assert await states(world, first) == ["released"]
    assert await broken_histories(owner, world.district_id) == []


async def test_what_else_is_booked_for_one_stands_in_the_way_of_a_change(world: World) -> None:
    series = await begun(world, rule="FREQ=WEEKLY;COUNT=2")
    chairs = await listed(world, kind="materials", nature="shared", quantity=20, unit="把")
    first, second = await made(world, series)
    span = {"starts_at": second["starts_at"], "ends_at": second["ends_at"]}
    held = (await try_book(world, "community", "activity", second, chairs, **span)).json()
    path = f"/v1/activity-series/{series['id']}/change"
    form = {"from_on": first["series_on"], "start_minute": 8 * 60}
    answer = await world.call("community", "POST", path, json=form)
    assert (answer.status_code, answer.json()["booking_ids"]) == (409, [held["id"]])
    assert [row["starts_at"] for row in await made(world, series)] == [first["starts_at"], second["starts_at"]]
    await act(world, "community", series, "end", reason="停办")
    assert await states(world, second) == ["released"]


async def test_one_that_is_cancelled_gives_its_day_back(world: World) -> None:
    room = await listed(world)
    first, second, *_ = await made(world, await begun(world, venue_resource_id=room["id"]))
    await step(world, "community", first, "cancel", reason="大雨")
    assert (await states(world, first), await states(world, second)) == (["released"], ["confirmed"])
    assert (await read(world, first))["venue_booking_state"] == "released"
    assert (await book(world, room, begins(first))).status_code == 201
