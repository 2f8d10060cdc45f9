"""An order on each of its ways, from one step to the next, as the clocks and the answers move it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import CHINA, now
from app.core.db import Database
from app.models import Assignment, Organization, Person
from app.workers import clocks, relay
from tests.routers.test_dispatch_rules import UNITS, made
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, act, asked, only_order, refused
from tests.worlds import World, unit_row

TEAM = ("member1", "member2", "member3")
PUBLIC = {"way": "pool", "cap": 1, "minutes": 60}


async def dispatched(world: World, **form: Any) -> Any:
    """An order left to the system, whatever it does with it."""
    return await only_order(world, await accepted_need(world, **{"auto_offer": None} | form))


async def as_it_is(world: World, order: Any) -> Any:
    return await world.ok("community", "GET", f"/v1/orders/{order['id']}")


async def way_of(world: World, order: Any) -> Any:
    return await world.ok("grid", "GET", f"/v1/orders/{order['id']}/way")


@asynccontextmanager
async def later(app: FastAPI, world: World, moment: datetime, workers: int = 1) -> AsyncIterator[None]:
    """At a time when the clocks have looked, one worker or several at once."""
    with time_machine.travel(moment):
        await asyncio.gather(*(clocks.tick(app.state.database, world.district_id) for _ in range(workers)))
        yield


async def test_waves_then_the_pool_then_a_unit(world: World, app: FastAPI, owner: Database) -> None:
    waves = {"way": "waves", "people": 2, "every_minutes": 20, "minutes": 120, "answer_minutes": 60}
    await made(world, waves, PUBLIC, UNITS)
    order, start = await dispatched(world), now()
    assert (order["state"], len(await asked(world, order))) == ("offered", 2)
    async with later(app, world, start + timedelta(minutes=10)):
        assert len(await asked(world, order)) == 2, "not yet"
    async with later(app, world, start + timedelta(minutes=21), workers=4):
        four = await asked(world, order)
        assert len(four) == 4, "one wave, however many workers look"
        assert (await way_of(world, order))["waves"] == 2
        await act(world, four[0], order, "decline")
    async with later(app, world, start + timedelta(minutes=43)):
        assert len(await asked(world, order)) == 4, "the fifth is asked, and who declined is not"
    async with later(app, world, start + timedelta(minutes=130), workers=3):
        order = await as_it_is(world, order)
        assert (order["state"], order["pool_cap"], (await way_of(world, order))["step"]) == ("published", 1, 2)
    async with later(app, world, start + timedelta(minutes=195), workers=3):
        order = await as_it_is(world, order)
        assert (order["state"], order["people_accepted"]) == ("accepted", 1)
        held = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "accepted"})
        assert held["items"][0]["organization_id"] == str(world.units["unit"])
    assert await broken_histories(owner, world.district_id) == []


async def test_a_wave_stops_when_the_place_is_filled(world: World, app: FastAPI) -> None:
    await made(world, {"way": "waves", "people": 3, "every_minutes": 20})
    order, start = await dispatched(world), now()
    three = await asked(world, order)
    assert (await act(world, three[1], order, "accept"))["state"] == "accepted"
    async with later(app, world, start + timedelta(minutes=30)):
        assert (await asked(world, order), (await way_of(world, order))["due_at"]) == ([], None)


async def test_nobody_is_asked_in_quiet_hours_unless_it_is_urgent(world: World, app: FastAPI) -> None:
    start = now().astimezone(CHINA).replace(second=0, microsecond=0)
    since, until = start - timedelta(hours=1), start + timedelta(hours=2)
    night = {"quiet_since": f"{since:%H:%M}", "quiet_until": f"{until:%H:%M}"}
    await made(world, {"way": "waves", "people": 2, "answer_minutes": 60}, **night)
    order = await dispatched(world)
    assert (order["state"], datetime.fromisoformat((await way_of(world, order))["due_at"])) == ("open", until)
    need = await world.ok(
        "resident1",
        "POST",
        "/v1/needs",
        json={
            "title": "水管爆裂",
            "details": "满地是水",
            "place_id": str(world.places["home1"]),
            "category": "repair.plumbing",
            "urgency": "urgent",
        },
    )
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={})
    assert (await only_order(world, need))["state"] == "offered"
    async with later(app, world, until + timedelta(seconds=5)):
        assert len(await asked(world, order)) == 2
        page = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"]})
        left = datetime.fromisoformat(page["items"][0]["answer_by"]) - until
        assert timedelta(minutes=59) < left < timedelta(minutes=62)


async def test_the_cap_of_the_pool_holds_in_a_race(world: World) -> None:
    await made(world, {"way": "pool", "cap": 2})
    orders = [await dispatched(world) for _ in range(4)]
    assert {order["state"] for order in orders} == {"published"}
    answers = await asyncio.gather(
        *(world.call("member1", "POST", f"/v1/orders/{order['id']}/take", json={}) for order in orders)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422]


async def team(world: World, owner: Database) -> UUID:
    """Three of the helpers are of one team."""
    async with owner.transaction(world.district_id) as session:
        row: Organization = unit_row(world, "team", "team")
        session.add(row)
        await session.flush()
        people = Person.id.in_([world.people[who] for who in TEAM])
        await session.execute(
            update(Person).where(Person.district_id == world.district_id, people).values(organization_id=row.id)
        )
    return row.id


async def test_turns_go_round_a_team_and_two_orders_at_once_go_to_two(world: World, owner: Database) -> None:
    circle = str(await team(world, owner))
    await made(world, {"way": "rotation", "organization_id": circle}, {"way": "by_hand"})
    orders = await asyncio.gather(*(dispatched_alone(world) for _ in range(3)))
    first = [(await asked(world, order))[0] for order in orders]
    assert sorted(first) == sorted(TEAM), "three at once, three people"
    fourth = await dispatched(world)
    turns = await turns_of(owner, world)
    assert turns == [1, 2, 3, 4]
    (again,) = await asked(world, fourth)
    mine = await world.ok(again, "GET", "/v1/assignments", params={"mine": True})
    newest = max(mine["items"], key=lambda item: item["id"])
    said = await world.ok(again, "GET", f"/v1/assignments/{newest['id']}/explanation")
    assert "轮到您" in said["words"]
    assert "上次轮到" in said["words"]
    await act(world, again, fourth, "decline")
    (other,) = await asked(world, fourth)
    await act(world, other, fourth, "decline")
    (third,) = await asked(world, fourth)
    assert sorted([again, other, third]) == sorted(TEAM)
    await act(world, third, fourth, "decline")
    assert ((await as_it_is(world, fourth))["state"], (await way_of(world, fourth))["step"]) == ("open", 2)


async def dispatched_alone(world: World) -> Any:
    need = await accepted_need(world, auto_offer=None)
    return await only_order(world, need)


async def turns_of(owner: Database, world: World) -> list[int]:
    async with owner.transaction(world.district_id) as session:
        rows = select(Assignment.choice).where(Assignment.district_id == world.district_id)
        return sorted(choice["turn"] for choice in await session.scalars(rows) if choice)


async def test_a_unit_that_does_not_begin_loses_it_and_people_decide(world: World, app: FastAPI) -> None:
    await made(world, UNITS | {"minutes": 60}, {"way": "by_hand"})
    order, start = await dispatched(world), now()
    assert order["state"] == "accepted"
    async with later(app, world, start + timedelta(minutes=61), workers=3):
        assert (await as_it_is(world, order))["state"] == "open"
        assert (await way_of(world, order))["step"] == 2
        await relay.relay_district(app.state.database, world.district_id)
        told = (await world.ok("community", "GET", "/v1/notices"))["items"]
        assert any("人工派单" in notice["text"] for notice in told)
        given = await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))
        assert given["state"] == "accepted"
    async with later(app, world, start + timedelta(minutes=500)):
        assert (await as_it_is(world, order))["state"] == "accepted", "what people did is left alone"


async def test_who_cancels_sets_the_chain_going_again(world: World) -> None:
    await made(world, {"way": "waves", "people": 2}, {"way": "by_hand"})
    order = await dispatched(world)
    (first, _) = await asked(world, order)
    await act(world, first, order, "accept")
    mine = (await world.ok(first, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok(first, "POST", f"/v1/assignments/{mine['id']}/cancel", json={"words": "发烧"})
    again = await asked(world, order)
    assert len(again) == 2
    assert first not in again


async def test_everything_by_hand_too(world: World, app: FastAPI) -> None:
    rule = await made(world, {"way": "waves", "people": 1}, {"way": "by_hand"})
    order, start = await dispatched(world), now()
    (first,) = await asked(world, order)
    halted = await act(world, "grid", order, "halt", words="我来找人")
    assert halted["auto_offer"] is False
    assert await refused(world, "grid", order, "halt") == (409, "conflict")
    assert (await refused(world, "member1", order, "steer"))[0] in {403, 404}
    await act(world, first, order, "decline")
    async with later(app, world, start + timedelta(minutes=30)):
        assert ((await as_it_is(world, order))["state"], await asked(world, order)) == ("open", [])
        path, etag = f"/v1/dispatch-rules/{rule['id']}", {"if-match": f'"{rule["version"]}"'}
        await world.call("district", "PATCH", path, json={"steps": [PUBLIC]}, headers=etag)
        again = await act(world, "grid", order, "steer")
        assert (again["state"], (await way_of(world, order))["rule_number"]) == ("offered", 1), (
            "the version it began with"
        )
        assert (await dispatched(world))["state"] == "published", "a new order goes by the new one"
        steered = await act(world, "community", order, "steer", steps=[PUBLIC], words="就近抢单")
        assert (steered["state"], (await way_of(world, order))["rule_id"]) == ("offered", None), "who thinks may answer"
        (second,) = await asked(world, order)
        await act(world, second, order, "decline")
        assert (await as_it_is(world, order))["state"] == "published"


async def test_a_substitute_is_found_for_this_order_alone(world: World) -> None:
    await made(world, {"way": "waves", "people": 2}, {"way": "by_hand"})
    order, other = await dispatched(world), await dispatched(world)
    (first, _) = await asked(world, order)
    await act(world, first, order, "accept")
    if first not in await asked(world, other):
        await act(world, "grid", other, "offer", person_id=str(world.people[first]))
    await act(world, first, other, "accept")
    passed = await act(world, first, order, "transfer", words="临时有事")
    assert (passed["state"], passed["people_accepted"]) == ("offered", 0)
    two = await asked(world, order)
    assert len(two) == 2
    assert first not in two
    await act(world, two[0], order, "decline")
    taken = await act(world, two[1], order, "accept")
    assert (taken["state"], (await as_it_is(world, other))["state"]) == ("accepted", "accepted")


async def test_a_named_substitute_thinks_about_it_alone(world: World, app: FastAPI) -> None:
    """The wave that was due before the place was held does not come: nobody else is asked meanwhile."""
    await made(world, {"way": "waves", "people": 1, "every_minutes": 20, "minutes": 240, "answer_minutes": 120})
    order, start = await dispatched(world), now()
    (first,) = await asked(world, order)
    await act(world, first, order, "accept")
    named = next(who for who in ("member1", "member2") if who != first)
    await act(world, first, order, "transfer", person_id=str(world.people[named]))
    async with later(app, world, start + timedelta(minutes=21)):
        assert await asked(world, order) == [named]
        await act(world, named, order, "decline")
        (third,) = await asked(world, order)
        assert third not in {first, named}
