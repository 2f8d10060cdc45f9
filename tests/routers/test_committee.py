"""Member units of the joint committee: joining, who speaks for them, leaving in the middle of their year."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.models import Organization
from tests.routers.rotating import DECEMBER, drawn, freezing, published, seat_units, travel, turns_of
from tests.worlds import World

MEMBERS = "/v1/committee-members"


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    """Before the world is built, so that everybody holds their roles then."""
    with time_machine.travel(DECEMBER) as clock:
        yield clock


def form(world: World, unit: str = "unit", **more: Any) -> dict[str, Any]:
    where = {"community_id": str(world.places["community"]), "organization_id": str(world.units[unit])}
    return where | {"joined_on": "2026-12-01"} | more


async def flag(owner: Database, world: World, unit: str = "unit") -> bool | None:
    async with owner.transaction(world.district_id) as session:
        return await session.scalar(select(Organization.joint_committee).where(Organization.id == world.units[unit]))


async def test_a_unit_joins_and_leaves_and_its_mark_follows(world: World, owner: Database) -> None:
    liaison = str(world.people["liaison"])
    member = await world.ok("community", "POST", MEMBERS, json=form(world, liaison_id=liaison))
    assert (member["organization_name"], member["liaison_name"]) == ("测试单位unit", "测*******n")
    assert await flag(owner, world) is True
    assert (await world.call("community", "POST", MEMBERS, json=form(world))).status_code == 409
    found = await world.ok("liaison", "GET", MEMBERS, params={"current": True, "kind": "partner_unit"})
    assert [item["id"] for item in found["items"]] == [member["id"]]
    leave = f"{MEMBERS}/{member['id']}/leave"
    gone = await world.ok("community", "POST", leave, json={"left_on": "2026-12-10", "reason": "单位迁出"})
    assert (gone["left_on"], await flag(owner, world)) == ("2026-12-10", False)
    assert (
        await world.call("community", "POST", leave, json={"left_on": "2026-12-10", "reason": "再退"})
    ).status_code == 409
    again = await world.ok("community", "POST", MEMBERS, json=form(world))
    assert again["id"] != member["id"]
    assert (await world.ok("community", "GET", MEMBERS, params={"current": False}))["items"][0]["id"] == member["id"]


async def test_a_unit_may_sit_in_two_committees(world: World, owner: Database) -> None:
    here = await world.ok("community", "POST", MEMBERS, json=form(world))
    beside = form(world, community_id=str(world.places["sibling_community"]))
    await world.ok("sibling_community", "POST", MEMBERS, json=beside)
    gone = {"left_on": "2026-12-10", "reason": "单位迁出"}
    await world.ok("community", "POST", f"{MEMBERS}/{here['id']}/leave", json=gone)
    assert await flag(owner, world) is True


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"joined_on": "2026-12-11"}, "joined_on"),
        ({"liaison_id": "resident1"}, "liaison_id"),
        ({"deputy_id": "department"}, "deputy_id"),
        ({"liaison_id": "liaison", "deputy_id": "liaison"}, "deputy_id"),
    ],
)
async def test_who_does_not_fit_is_refused(world: World, more: dict[str, Any], field: str) -> None:
    named = {name: str(world.people.get(value, value)) for name, value in more.items()}
    answer = await world.call("community", "POST", MEMBERS, json=form(world, **named))
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_liaison_changes(world: World) -> None:
    member = await world.ok("community", "POST", MEMBERS, json=form(world))
    tag = {"if-match": f'"{member["version"]}"'}
    path, liaison = f"{MEMBERS}/{member['id']}", {"liaison_id": str(world.people["liaison"])}
    changed = await world.ok("community", "PATCH", path, json=liaison, headers=tag)
    assert changed["liaison_id"] == liaison["liaison_id"]
    assert (await world.call("community", "PATCH", path, json=liaison, headers=tag)).status_code == 412


async def test_the_turns_of_a_unit_that_leaves_fall_to_the_reserve(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    await seat_units(app, owner, world, 9)
    turns = await published(december, world)
    await travel(december, app, owner, world, date(2027, 1, 1))
    draw = (await world.ok("resident1", "GET", "/v1/duty-draws"))["items"][0]
    leavers = [turns[0]["organization_id"], turns[3]["organization_id"]]
    for unit, successor in zip(leavers, draw["reserve"], strict=False):
        member = (await world.ok("community", "GET", MEMBERS, params={"organization_id": unit}))["items"][0]
        gone = {"left_on": "2027-01-01", "reason": "单位迁出"}
        await world.ok("community", "POST", f"{MEMBERS}/{member['id']}/leave", json=gone)
        held = [turn["organization_id"] for turn in await turns_of(world)]
        assert unit not in held
        assert successor in held
    now_held = await turns_of(world)
    assert [turn["state"] for turn in now_held] == ["on_duty"] + ["planned"] * 5
    assert len({turn["organization_id"] for turn in now_held}) == 6


async def test_who_is_exempt_takes_no_turn_of_a_unit_that_leaves(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    """Of seven one is exempt, and no reserve is left: a turn falls to one of the six a second time."""
    names = await seat_units(app, owner, world, 7)
    exempt = str(world.units[names[-1]])
    draw = await drawn(december, world, exempt=[{"organization_id": exempt, "reason": "正在改制"}])
    await world.ok("community", "POST", f"/v1/duty-draws/{draw['id']}/publish", json={})
    unit = (await turns_of(world))[2]["organization_id"]
    member = (await world.ok("community", "GET", MEMBERS, params={"organization_id": unit}))["items"][0]
    gone = {"left_on": "2026-12-11", "reason": "单位迁出"}
    await world.ok("community", "POST", f"{MEMBERS}/{member['id']}/leave", json=gone)
    held = {turn["organization_id"] for turn in await turns_of(world)}
    assert len(held) == 5
    assert not held & {unit, exempt}


async def test_with_few_units_the_others_share_what_is_left(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    await seat_units(app, owner, world, 2)
    turns = await published(december, world)
    assert {turn["number"]: turn["organization_id"] for turn in turns}[1] == turns[2]["organization_id"]
    member = (await world.ok("community", "GET", MEMBERS))["items"]
    for one, status in zip(member, (200, 409), strict=True):
        gone = {"left_on": "2026-12-11", "reason": "单位迁出"}
        answer = await world.call("community", "POST", f"{MEMBERS}/{one['id']}/leave", json=gone)
        assert answer.status_code == status, answer.text
    assert {turn["organization_id"] for turn in await turns_of(world)} == {member[1]["organization_id"]}


async def test_a_draw_that_names_who_left_is_not_published(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    await seat_units(app, owner, world, 2)
    draw = await world.ok("community", "POST", "/v1/duty-draws", json=freezing(world))
    december.move_to(DECEMBER.replace(day=11))
    await world.ok("community", "POST", f"/v1/duty-draws/{draw['id']}/reveal", json={"word": "07"})
    member = (await world.ok("community", "GET", MEMBERS))["items"][0]
    gone = {"left_on": "2026-12-11", "reason": "单位迁出"}
    await world.ok("community", "POST", f"{MEMBERS}/{member['id']}/leave", json=gone)
    assert (await world.call("community", "POST", f"/v1/duty-draws/{draw['id']}/publish", json={})).status_code == 409
