"""Meetings and claims: what is refused, and what a race may not break."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import event

from app.core.db import Database
from tests.routers.rotating import DECEMBER, liaison_of, on, published, seat_units, travel
from tests.stories.steps import accepted_need, act, only_order, refused
from tests.worlds import World


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


@pytest.fixture
async def turn(world: World, app: FastAPI, owner: Database, december: Any) -> Any:
    await seat_units(app, owner, world, 7)
    found = (await published(december, world))[0]
    await travel(december, app, owner, world, date(2027, 1, 5))
    return found


async def listed(world: World, turn: Any, most: int = 1) -> Any:
    need = await accepted_need(world)
    form = {"turn_id": turn["id"], "need_id": need["id"], "title": "修水管", "most_units": most}
    return await world.ok("community", "POST", "/v1/claim-items", json=form)


async def claim(world: World, unit: str, item: Any) -> int:
    return (await world.call(unit, "POST", "/v1/service-claims", json={"item_id": item["id"]})).status_code


async def test_of_many_who_claim_at_once_no_more_than_the_cap(world: World, turn: Any) -> None:
    item = await listed(world, turn, most=2)
    codes = await asyncio.gather(*(claim(world, f"unit{n}", item) for n in range(2, 8)))
    assert sorted(codes) == [201, 201, 409, 409, 409, 409]
    shown = await world.ok("community", "GET", f"/v1/claim-items/{item['id']}")
    assert [one["leads"] for one in shown["claims"]] == [True, False]


async def test_what_may_not_be_claimed(world: World, turn: Any) -> None:
    item = await listed(world, turn, most=5)
    assert await claim(world, "unit2", item) == 201
    assert await claim(world, "unit2", item) == 409
    assert await claim(world, "department", item) == 422, "no member"
    assert await claim(world, "community", item) == 403
    assert await claim(world, "resident1", item) == 404
    await world.ok("community", "POST", f"/v1/claim-items/{item['id']}/drop", json={})
    assert await claim(world, "unit3", item) == 409
    mine = (await world.ok("unit2", "GET", "/v1/service-claims"))["items"]
    assert [one["state"] for one in mine] == ["dropped"]


async def test_one_unit_does_not_take_everything(world: World, turn: Any) -> None:
    codes = [await claim(world, "unit2", await listed(world, turn)) for _ in range(6)]
    assert codes == [201] * 5 + [422]


async def test_a_confirmed_claim_is_an_order_the_unit_may_object_to(world: World, turn: Any) -> None:
    item = await listed(world, turn)
    confirm = f"/v1/claim-items/{item['id']}/confirm"
    assert (await world.call("community", "POST", confirm, json={})).status_code == 409, "nobody claims it"
    await claim(world, "unit2", item)
    assert (await world.call(liaison_of(world, turn), "POST", confirm, json={})).status_code == 403
    await world.ok("community", "POST", confirm, json={})
    order = await only_order(world, {"id": item["need_id"]})
    objection = {"ground": "not_our_duty", "basis": "不属本单位职责"}
    answer = await world.ok("unit2", "POST", f"/v1/orders/{order['id']}/object", json=objection)
    assert answer["state"] == "disputed"
    assert await refused(world, "unit3", order, "object", ground="not_our_duty", basis="不属本单位") == (
        404,
        "not_found",
    )


async def test_a_meeting_has_only_members_and_their_people(
    world: World, app: FastAPI, owner: Database, turn: Any, december: Any
) -> None:
    who = liaison_of(world, turn)
    form = {"turn_id": turn["id"], "title": "联席会议", "venue": "二楼", "agenda": ["认领"]}
    form["starts_at"] = on(date(2027, 1, 12)).isoformat()
    other = next(f"unit{n}" for n in range(2, 8) if f"unit{n}" != who)
    assert (await world.call(other, "POST", "/v1/joint-meetings", json=form)).status_code == 403
    meeting = await world.ok(who, "POST", "/v1/joint-meetings", json=form)
    assert meeting["members"] == 7
    await travel(december, app, owner, world, date(2027, 1, 13))
    path, unit = f"/v1/joint-meetings/{meeting['id']}/minute", str(world.units[other])
    for wrong in (
        [{"organization_id": str(world.units["society"])}],
        [{"organization_id": unit}, {"organization_id": unit}],
        [{"organization_id": unit, "person_id": str(world.people["resident1"])}],
    ):
        minutes = {"attendances": wrong, "minutes": "认领", "decisions": []}
        assert (await world.call(who, "POST", path, json=minutes)).status_code == 422


async def test_a_unit_that_claims_many_at_once_gets_no_more_than_its_share(world: World, turn: Any) -> None:
    items = [await listed(world, turn) for _ in range(8)]
    codes = await asyncio.gather(*(claim(world, "unit2", item) for item in items))
    assert sorted(codes) == [201] * 5 + [422] * 3


async def test_an_order_somebody_has_a_place_in_is_not_taken_from_them(world: World, turn: Any) -> None:
    item = await listed(world, turn)
    order = await only_order(world, {"id": item["need_id"]})
    await act(world, "grid", order, "publish", people_wanted=2)
    await act(world, "member1", order, "take")
    await claim(world, "unit2", item)
    confirm = f"/v1/claim-items/{item['id']}/confirm"
    assert (await world.call("community", "POST", confirm, json={})).status_code == 409
    kept = await only_order(world, {"id": item["need_id"]})
    assert (kept["state"], kept["people_accepted"]) == ("published", 1)


async def held(world: World, app: FastAPI, owner: Database, turn: Any, clock: Any) -> tuple[str, Any]:
    """A meeting of 12 January, and the day after."""
    who = liaison_of(world, turn)
    form = {"turn_id": turn["id"], "title": "联席会议", "venue": "二楼", "agenda": ["认领"]}
    form["starts_at"] = on(date(2027, 1, 12)).isoformat()
    meeting = await world.ok(who, "POST", "/v1/joint-meetings", json=form)
    await travel(clock, app, owner, world, date(2027, 1, 13))
    return who, meeting


async def minuted(world: World, who: str, meeting: Any, unit: Any) -> int:
    minutes = {"attendances": [{"organization_id": str(unit)}], "minutes": "认领", "decisions": []}
    return (await world.call(who, "POST", f"/v1/joint-meetings/{meeting['id']}/minute", json=minutes)).status_code


async def test_who_was_a_member_on_the_day_came_to_the_meeting(
    world: World, app: FastAPI, owner: Database, turn: Any, december: Any
) -> None:
    """Also who has left since; not who has joined since."""
    who, meeting = await held(world, app, owner, turn, december)
    other = next(f"unit{n}" for n in range(2, 8) if f"unit{n}" != who)
    asked = {"organization_id": str(world.units[other]), "current": "true"}
    (member,) = (await world.ok("community", "GET", "/v1/committee-members", params=asked))["items"]
    gone = {"left_on": "2027-01-12", "reason": "单位迁走"}
    await world.ok("community", "POST", f"/v1/committee-members/{member['id']}/leave", json=gone)
    here = {"community_id": str(world.places["community"]), "organization_id": str(world.units["department"])}
    await world.ok("community", "POST", "/v1/committee-members", json=here | {"joined_on": "2027-01-13"})
    assert await minuted(world, who, meeting, world.units["department"]) == 422
    assert await minuted(world, who, meeting, world.units[other]) == 200


async def test_a_list_of_meetings_is_shown_with_a_few_queries(
    world: World, app: FastAPI, owner: Database, turn: Any, december: Any
) -> None:
    meetings = [await held(world, app, owner, turn, december)]
    december.move_to(DECEMBER.replace(year=2027, month=1, day=5))
    meetings.append(await held(world, app, owner, turn, december))
    for who, meeting in meetings:
        assert await minuted(world, who, meeting, turn["organization_id"]) == 200
        await world.ok("community", "POST", f"/v1/joint-meetings/{meeting['id']}/seal", json={})
        await world.ok(who, "POST", f"/v1/joint-meetings/{meeting['id']}/add", json={"words": f"补 {meeting['id']}"})
    asked: list[str] = []
    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
    shown = (await world.ok("community", "GET", "/v1/joint-meetings"))["items"]
    assert [[one["words"] for one in row["additions"]] for row in shown] == [[f"补 {row['id']}"] for row in shown]
    assert len(shown) == 2
    for table in ("meeting_additions", "duty_turns"):
        assert sum(f"FROM {table}" in each for each in asked) == 1, table
