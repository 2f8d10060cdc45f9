"""Who acts for a unit at one place is nobody at another: what the item refuses, no list shows."""

from typing import Any

import pytest
from sqlalchemy import update

from app.core.db import Database
from app.models import Grant, Organization
from tests.routers.test_co_handlings import invite
from tests.routers.test_extensions import ask
from tests.stories.steps import accepted_need, act, only_order
from tests.whistles import calls, draft, kind, step
from tests.worlds import World

LISTS = ("orders", "needs", "assignments", "co-handlings", "extensions")


async def ids(world: World, noun: str) -> list[str]:
    return [row["id"] for row in (await world.ok("liaison", "GET", f"/v1/{noun}"))["items"]]


@pytest.fixture
async def held(world: World) -> dict[str, list[str]]:
    """Of each list, what the unit's liaison sees: an order the unit holds and one it does a part of."""
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "assign", organization_id=str(world.units["unit"]))
    await ask(world, "liaison", order)
    other: Any = await only_order(world, await accepted_need(world))
    await act(world, "grid", other, "assign", organization_id=str(world.units["department"]))
    await invite(world, "grid", other, unit="unit")
    return {noun: await ids(world, noun) for noun in LISTS}


async def test_a_list_shows_what_the_item_does_wherever_one_acts_for_the_unit(
    world: World, owner: Database, held: dict[str, list[str]]
) -> None:
    assert {noun: len(found) for noun, found in held.items()} == dict.fromkeys(LISTS, 1) | {"orders": 2}
    elsewhere = {"place_id": world.places["sibling_community"], "path": world.paths["sibling_community"]}
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Grant).where(Grant.person_id == world.people["liaison"]).values(**elsewhere))
    for noun, found in held.items():
        for one in found:
            assert (await world.call("liaison", "GET", f"/v1/{noun}/{one}")).status_code == 404, noun
    # what they asked for themselves stays theirs to find
    shown = {noun: await ids(world, noun) for noun in LISTS if noun != "extensions"}
    assert shown == {noun: [] for noun in shown}


async def test_a_whistle_calls_only_who_answers_for_the_place(world: World, owner: Database) -> None:
    """Else nobody could answer the call: neither it nor the whistle would be there for them."""
    type_id = await kind(owner, world)
    drafted = await draft(world, type_id)
    await step(world, "community", drafted, "approve")
    async with owner.transaction(world.district_id) as session:
        theirs = update(Organization).where(Organization.id == world.units["department"])
        await session.execute(theirs.values(path=world.paths["sibling_community"]))
    await draft(world, type_id, status=422)
    await step(world, "grid", drafted, "blow", 422)
    assert await calls(world) == []
    async with owner.transaction(world.district_id) as session:
        await session.execute(theirs.values(path=world.paths["district"]))
    await step(world, "grid", drafted, "blow")
    assert len(await calls(world)) == 1
