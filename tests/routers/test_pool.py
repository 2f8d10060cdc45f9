"""The pool tells no door: neither in what it shows, nor by what it can be asked for."""

from typing import Any

import pytest

from app.domain.places import NO_NEARER, PlaceKind
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import World


@pytest.fixture
async def published(world: World) -> Any:
    return await act(world, "grid", await only_order(world, await accepted_need(world)), "publish")


@pytest.mark.parametrize("view", ["pool", "mine"])
async def test_nobody_asks_door_by_door(world: World, published: Any, view: str) -> None:
    for place in ("compound", "building", "entrance", "home1"):
        asked = {view: True, "place_id": str(world.places[place])}
        answer = await world.call("volunteer1", "GET", "/v1/orders", params=asked)
        assert (answer.status_code, answer.json()["field"]) == (422, "place_id"), place
    for place in map(str, NO_NEARER):
        asked = {view: True, "place_id": str(world.places[place])}
        shown = (await world.ok("volunteer1", "GET", "/v1/orders", params=asked))["items"]
        assert [order["place_id"] for order in shown] == ([None] if view == "pool" else [])


async def test_whoever_looks_after_the_place_does(world: World, published: Any) -> None:
    asked = {"place_id": str(world.places["entrance"])}
    shown = (await world.ok("grid", "GET", "/v1/orders", params=asked))["items"]
    assert [order["id"] for order in shown] == [published["id"]]
    assert PlaceKind.ENTRANCE not in NO_NEARER
