"""Whoever is affected has a thing taken up again: neighbours too, of what they may know of."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.models import Need
from tests.stories.steps import act, only_order, refused, submitted
from tests.worlds import LAT, LON, World

WORDS = {"words": "门禁又坏了"}


async def closed(world: World, owner: Database, place: str = "entrance", privacy: str = "community") -> Any:
    """An order for the place's need, done and rated; the need is met."""
    need = await submitted(world, place_id=str(world.places[place]), privacy=privacy, risks="内有小狗")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    spot = {"lon": LON, "lat": LAT, "datum": "wgs84"}
    await act(world, "member1", order, "start", position=spot)
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="已修好")
    return await act(world, "resident1", order, "confirm", rating=5)


async def test_a_neighbour_has_an_order_taken_up_again(world: World, owner: Database) -> None:
    """Of what concerns the entrance they share; told who asked and how to come in they are not."""
    order = await closed(world, owner)
    need = await world.ok("resident2", "GET", f"/v1/needs/{order['need_id']}")
    assert (need["asker_id"], need["asker_name"], need["risks"], need["title"]) == (None, None, None, "厨房水管漏水")
    seen = await world.ok("resident2", "GET", f"/v1/orders/{order['id']}")
    assert (seen["actions"], seen["result"], seen["risks"], seen["rating"]) == (["reopen"], None, None, None)
    listed = await world.ok("resident2", "GET", "/v1/needs", params={"affecting": True})
    assert [(row["id"], row["asker_id"]) for row in listed["items"]] == [(need["id"], None)]
    assert (await world.ok("resident2", "GET", "/v1/needs"))["items"] == []
    again = await act(world, "resident2", order, "reopen", **WORDS)
    assert (again["state"], again["round"]) == ("open", 2)
    need = await world.ok("resident1", "GET", f"/v1/needs/{order['need_id']}")
    assert (need["state"], need["round"]) == ("accepted", 2)


async def test_a_neighbour_has_a_need_taken_up_again(world: World, owner: Database) -> None:
    order = await closed(world, owner)
    again = await world.ok("resident2", "POST", f"/v1/needs/{order['need_id']}/reopen", json=WORDS)
    assert (again["state"], again["round"]) == ("accepted", 2)


@pytest.mark.parametrize(("place", "privacy"), [("entrance", "handlers"), ("home2", "public")])
async def test_of_what_is_not_theirs_to_know_nothing_is_there(
    world: World, owner: Database, place: str, privacy: str
) -> None:
    """Neither what only handlers see, nor somebody else's home."""
    order = await closed(world, owner, place, privacy)
    assert (await refused(world, "resident2", order, "reopen", **WORDS))[0] == 404
    assert (await world.call("resident2", "GET", f"/v1/needs/{order['need_id']}")).status_code == 404
    assert (await world.ok("resident2", "GET", "/v1/needs", params={"affecting": True}))["items"] == []
    assert (await act(world, "resident1", order, "reopen", **WORDS))["state"] == "open"


async def test_the_window_holds_for_neighbours_too(world: World, owner: Database) -> None:
    order = await closed(world, owner)
    with time_machine.travel(now() + timedelta(days=31)):
        assert await refused(world, "resident2", order, "reopen", **WORDS) == (409, "conflict")


async def test_lists_offer_it_to_staff_who_live_there(world: World, owner: Database) -> None:
    """The grid worker lives at home1: what a list offers is what the order itself does, and what may be done."""
    order = await closed(world, owner)
    for privacy, offered in (("community", ["reopen"]), ("handlers", [])):
        async with owner.transaction(world.district_id) as session:
            told = update(Need).where(Need.id == UUID(order["need_id"])).values(privacy=privacy)
            await session.execute(told)
        (row,) = (await world.ok("grid", "GET", "/v1/orders", params={"need_id": order["need_id"]}))["items"]
        assert row["actions"] == (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["actions"] == offered
