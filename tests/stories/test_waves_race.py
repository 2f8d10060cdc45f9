"""Several asked for one place: the first to accept has it, and the others are let go kindly."""

import asyncio
from collections import Counter
from typing import Any

from fastapi import FastAPI

from app.core.db import Database
from app.workers import relay
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, act, asked, only_order
from tests.worlds import World

HELPERS = ("member1", "member2", "member3", "volunteer1", "volunteer2")


async def all_asked(world: World, **form: Any) -> Any:
    order = await only_order(world, await accepted_need(world, **form))
    for who in HELPERS:
        order = await act(world, "grid", order, "offer", person_id=str(world.people[who]))
    assert sorted(await asked(world, order)) == sorted(HELPERS)
    return order


async def states(world: World, order: Any) -> Counter[str]:
    page = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"]})
    return Counter(item["state"] for item in page["items"])


async def race(world: World, order: Any) -> list[int]:
    path = f"/v1/orders/{order['id']}/accept"
    answers = await asyncio.gather(*(world.call(who, "POST", path, json={}) for who in HELPERS * 3))
    return [answer.status_code for answer in answers]


async def test_one_of_all_who_say_yes_at_once_has_the_place(world: World, owner: Database, app: FastAPI) -> None:
    order = await all_asked(world)
    assert Counter(await race(world, order)) == {200: 1, 409: 14}
    assert await states(world, order) == {"accepted": 1, "filled": 4}
    assert await broken_histories(owner, world.district_id) == []
    await relay.relay_district(app.state.database, world.district_id)
    quieter = [w for w in HELPERS if w not in await holders(world, order)]
    told = (await world.ok(quieter[0], "GET", "/v1/notices"))["items"]
    assert any("已由他人接下" in notice["text"] for notice in told)


async def holders(world: World, order: Any) -> list[str]:
    page = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "accepted"})
    names = {str(person): who for who, person in world.people.items()}
    return [names[item["person_id"]] for item in page["items"]]


async def test_two_places_have_two_holders_whichever_place_they_were_asked_for(world: World, owner: Database) -> None:
    order = await all_asked(world, people_wanted=2)
    assert Counter(await race(world, order))[200] == 2
    assert await states(world, order) == {"accepted": 2, "filled": 3}
    page = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "accepted"})
    assert sorted(item["slot"] for item in page["items"]) == [1, 2]
    assert await broken_histories(owner, world.district_id) == []


async def test_who_was_let_go_may_be_asked_again(world: World) -> None:
    order = await all_asked(world)
    await act(world, "member1", order, "accept")
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/cancel", json={"words": "发烧"})
    again = await act(world, "grid", order, "offer", person_id=str(world.people["member2"]))
    assert (again["state"], await asked(world, again)) == ("offered", ["member2"])


async def test_a_dispatcher_may_take_it_back_from_all_who_think(world: World) -> None:
    order = await all_asked(world)
    given = await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))
    assert (given["state"], await states(world, order)) == ("accepted", {"excused": 5, "accepted": 1})
    order = await all_asked(world)
    assert (await act(world, "grid", order, "publish"))["state"] == "published"
    assert await states(world, order) == {"excused": 5}
    assert (await act(world, "member3", order, "take"))["state"] == "accepted"
