"""A home is as good as an address: who is told which one somebody lives in, and who sees it."""

from typing import Any

import pytest

from app.core.db import Database
from app.core.ids import new_id
from tests.profiles import person
from tests.stories.steps import taken
from tests.worlds import World


async def looks_up(world: World, who: str, place: str) -> int:
    return (await world.call(who, "GET", f"/v1/places/{world.places[place]}")).status_code


async def homes_seen(world: World, who: str) -> set[str]:
    query = {"kind": "household", "limit": 100}
    items = (await world.ok(who, "GET", "/v1/places", params=query))["items"]
    seen = {item["id"] for item in items}
    return {name for name, place in world.places.items() if str(place) in seen}


ALL_HOMES = {f"home{number}" for number in range(1, 8)}


@pytest.mark.parametrize(
    ("who", "homes"),
    [
        ("grid", ALL_HOMES),
        ("community", ALL_HOMES),
        ("subdistrict", ALL_HOMES),
        ("district", ALL_HOMES),
        ("resident1", {"home1"}),
        ("member1", {"home2"}),
        ("auditor", {"home1"}),
        ("department", {"home1"}),
        ("sibling_grid", {"home1"}),
        ("system", {"home1"}),
    ],
)
async def test_homes_show_to_those_who_may_open_addresses_and_who_live_there(
    world: World, who: str, homes: set[str]
) -> None:
    assert await homes_seen(world, who) == homes
    for home in ("home1", "home3"):
        assert await looks_up(world, who, home) == (200 if home in homes else 404)
    assert await looks_up(world, who, "entrance") == 200, "a door to the street is no secret"
    below = {"under": str(world.places["entrance"]), "limit": 100}
    found = (await world.ok(who, "GET", "/v1/places", params=below))["items"]
    assert {item["id"] for item in found} == {str(world.places[name]) for name in homes | {"entrance"}}


async def test_a_hidden_home_is_refused_as_a_missing_one(world: World) -> None:
    hidden = await world.call("resident1", "GET", f"/v1/places/{world.places['home3']}")
    missing = await world.call("resident1", "GET", f"/v1/places/{new_id()}")
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    under = await world.call("resident1", "GET", "/v1/places", params={"under": str(world.places["home3"])})
    assert under.status_code == 404


async def test_whoever_comes_for_an_order_sees_where(world: World) -> None:
    assert await looks_up(world, "member1", "home1") == 404
    order = await taken(world)
    assert order["place_id"] == str(world.places["home1"])
    assert await looks_up(world, "member1", "home1") == 200
    assert await looks_up(world, "member2", "home1") == 404


async def test_whoever_answers_for_a_minor_sees_their_home(world: World) -> None:
    child = await person(world, "community", birth_date="2019-06-01", place_id=str(world.places["home5"]))
    assert await looks_up(world, "resident1", "home5") == 404
    form = {"minor_id": child["id"], "guardian_id": str(world.people["resident1"])}
    await world.ok("community", "POST", "/v1/guardianships", json=form | {"relation": "parent", "evidence": "户口簿"})
    assert await looks_up(world, "resident1", "home5") == 200
    shown = await world.ok("resident1", "GET", f"/v1/people/{child['id']}")
    assert shown["place_id"] == str(world.places["home5"])


async def listed(world: World, who: str, person_id: Any) -> dict[str, Any]:
    items = (await world.ok(who, "GET", "/v1/people", params={"limit": 100}))["items"]
    found: dict[str, Any] = next(item for item in items if item["id"] == str(person_id))
    return found


async def test_people_show_their_home_to_whoever_may_open_the_address(world: World) -> None:
    other = await person(world, place_id=str(world.places["home3"]), address="光明路十二号院三号楼")
    home, grid = str(world.places["home3"]), str(world.places["grid"])
    for who, told in (("grid", home), ("district", home), ("auditor", grid)):
        assert (await listed(world, who, other["id"]))["place_id"] == told
        assert (await world.ok(who, "GET", f"/v1/people/{other['id']}"))["place_id"] == told
    own = str(world.places["home1"])
    assert (await listed(world, "auditor", world.people["auditor"]))["place_id"] == own
    assert (await world.ok("resident1", "GET", "/v1/me"))["person"]["place_id"] == own
    assert (await world.ok("resident1", "GET", f"/v1/people/{world.people['resident1']}"))["place_id"] == own


async def test_where_there_is_no_grid_the_community_is_told(world: World, owner: Database) -> None:
    other = await person(world, "community", place_id=str(world.places["community"]))
    assert (await listed(world, "auditor", other["id"]))["place_id"] == str(world.places["community"])


async def test_of_a_minor_lists_tell_the_grid(world: World) -> None:
    child = await person(world, birth_date="2019-06-01", phone="19912340009", place_id=str(world.places["home3"]))
    grid = str(world.places["grid"])
    assert child["place_id"] == grid
    for who in ("grid", "community", "auditor"):
        assert (await listed(world, who, child["id"]))["place_id"] == grid
    found = await world.ok("grid", "POST", "/v1/people/find", json={"phone": "19912340009"})
    assert found["place_id"] == grid
