"""Projects in the claim round: listed, claimed, confirmed; then the units that claimed are the ones in the project."""

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.models import Event, ProjectUnit
from tests.projects import go, proposed, seen
from tests.routers.rotating import DECEMBER, liaison_of, published, seat_units, travel
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, only_order
from tests.stories.test_rights import told
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


def listing(turn: Any, project: Any, **more: Any) -> dict[str, Any]:
    return {"turn_id": turn["id"], "project_id": project["id"], "title": "楼道照明改造", "most_units": 3} | more


async def listed(world: World, turn: Any, **more: Any) -> tuple[Any, Any]:
    """A project that nobody leads, and its item."""
    project = await proposed(world, **more)
    await go(world, "community", project, "publish")
    return project, await world.ok("community", "POST", "/v1/claim-items", json=listing(turn, project))


async def claim(world: World, unit: str, item: Any) -> int:
    return (await world.call(unit, "POST", "/v1/service-claims", json={"item_id": item["id"]})).status_code


async def confirm(world: World, item: Any) -> int:
    return (await world.call("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})).status_code


async def parts(world: World, project: Any) -> dict[str, str]:
    names = {str(unit): name for name, unit in world.units.items()}
    return {names[unit["organization_id"]]: unit["part"] for unit in (await seen(world, "community", project))["units"]}


async def test_who_claims_in_the_round_is_in_the_project(world: World, app: FastAPI, turn: Any) -> None:
    need = await accepted_need(world)
    project, item = await listed(world, turn, need_ids=[need["id"]])
    assert (item["need_id"], item["project_id"], item["order_id"]) == (None, project["id"], None)
    assert [await claim(world, unit, item) for unit in ("unit2", "unit3", "unit4")] == [201, 201, 201]
    await claim_withdrawn(world, "unit2", item)
    done = await world.ok("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})
    assert (done["state"], done["order_id"]) == ("confirmed", None)
    assert await parts(world, project) == {"unit3": "lead", "unit4": "support"}
    shown = await seen(world, "community", project)
    assert (shown["state"], "unclaim" in (await seen(world, "unit3", project))["actions"]) == ("claimed", True)
    await go(world, "community", project, "start")
    assert (await only_order(world, need))["state"] == "accepted"
    assert "本单位认领的服务事项已确认" in await told(world, app, "unit3")
    records = await world.ok("community", "GET", "/v1/duty-records", params={"year": 2027, "limit": 100})
    mine = next(one for one in records["items"] if one["organization_id"] == str(world.units["unit3"]))
    assert mine["claims_confirmed"] == 1
    steps = await world.ok("community", "GET", f"/v1/duty-turns/{turn['id']}/checklist")
    assert next(step["done"] for step in steps if step["step"] == "claim")


async def claim_withdrawn(world: World, unit: str, item: Any) -> None:
    found = await world.ok(unit, "GET", "/v1/service-claims", params={"item_id": item["id"], "limit": 100})
    mine = next(one for one in found["items"] if one["organization_id"] == str(world.units[unit]))
    await world.ok(unit, "POST", f"/v1/service-claims/{mine['id']}/withdraw", json={})


async def test_the_project_says_who_claimed_for_the_unit(world: World, owner: Database, turn: Any) -> None:
    """And the history who confirmed it."""
    project, item = await listed(world, turn)
    await claim(world, "unit2", item)
    assert await confirm(world, item) == 200
    async with owner.transaction(world.district_id) as session:
        unit = (await session.scalars(select(ProjectUnit).where(ProjectUnit.project_id == UUID(project["id"])))).one()
        joined = select(Event).where(Event.aggregate_id == unit.project_id, Event.action == "claim")
        event = (await session.scalars(joined)).one()
        items = select(Event.data).where(Event.aggregate_id == UUID(item["id"]))
        named = {data["project_id"] for data in await session.scalars(items)}
    assert (unit.claimed_by, event.actor_id) == (world.people["unit2"], world.people["community"])
    assert event.data == {"organization_id": str(world.units["unit2"]), "part": "lead"}
    assert named == {project["id"]}
    assert await broken_histories(owner, world.district_id) == []


async def test_an_item_is_for_a_need_or_a_project(world: World, turn: Any) -> None:
    project = await proposed(world)
    await go(world, "community", project, "publish")
    need = await accepted_need(world)
    both = listing(turn, project, need_id=need["id"])
    for form in (both, both | {"need_id": None, "project_id": None}):
        answer = await world.call("community", "POST", "/v1/claim-items", json=form)
        assert answer.status_code == 422, form


async def test_a_project_is_listed_once_and_only_while_nobody_leads_it(world: World, turn: Any) -> None:
    project = await proposed(world)
    who = liaison_of(world, turn)
    assert (await world.call(who, "POST", "/v1/claim-items", json=listing(turn, project))).status_code == 404
    assert (await world.call("community", "POST", "/v1/claim-items", json=listing(turn, project))).status_code == 409
    await go(world, "community", project, "publish")
    calls = (world.call(name, "POST", "/v1/claim-items", json=listing(turn, project)) for name in (who, "community"))
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    other = await proposed(world)
    await go(world, "community", other, "publish")
    await go(world, "unit2", other, "claim", part="lead")
    assert (await world.call(who, "POST", "/v1/claim-items", json=listing(turn, other))).status_code == 409
    stranger = "resident1"
    assert (await world.call(stranger, "POST", "/v1/claim-items", json=listing(turn, other))).status_code == 403


async def test_of_two_that_claim_at_once_one_leads(world: World, turn: Any) -> None:
    project, item = await listed(world, turn)
    assert sorted(await asyncio.gather(*(claim(world, f"unit{n}", item) for n in range(2, 8)))) == [201] * 3 + [409] * 3
    assert await confirm(world, item) == 200
    assert sorted((await parts(world, project)).values()) == ["lead", "support", "support"]


async def test_a_confirmation_and_a_claim_beside_the_round_make_one_lead(world: World, turn: Any) -> None:
    project, item = await listed(world, turn)
    await claim(world, "unit2", item)
    direct = world.call("unit3", "POST", f"/v1/projects/{project['id']}/claim", json={"part": "lead"})
    beside, confirmed = await asyncio.gather(direct, confirm(world, item))
    assert sorted([beside.status_code, confirmed]) == [200, 409]
    assert list((await parts(world, project)).values()) == ["lead"]


async def test_who_leads_beside_the_round_is_not_put_aside(world: World, turn: Any) -> None:
    """And a unit that supports it already does not lead it by the way; nothing changes then."""
    project, item = await listed(world, turn)
    assert await claim(world, "unit2", item) == 201
    await go(world, "unit2", project, "claim", part="support")
    assert await confirm(world, item) == 409
    await go(world, "unit2", project, "unclaim")
    await go(world, "unit3", project, "claim", part="lead")
    assert await confirm(world, item) == 409
    shown = await world.ok("community", "GET", f"/v1/claim-items/{item['id']}")
    assert (shown["state"], await parts(world, project)) == ("listed", {"unit3": "lead"})
    await go(world, "unit3", project, "unclaim")
    await go(world, "unit2", project, "claim", part="lead")
    assert await confirm(world, item) == 200, "who leads it already by the same claim goes on leading"
    assert await parts(world, project) == {"unit2": "lead"}


async def test_a_project_that_is_over_is_not_handed_over(world: World, turn: Any) -> None:
    project, item = await listed(world, turn)
    await claim(world, "unit2", item)
    await go(world, "community", project, "cancel", reason="no_money", words="资金未落实")
    assert await confirm(world, item) == 409
    await world.ok("community", "POST", f"/v1/claim-items/{item['id']}/drop", json={})


async def test_the_list_and_its_file_name_the_project(world: World, turn: Any) -> None:
    project, item = await listed(world, turn)
    other, _ = await listed(world, turn)
    found = await world.ok("unit2", "GET", "/v1/claim-items", params={"project_id": project["id"]})
    assert [one["id"] for one in found["items"]] == [item["id"]]
    asked = {"project_id": other["id"], "format": "csv"}
    answer = await world.call("unit2", "GET", "/v1/claim-items", params=asked)
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["项目"], row["需求"]) == (other["id"], "")


async def test_another_districts_project_is_not_there(world: World, other_world: World, turn: Any) -> None:
    theirs = await proposed(other_world)
    await go(other_world, "community", theirs, "publish")
    missing = await world.call("community", "POST", "/v1/claim-items", json=listing(turn, {"id": turn["id"]}))
    across = await world.call("community", "POST", "/v1/claim-items", json=listing(turn, theirs))
    assert (across.status_code, across.content) == (404, missing.content)
    _, item = await listed(world, turn)
    assert (await other_world.call("community", "GET", f"/v1/claim-items/{item['id']}")).status_code == 404
    assert await claim(other_world, "liaison", item) == 404
