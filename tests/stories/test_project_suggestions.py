"""未诉先办：同一小区反复报修，建议立项，一次解决。"""

import asyncio
from typing import Any

import pytest

from tests.stories.steps import accepted_need, submitted
from tests.worlds import World

PROJECT = {"title": "水管整体更换", "aims": "从源头解决反复漏水", "kind": "other", "link": "services"}
DAYS = {"starts_on": "2026-12-01", "ends_on": "2027-02-28"}


async def _suggested(world: World, who: str = "community", **query: str) -> list[Any]:
    found: list[Any] = (await world.ok(who, "GET", "/v1/project-suggestions", params=query))["items"]
    return found


async def test_the_third_burst_pipe_of_a_compound_suggests_a_project(world: World) -> None:
    needs = [await accepted_need(world) for _ in range(2)]
    assert await _suggested(world) == []
    needs.append(await accepted_need(world))
    (found,) = await _suggested(world)
    place = str(world.places["compound"])
    assert (found["place_id"], found["category"], found["needs"]) == (place, "repair.plumbing", 3)
    assert await _suggested(world, "sibling_community") == []
    adopted = await world.ok("community", "POST", f"/v1/project-suggestions/{found['id']}/adopt", json=PROJECT | DAYS)
    project = await world.ok("community", "GET", f"/v1/projects/{adopted['project_id']}")
    assert (project["place_id"], project["state"]) == (place, "proposed")
    assert set(project["need_ids"]) == {need["id"] for need in needs}
    again = await world.call("community", "POST", f"/v1/project-suggestions/{found['id']}/adopt", json=PROJECT | DAYS)
    assert again.status_code == 409


async def test_what_was_dismissed_comes_again_only_after_three_more(world: World) -> None:
    for _ in range(3):
        await accepted_need(world)
    (found,) = await _suggested(world)
    path = f"/v1/project-suggestions/{found['id']}/dismiss"
    assert (await world.call("community", "POST", path, json={})).status_code == 422
    await world.ok("community", "POST", path, json={"reason": "管线改造明年开工"})
    for _ in range(2):
        await accepted_need(world)
    assert await _suggested(world, state="suggested") == []
    await accepted_need(world)
    (again,) = await _suggested(world, state="suggested")
    assert (again["needs"], again["id"] != found["id"]) == (3, True)
    (dismissed,) = await _suggested(world, state="dismissed")
    assert dismissed["needs"] == 3, "as it was decided about"


@pytest.mark.parametrize("many", [3, 6])
async def test_many_accepted_at_once_suggest_it_once(world: World, many: int) -> None:
    needs = [await submitted(world) for _ in range(many)]
    await asyncio.gather(*(_accept(world, need) for need in needs))
    (found,) = await _suggested(world)
    assert found["needs"] == many


async def test_the_third_of_its_kind_by_another_category_suggests_a_project(world: World) -> None:
    for _ in range(2):
        await accepted_need(world)
    need = await submitted(world)
    await _accept(world, need, category="repair.home")
    assert await _suggested(world) == []
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/recategorise", json={"category": "repair.plumbing"})
    (found,) = await _suggested(world)
    assert (found["category"], found["needs"]) == ("repair.plumbing", 3)


async def _accept(world: World, need: dict[str, Any], **form: Any) -> None:
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False} | form)
