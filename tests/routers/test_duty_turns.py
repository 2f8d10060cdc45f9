"""Turns begin and end by the day in China, are reported by their unit and closed by the community; everybody sees who has them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA
from app.core.db import Database
from app.services.duty_turns import unit_on_duty
from app.workers import clocks
from tests.routers.rotating import DECEMBER, liaison_of, published, renew, seat_units, travel, turns_of
from tests.stories.test_rights import told
from tests.worlds import World


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


@pytest.fixture
async def turns(world: World, app: FastAPI, owner: Database, december: Any) -> list[Any]:
    await seat_units(app, owner, world, 7)
    return await published(december, world)


async def states(world: World) -> list[str]:
    return [turn["state"] for turn in await turns_of(world)]


async def test_a_turn_begins_at_midnight_in_china(
    world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any
) -> None:
    for moment, state in (
        (datetime(2026, 12, 31, 23, 59, 30, tzinfo=CHINA), "planned"),
        (datetime(2027, 1, 1, 0, 0, 1, tzinfo=CHINA), "on_duty"),
    ):
        december.move_to(moment)
        await renew(owner, world, moment)
        await clocks.tick(app.state.database, world.district_id)
        assert (await states(world))[0] == state


async def test_one_after_the_other_through_the_year(
    world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any
) -> None:
    await travel(december, app, owner, world, date(2027, 2, 28))
    assert await states(world) == ["on_duty"] + ["planned"] * 5
    await travel(december, app, owner, world, date(2027, 3, 1))
    assert await states(world) == ["ended", "on_duty"] + ["planned"] * 4
    who = liaison_of(world, turns[0])
    assert any("期满" in words for words in await told(world, app, who))
    path = f"/v1/duty-turns/{turns[0]['id']}"
    report = {"words": "召开联席会议一次"}
    assert (await world.call(liaison_of(world, turns[1]), "POST", f"{path}/report", json=report)).status_code == 403
    assert (await world.call("community", "POST", f"{path}/close", json={})).status_code == 409
    done = await world.ok(who, "POST", f"{path}/report", json=report)
    assert (done["state"], done["report"]) == ("reported", "召开联席会议一次")
    assert (await world.ok("resident1", "GET", path))["report"] is None, "what units write is for the committee"
    assert (await world.ok("community", "POST", f"{path}/close", json={}))["state"] == "closed"


async def test_who_is_on_duty_can_be_asked(world: World, owner: Database, turns: list[Any]) -> None:
    community = world.places["community"]
    async with owner.transaction(world.district_id) as session:
        assert await unit_on_duty(session, community) is None
        found = await unit_on_duty(session, community, date(2027, 4, 30))
        assert await unit_on_duty(session, world.places["sibling_community"], date(2027, 4, 30)) is None
    assert found == UUID(turns[1]["organization_id"])
    shown = await world.ok("resident1", "GET", "/v1/duty-turns", params={"on": "2027-04-30"})
    assert [turn["id"] for turn in shown["items"]] == [turns[1]["id"]]


async def test_a_late_clock_catches_up(
    world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any
) -> None:
    """Whatever stood still, in the end everything has begun and ended once, in its order."""
    december.move_to(datetime(2027, 7, 15, 9, tzinfo=CHINA))
    await renew(owner, world, datetime(2027, 7, 15, 9, tzinfo=CHINA))
    for _ in range(8):
        await clocks.tick(app.state.database, world.district_id)
    assert await states(world) == ["ended", "ended", "ended", "on_duty", "planned", "planned"]
