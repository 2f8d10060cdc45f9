"""What a step or a unit leaves behind on an order: the next finds it as it was."""

from datetime import timedelta

from fastapi import FastAPI

from app.core.clock import now
from tests.routers.test_dispatch_rules import UNITS, made
from tests.stories.steps import accepted_need, act, asked, only_order, refused
from tests.stories.test_ways import as_it_is, dispatched, later, way_of
from tests.worlds import World

HAND = {"way": "by_hand", "minutes": 60}
OBJECTION = {"ground": "not_our_duty", "basis": "职责清单第三条"}


async def test_a_dispatcher_has_their_time_after_the_pool_and_no_more(world: World, app: FastAPI) -> None:
    await made(world, {"way": "pool", "minutes": 60}, HAND, HAND, UNITS)
    order, start = await dispatched(world), now()
    for minutes, step in ((61, 2), (110, 2), (122, 3), (170, 3)):
        async with later(app, world, start + timedelta(minutes=minutes)):
            assert (await as_it_is(world, order))["state"] == "published"
            assert (await way_of(world, order))["step"] == step
    async with later(app, world, start + timedelta(minutes=190)):
        assert (await as_it_is(world, order))["state"] == "accepted", "the unit has it"


async def test_what_a_dispatcher_published_is_left_alone(world: World, app: FastAPI) -> None:
    await made(world, HAND, UNITS)
    order, start = await dispatched(world), now()
    await act(world, "grid", order, "publish")
    async with later(app, world, start + timedelta(days=1)):
        assert (await as_it_is(world, order))["state"] == "published"


async def test_a_reopened_order_is_the_units_again(world: World, app: FastAPI) -> None:
    await made(world, UNITS)
    order = await dispatched(world)
    await act(world, "liaison", order, "start")
    await act(world, "liaison", order, "report", result="已修好")
    await act(world, "resident1", order, "confirm", rating=1)
    again = await act(world, "resident1", order, "reopen", words="又漏了")
    assert (again["state"], again["round"]) == ("accepted", 2)
    held = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "accepted"})
    assert [row["organization_id"] for row in held["items"]] == [str(world.units["unit"])]


async def test_as_many_people_are_wanted_after_a_unit_as_before(world: World, app: FastAPI) -> None:
    await made(world, UNITS | {"minutes": 30}, {"way": "waves", "people": 1})
    order, start = await dispatched(world, people_wanted=3), now()
    assert (order["state"], order["people_wanted"]) == ("accepted", 1)
    async with later(app, world, start + timedelta(minutes=31)):
        lost = await as_it_is(world, order)
        assert (lost["state"], lost["people_wanted"], len(await asked(world, order))) == ("offered", 3, 3)


async def test_as_many_are_wanted_after_an_objection_and_a_transfer(world: World) -> None:
    for instead in ("uphold", "transfer"):
        order = await only_order(world, await accepted_need(world, people_wanted=3))
        await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))
        if instead == "uphold":
            await act(world, "department", order, "object", **OBJECTION)
            after = await act(world, "subdistrict", order, "uphold", words="不属该部门")
        else:
            after = await act(world, "grid", order, "transfer", person_id=str(world.people["member1"]))
        assert (after["people_wanted"], after["people_accepted"]) == (3, 0)


async def test_each_unit_has_an_objection_of_its_own(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "assign", organization_id=str(world.units["unit"]))
    await act(world, "liaison", order, "object", **OBJECTION)
    await act(world, "subdistrict", order, "overrule", words="属你单位")
    assert await refused(world, "liaison", order, "object", **OBJECTION) == (409, "conflict")
    await act(world, "grid", order, "transfer", person_id=str(world.people["member1"]))
    await act(world, "member1", order, "decline")
    await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))
    assert (await act(world, "department", order, "object", **OBJECTION))["state"] == "disputed"
