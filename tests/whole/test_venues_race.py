"""Activities race for a venue: one has it, the others are told so and leave nothing behind; and nobody waits in a ring (I3)."""

import asyncio
from typing import Any

from app.core.db import Database
from tests.activities import drafted, opened
from tests.profiles import tag_of
from tests.routers.test_activity_series import begun, made
from tests.routers.test_activity_venues import bookings_of, states, try_book, try_draft
from tests.routers.test_resources import listed
from tests.services.histories import broken_histories
from tests.worlds import World

RACERS = 24


async def test_one_of_many_activities_has_the_room(world: World, owner: Database) -> None:
    room = await listed(world)
    answers = await asyncio.gather(*(racing(world, room) for _ in range(RACERS)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (RACERS - 1)
    page = await world.ok("community", "GET", "/v1/activities")
    assert [item["venue_booking_state"] for item in page["items"]] == ["held"], "the others left nothing behind"
    assert await broken_histories(owner, world.district_id) == []


async def racing(world: World, room: Any) -> Any:
    form = {"title": "书法课", "category": "culture", "place_id": str(world.places["compound"])}
    form |= {"starts_at": "2099-01-01T09:00:00+08:00", "ends_at": "2099-01-01T10:00:00+08:00"}
    roles = [{"name": "参加者", "kind": "participant", "places": 2}]
    more = {"venue_resource_id": room["id"], "roles": roles}
    return await world.call("community", "POST", "/v1/activities", json=form | more)


async def test_seats_are_never_more_than_there_are(world: World) -> None:
    hall = await listed(world, nature="shared", quantity=20, unit="座")
    drafts = [await drafted(world) for _ in range(8)]
    wishes = [put(world, each, venue_resource_id=hall["id"], venue_quantity=3) for each in drafts]
    statuses = await asyncio.gather(*wishes)
    assert sorted(statuses) == [200] * 6 + [409] * 2
    held = [booking for each in drafts for booking in await bookings_of(world, each)]
    assert sum(booking["quantity"] for booking in held) == 18


async def put(world: World, activity: Any, **form: Any) -> int:
    path = f"/v1/activities/{activity['id']}"
    answer = await world.call("community", "PATCH", path, json=form, headers=await tag_of(world, "community", path))
    return int(answer.status_code)


async def test_two_that_would_swap_rooms_do_not_wait_for_each_other_in_a_ring(world: World) -> None:
    rooms = [await listed(world), await listed(world, name="礼堂")]
    for _ in range(4):
        pair = [await opened(world, venue_resource_id=room["id"], days=3) for room in rooms]
        swaps = [put(world, each, venue_resource_id=rooms[1 - n]["id"]) for n, each in enumerate(pair)]
        assert sorted(await asyncio.gather(*swaps)) == [409, 409], "each room is the other's until it is given back"
        for each in pair:
            assert await states(world, each) == ["confirmed"]
            await world.ok("community", "POST", f"/v1/activities/{each['id']}/cancel", json={"reason": "大雨"})


async def test_nothing_is_booked_for_an_activity_that_is_cancelled_meanwhile(world: World) -> None:
    chairs = await listed(world, kind="materials", nature="stock", quantity=900, unit="把")
    for _ in range(4):
        activity = await opened(world)
        cancel = world.call("community", "POST", f"/v1/activities/{activity['id']}/cancel", json={"reason": "大雨"})
        cancelled, booked = await asyncio.gather(cancel, try_book(world, "grid", "activity", activity, chairs))
        assert (cancelled.status_code, booked.status_code in {201, 409}) == (200, True)
        assert set(await states(world, activity)) <= {"released"}
    assert (await world.ok("liaison", "GET", f"/v1/resources/{chairs['id']}"))["reserved"] == 0


async def test_a_series_and_an_activity_race_for_a_day(world: World) -> None:
    room = await listed(world)
    series = begun(world, venue_resource_id=room["id"], rule="FREQ=DAILY;COUNT=5", start_minute=0, minutes=960)
    whole, single = await asyncio.gather(series, try_draft(world, room["id"]))
    had = [row["venue_booking_state"] for row in await made(world, whole)]
    taken = had.count("confirmed") + (single.status_code == 201)
    assert single.status_code in {201, 409}
    assert len(had) == 5
    page = await world.ok("community", "GET", "/v1/bookings", params={"resource_id": room["id"], "limit": 100})
    assert sum(item["state"] in {"held", "confirmed"} for item in page["items"]) == taken
