"""What is told of others' needs before one's own is sent in: neither at which door they were asked, nor handlers' own."""

from typing import Any

import pytest

from tests.stories.steps import submitted
from tests.worlds import World

LAMP: dict[str, Any] = {"title": "楼道灯不亮", "details": "声控灯坏了两天", "category": None}


async def near(world: World, who: str, place: str | None = None, place_id: str | None = None) -> list[Any]:
    form = {"title": LAMP["title"], "place_id": place_id or str(world.places[place or "home1"])}
    return list((await world.ok(who, "POST", "/v1/needs/suggest", json=form))["near"])


@pytest.mark.parametrize("who", ["resident2", "liaison", "member1"])
async def test_no_door_is_found_by_trying_them(world: World, who: str) -> None:
    """Whatever door of the compound is tried, the answer is the same to the letter."""
    await submitted(world, **LAMP | {"privacy": "public", "place_id": str(world.places["home4"])})
    answers = [await near(world, who, place) for place in ("home4", "home5", "entrance", "building", "compound")]
    (found,) = answers[0]
    assert "同一小区" in found["reasons"]
    for other in answers[1:]:
        assert [one["reasons"] for one in other] == [found["reasons"]]
        assert [(one["score"], one["parts"]) for one in other] == [(found["score"], found["parts"])]


async def test_who_looks_after_the_place_is_told_the_door(world: World) -> None:
    await submitted(world, **LAMP | {"place_id": str(world.places["home4"])})
    for place, words in (("home4", "同一地点"), ("home5", "同一单元")):
        ((reasons),) = [one["reasons"] for one in await near(world, "grid", place)]
        assert words in reasons


async def test_a_grid_worker_is_not_told_what_another_grid_keeps_to_its_handlers(world: World) -> None:
    form = {"kind": "grid", "name": "第二网格", "code": "02", "parent_id": str(world.places["community"])}
    other = await world.ok("community", "POST", "/v1/places", json=form)
    need = {"place_id": other["id"]}
    await submitted(world, **LAMP | need | {"privacy": "handlers"})
    assert await near(world, "grid") == []
    assert len(await near(world, "community")) == 1
    await submitted(world, **LAMP | need | {"privacy": "community"})
    (found,) = await near(world, "grid")
    assert found["need_id"] is None


async def test_a_need_is_compared_with_another_grids_as_far_as_its_grid_worker_may_know(world: World) -> None:
    """What it keeps to its handlers is not there; of what is open, no reason tells how near it was asked."""
    home = await world.ok("community", "GET", f"/v1/places/{world.places['home4']}")
    spot = {"position": {"lon": home["lon"], "lat": home["lat"], "datum": "wgs84"}}
    form = {"kind": "grid", "name": "第二网格", "code": "02", "parent_id": str(world.places["community"])}
    other = await world.ok("community", "POST", "/v1/places", json=form | spot)
    need = await submitted(world, **LAMP | {"place_id": str(world.places["home4"])})
    theirs = await submitted(world, **LAMP | {"place_id": other["id"], "privacy": "handlers"})
    assert await duplicates(world, "grid", need) == []
    (found,) = await duplicates(world, "community", need)
    assert (found["need_id"], "相距不到 100 米" in found["reasons"]) == (theirs["id"], True)
    await submitted(world, **LAMP | {"place_id": other["id"], "privacy": "community"})
    (found,) = await duplicates(world, "grid", need)
    assert (found["need_id"], found["parts"]["place"]) == (None, 0.1)
    assert found["reasons"][0] == "同一天"
    asked = (await near(world, "grid", "home4"))[-1]
    assert asked["parts"]["place"] == 0.1


async def duplicates(world: World, who: str, need: Any) -> list[Any]:
    return list((await world.ok(who, "GET", f"/v1/needs/{need['id']}/duplicates"))["items"])
