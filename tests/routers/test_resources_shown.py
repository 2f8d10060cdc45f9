"""What a resource and a booking of it tell of homes, and what outlives a change of the resource."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.core.clock import now
from app.core.db import Database
from app.domain.bookings import BookingState
from app.domain.resources import Nature, ResourceKind, ResourceState
from app.models import Booking, Event
from tests.profiles import tag_of
from tests.services.rows_resources import put_booking, put_resource
from tests.stories.steps import accepted_need
from tests.worlds import World


async def put(world: World, owner: Database, **more: Any) -> str:
    async with owner.transaction(world.district_id) as session:
        return str((await put_resource(session, world, ResourceState.LISTED, **more)).id)


async def take(world: World, resource_id: str, **more: Any) -> httpx.Response:
    need = await accepted_need(world)
    form = {"resource_id": resource_id, "purpose": "need", "purpose_id": need["id"]} | more
    return await world.call("grid", "POST", "/v1/bookings", json=form)


def at(hours: float) -> str:
    return (now() + timedelta(hours=hours)).isoformat()


async def test_asking_door_by_door_does_not_tell_where_a_persons_offer_is(world: World, owner: Database) -> None:
    home = {"place_id": world.places["home3"], "path": world.paths["home3"]}
    mine = await put(world, owner, person="member1", **home)
    units = await put(world, owner)

    async def found(who: str, place: str) -> set[str]:
        page = await world.ok(who, "GET", "/v1/resources", params={"place_id": str(world.places[place])})
        return {item["id"] for item in page["items"]}

    for place in ("home3", "building", "grid", "community"):
        assert await found("resident1", place) == ({units} if place in {"grid", "community"} else set()), place
        assert mine in await found("member1", place)
        assert mine in await found("grid", place)
    assert await found("grid", "home2") == set()


async def test_what_is_used_up_is_given_out_within_its_validity(world: World, owner: Database) -> None:
    stock = {"nature": Nature.STOCK, "kind": ResourceKind.MATERIALS}
    later = await put(world, owner, **stock, starts_at=now() + timedelta(days=3))
    over = now() - timedelta(hours=1)
    late = await put(world, owner, **stock, ends_at=over, remind_at=over)
    for each in (later, late):
        answer = await take(world, each)
        assert (answer.status_code, "有效期" in answer.json()["detail"]) == (409, True)
    query = {"free_from": at(1), "free_until": at(2)}
    assert (await world.ok("grid", "GET", "/v1/resources", params=query))["items"] == []
    assert (await take(world, await put(world, owner, **stock))).status_code == 201


async def test_what_is_free_is_asked_for_a_month_at_the_most(world: World, owner: Database) -> None:
    await put(world, owner)
    query = {"free_from": at(1), "free_until": "2099-12-31T00:00:00+08:00"}
    answer = await world.call("resident1", "GET", "/v1/resources", params=query)
    assert (answer.status_code, answer.json()["field"]) == (422, "free_until")
    query["free_until"] = at(1 + 31 * 24 - 0.01)
    assert (await world.call("resident1", "GET", "/v1/resources", params=query)).status_code == 200


async def test_staff_of_where_it_is_do_not_see_whose_home_it_goes_to(world: World, owner: Database) -> None:
    """Chairs of the next community, used in a home of this one."""
    far: dict[str, Any] = {"place_id": world.places["sibling_grid"], "path": world.paths["sibling_grid"]}
    far |= {"service_place_id": world.places["subdistrict"], "service_path": world.paths["subdistrict"]}
    chairs = await put(world, owner, **far)
    made = (await take(world, chairs, starts_at=at(24), ends_at=at(26))).json()
    path, home = f"/v1/bookings/{made['id']}", str(world.places["home1"])
    assert made["use_place_id"] == home
    for who, place in (("sibling_community", None), ("liaison", None), ("community", home), ("auditor", home)):
        assert (await world.ok(who, "GET", path))["use_place_id"] == place, who
        (item,) = (await world.ok(who, "GET", "/v1/bookings"))["items"]
        assert item["use_place_id"] == place, who
    assert (await world.ok("resident1", "GET", "/v1/bookings"))["items"] == []


async def test_what_was_used_is_noted_though_there_is_less_by_now(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        chairs = await put_resource(session, world, ResourceState.LISTED)
        yesterday = now() - timedelta(days=1)
        used = await put_booking(session, world, chairs, BookingState.CONFIRMED, starts_at=yesterday, quantity=15)
    path = f"/v1/resources/{chairs.id}"
    answer = await world.call(
        "liaison", "PATCH", path, json={"quantity": 5}, headers=await tag_of(world, "liaison", path)
    )
    assert answer.status_code == 200
    done = await world.call("grid", "POST", f"/v1/bookings/{used.id}/fulfill", json={})
    assert (done.status_code, done.json()["state"]) == (200, "fulfilled")
    async with owner.transaction(world.district_id) as session:
        row = await session.get_one(Booking, (world.district_id, used.id))
        row.booked_by = world.people["community"]
    assert (await take(world, str(chairs.id), quantity=6, starts_at=at(1), ends_at=at(2))).status_code == 409


async def test_what_is_listed_says_what_somebody_else_has_read(world: World, owner: Database) -> None:
    async def change(who: str, path: str, **form: Any) -> int:
        tag = await tag_of(world, who, path)
        return (await world.call(who, "PATCH", path, json=form, headers=tag)).status_code

    async with owner.transaction(world.district_id) as session:
        offered = await put_resource(session, world, ResourceState.OFFERED)
        mine = await put_resource(session, world, ResourceState.LISTED, person="community")
    listed = f"/v1/resources/{await put(world, owner)}"
    assert await change("liaison", f"/v1/resources/{offered.id}", name="折叠桌", categories=["culture"]) == 200
    for form in ({"name": "低价出售"}, {"details": "加我好友"}, {"categories": ["culture"]}):
        assert await change("liaison", listed, **form) == 409
        assert await change("community", f"/v1/resources/{mine.id}", **form) == 409, "their own"
    assert await change("liaison", listed, quantity=25, remind_days=7) == 200
    assert await change("grid", listed, name="折叠椅（新）") == 200


async def test_a_need_does_not_end_while_something_is_booked_for_it(world: World, owner: Database) -> None:
    """Sixteen at once of each: whatever was booked, was booked while the need went on, and nobody waits in a ring."""
    chairs, need = await put(world, owner), await accepted_need(world)
    form = {"resource_id": chairs, "purpose": "need", "purpose_id": need["id"], "starts_at": at(1), "ends_at": at(2)}
    away = world.call("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    booking = [world.call("grid", "POST", "/v1/bookings", json=form) for _ in range(16)]
    answers = await asyncio.gather(*booking[:8], away, *booking[8:])
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    async with owner.transaction(world.district_id) as session:
        ended = select(Event.at).where(Event.aggregate_id == UUID(need["id"]), Event.action == "withdraw")
        here = (Event.district_id == world.district_id, Event.aggregate == "booking")
        held = select(func.count()).where(*here, Event.at > ended.scalar_subquery())
        assert await session.scalar(held) == 0
