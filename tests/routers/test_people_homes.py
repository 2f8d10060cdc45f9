"""Households and moving house: home place, household and residence change together."""

import asyncio
from typing import Any

import pytest

from app.core.db import Database
from app.models import HouseholdMember
from tests.profiles import person, roles_of
from tests.worlds import World, count

ON = "2024-05-01"


async def join(world: World, person_id: Any, relation: str = "head", who: str = "grid", **more: Any) -> Any:
    form = {"person_id": str(person_id), "relation": relation, "since_on": "2020-01-01"} | more
    return await world.call(who, "POST", "/v1/household-members", json=form)


async def move(world: World, who: str, person_id: Any, place: str, **more: Any) -> Any:
    form = {"place_id": str(world.places[place]), "on": ON} | more
    return await world.call(who, "POST", f"/v1/people/{person_id}/move", json=form)


async def members(world: World, who: str = "grid", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.ok(who, "GET", "/v1/household-members", params=query))["items"]
    return found


async def test_a_household_has_one_head_at_a_time(world: World) -> None:
    head = (await join(world, world.people["resident1"])).json()
    assert (head["place_id"], head["until_on"], head["version"]) == (str(world.places["home1"]), None, 1)
    assert "*" in head["person_name"]
    second = await join(world, world.people["resident2"])
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    spouse = (await join(world, world.people["resident2"], "spouse")).json()
    again = await join(world, world.people["resident2"], "child")
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    path = f"/v1/household-members/{spouse['id']}"
    up = await world.call("grid", "PATCH", path, json={"relation": "head"}, headers={"if-match": '"1"'})
    assert up.status_code == 409
    old = f"/v1/household-members/{head['id']}"
    await world.ok("grid", "POST", f"{old}/end", json={"until_on": ON})
    assert (await world.call("grid", "POST", f"{old}/end", json={"until_on": ON})).status_code == 409
    new = await world.ok("grid", "PATCH", path, json={"relation": "head"}, headers={"if-match": '"1"'})
    assert (new["relation"], new["since_on"], new["version"]) == ("head", "2020-01-01", 2)
    assert (await world.call("grid", "PATCH", path, json={}, headers={"if-match": '"1"'})).status_code == 412
    assert [row["id"] for row in await members(world, current=True)] == [spouse["id"]]
    assert [row["id"] for row in await members(world, current=False)] == [head["id"]]


async def test_two_heads_at_once_become_one(world: World, owner: Database) -> None:
    people = ["resident1", "resident2", "grid", "community"]
    answers = await asyncio.gather(*(join(world, world.people[who], who="district") for who in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await count(owner, world.district_id, HouseholdMember) == 1


async def test_households_show_themselves_to_who_looks_after_them(world: World, other_world: World) -> None:
    row = (await join(world, world.people["resident1"])).json()
    path = f"/v1/household-members/{row['id']}"
    for who in ("grid", "community", "district", "auditor", "resident1"):
        assert (await world.ok(who, "GET", path))["id"] == row["id"], who
        assert [item["id"] for item in await members(world, who)] == [row["id"]], who
    for who in ("resident2", "sibling_grid", "sibling_community", "liaison", "nobody"):
        assert (await world.call(who, "GET", path)).status_code == 404, who
    for who in ("resident2", "sibling_community", "liaison"):
        assert await members(world, who) == [], who
    assert (await other_world.call("district", "GET", path)).status_code == 404
    assert (await world.call("auditor", "POST", f"{path}/end", json={"until_on": ON})).status_code == 403
    assert (await world.call("sibling_grid", "POST", f"{path}/end", json={"until_on": ON})).status_code == 404
    filters = [{"place_id": str(world.places["building"])}, {"person_id": str(world.people["resident1"])}]
    for query in filters:
        assert len(await members(world, **query)) == 1
    assert await members(world, place_id=str(world.places["home2"])) == []


async def test_moving_house_leaves_one_household_and_joins_another(world: World) -> None:
    moved = world.people["resident1"]
    await join(world, moved)
    answer = await move(world, "grid", moved, "home3", relation="head")
    assert (answer.status_code, answer.json()["place_id"]) == (200, str(world.places["home3"]))
    old, new = sorted(
        await members(world, person_id=str(moved)), key=lambda row: row["place_id"] != str(world.places["home1"])
    )
    assert (old["until_on"], new["since_on"], new["until_on"]) == (ON, ON, None)
    assert new["place_id"] == str(world.places["home3"])
    assert await roles_of(world, "resident1") == ["resident"]


async def test_residence_follows_to_the_new_community(world: World) -> None:
    answer = await move(world, "subdistrict", world.people["resident1"], "sibling_entrance")
    assert answer.json()["community_id"] == str(world.places["sibling_community"])
    assert answer.json()["grid_id"] == str(world.places["sibling_grid"])
    me = await world.ok("resident1", "GET", "/v1/me")
    assert [(g["role"], g["place_id"]) for g in me["grants"]] == [("resident", str(world.places["sibling_community"]))]
    path = f"/v1/people/{world.people['resident1']}"
    assert (await world.call("community", "GET", path)).status_code == 404
    assert (await world.ok("sibling_community", "GET", path))["id"] == str(world.people["resident1"])
    back = await move(world, "subdistrict", world.people["resident1"], "home1", relation="other")
    assert back.status_code == 200
    me = await world.ok("resident1", "GET", "/v1/me")
    assert [(g["role"], g["place_id"]) for g in me["grants"]] == [("resident", str(world.places["community"]))]


async def test_what_one_does_for_the_community_stays_there(world: World) -> None:
    await move(world, "subdistrict", world.people["volunteer1"], "sibling_entrance")
    me = await world.ok("volunteer1", "GET", "/v1/me")
    held = {(g["role"], g["place_id"]) for g in me["grants"]}
    assert held == {
        ("volunteer", str(world.places["community"])),
        ("resident", str(world.places["sibling_community"])),
    }


@pytest.mark.parametrize(
    ("who", "place", "form", "status"),
    [
        ("community", "sibling_entrance", {}, 403),
        ("sibling_community", "sibling_entrance", {}, 404),
        ("resident1", "home3", {"relation": "head"}, 403),
        ("grid", "home3", {}, 422),
        ("grid", "entrance", {"relation": "head"}, 422),
        ("grid", "home1", {"relation": "head"}, 409),
        ("district", "subdistrict", {}, 422),
        ("grid", "home3", {"relation": "head", "on": "2999-01-01"}, 422),
        ("grid", "home3", {"relation": "head", "on": "2019-01-01"}, 422),
    ],
)
async def test_moves_that_make_no_sense_are_refused(
    world: World, who: str, place: str, form: dict[str, Any], status: int
) -> None:
    await join(world, world.people["resident1"])
    answer = await move(world, who, world.people["resident1"], place, **form)
    assert answer.status_code == status, answer.text
    kept = await world.ok("grid", "GET", f"/v1/people/{world.people['resident1']}")
    assert kept["place_id"] == str(world.places["home1"])
    assert len(await members(world, current=True)) == 1


async def test_a_head_is_not_moved_in_beside_a_head(world: World) -> None:
    first = await person(world, place_id=str(world.places["home3"]))
    await join(world, first["id"])
    answer = await move(world, "grid", world.people["resident1"], "home3", relation="head")
    assert answer.status_code == 409
    answer = await move(world, "grid", world.people["resident1"], "home3", relation="spouse")
    assert answer.status_code == 200


async def test_who_does_not_live_in_a_household_moves_in_first(world: World) -> None:
    outside = await person(world, place_id=str(world.places["entrance"]))
    assert (await join(world, outside["id"])).status_code == 422
