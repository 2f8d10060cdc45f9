"""三项清单: two residents ask, resources are found, a project answers both, a volunteer's hours count, and residents judge it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA, now, today
from app.core.db import Database
from app.domain.evaluations import EVALUATION_WINDOW
from app.workers import clocks
from tests import activities
from tests.activities import do, opened, signed_up, step
from tests.budgets import booked, line, line_now
from tests.projects import form, go, seen, try_to
from tests.routers.test_contributions import given, indicator, programme, values
from tests.routers.test_evaluations import give, result
from tests.routers.test_resources import listed
from tests.services.histories import broken_histories
from tests.stories.steps import act, only_order, submitted
from tests.worlds import World

LAMPS = {
    "title": "二单元楼道灯坏了三个月",
    "details": "晚上上下楼摸黑，上周张阿姨在二楼拐角摔了一跤，希望尽快换上感应灯。",
    "category": "property.lighting",
}
HANDRAIL = {
    "title": "老人上下楼没有扶手",
    "details": "一楼到三楼的扶手松了，楼里七十岁以上的老人有九位，请帮忙加固，楼道灯也常常不亮。",
    "category": "property.lighting",
}
ELECTRICIANS: dict[str, Any] = {
    "kind": "service",
    "nature": "shared",
    "name": "单位电工班",
    "details": "更换楼道灯、检修线路",
    "categories": ["property.lighting"],
    "quantity": 2,
    "unit": "人",
}
LADDERS: dict[str, Any] = {
    "kind": "materials",
    "nature": "shared",
    "name": "人字梯",
    "details": "换灯用的梯子",
    "categories": ["property.lighting"],
    "quantity": 3,
    "unit": "架",
}


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stands until it is moved, a whole minute, so that minutes of service are exact."""
    with time_machine.travel((now() + timedelta(minutes=1)).replace(second=0, microsecond=0), tick=False) as moved:
        yield moved


async def asked(world: World) -> list[Any]:
    """Two needs, each told its kind, both taken into the library."""
    needs = [await submitted(world, "resident1", **LAMPS), await submitted(world, "resident2", **HANDRAIL)]
    for need in needs:
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    return needs


async def found_resources(world: World, need: Any) -> Any:
    """The unit's electricians come first; the ladders, of which two are booked, are a runner-up."""
    men = await listed(world, **ELECTRICIANS)
    ladders = await listed(world, "manager", **LADDERS, organization_id=str(world.units["society"]))
    run = await world.ok("community", "POST", "/v1/match-runs", json={"need_id": need["id"]})
    assert {match["resource_id"] for match in run["matches"]} == {men["id"], ladders["id"]}
    mine = next(match for match in run["matches"] if match["resource_id"] == ladders["id"])
    start = now() + timedelta(days=7)
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
    done = await world.ok("community", "POST", f"/v1/matches/{mine['id']}/confirm", json={"quantity": 2} | span)
    assert done["result"] == "booked"
    return ladders


async def agreed(world: World, needs: list[Any], brand: Any) -> Any:
    """A 民生微实事 with money: the community proposes, the subdistrict agrees, two units claim it, it begins."""
    said = {"kind": "micro", "budget_fen": 1_200_000, "programme_id": brand["id"]}
    said |= {"need_ids": [need["id"] for need in needs]}
    project = await world.ok("community", "POST", "/v1/projects", json=form(world, **said))
    assert (await go(world, "community", project, "publish"))["state"] == "proposed", "money needs the level above"
    query = {"subject_id": project["id"], "state": "pending"}
    (wish,) = (await world.ok("subdistrict", "GET", "/v1/approvals", params=query))["items"]
    await world.ok("subdistrict", "POST", f"/v1/approvals/{wish['id']}/grant", json={})
    await go(world, "liaison", project, "claim", part="lead")
    await go(world, "manager", project, "claim", part="support")
    started = await go(world, "community", project, "start")
    for need in needs:
        order = await only_order(world, need)
        assert order["state"] == "accepted", "each need has an order with the lead unit"
    return started


async def paid(world: World, project: Any) -> None:
    """Lamps and rails are bought, never for more than there is."""
    lamps = await line(world, project, 1_000_000)
    await booked(world, lamps, 960_000)
    over = {"line_id": lamps["id"], "payee": "青城五金商行", "amount_fen": 40_001, "number": "8"}
    over |= {"dated_on": today().isoformat(), "evidence_digest": "9f" * 32}
    assert (await world.call("liaison", "POST", "/v1/vouchers", json=over)).status_code == 409
    assert await line_now(world, lamps) == (1_000_000, 0, 960_000)


async def helped(world: World, project: Any, clock: Any) -> int:
    """The society's day of help: a neighbour comes, a volunteer serves 90 minutes that somebody else confirms."""
    activity = await opened(world, "manager", days=7, title="楼道清理义务劳动", project_id=project["id"])
    guest = await signed_up(world, "resident2", activity)
    helper = await signed_up(world, "volunteer1", activity, "helper")
    early = await try_to(world, "liaison", project, "deliver", result="完", people_reached=1, evidence={"photo": "一"})
    assert early.json()["activity_ids"] == [activity["id"]], "what was announced is held first"
    clock.move_to(activities.begins(activity))
    await step(world, "community", activity, "start")
    for row in (guest, helper):
        await do(world, "community", row, "check-in")
    clock.shift(timedelta(minutes=90))
    for row in (guest, helper):
        await do(world, "community", row, "check-out")
    (hour,) = (await world.ok("grid", "GET", "/v1/hours", params={"activity_id": activity["id"]}))["items"]
    await world.ok("grid", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
    clock.shift(timedelta(minutes=60))
    await step(world, "community", activity, "conclude", report="清理六个单元，九位老人家门口加了反光条。")
    return int(hour["minutes"])


async def delivered(world: World, project: Any, needs: list[Any]) -> None:
    """Reported with evidence; both residents rate their own order, and are told plainly how far it is."""
    said = {"result": "换灯三十六盏，加固扶手三层", "people_reached": 126, "evidence": {"photo": "相册一"}}
    await go(world, "liaison", project, "deliver", **said)
    for who, need, rating in (("resident1", needs[0], 5), ("resident2", needs[1], 4)):
        order = await only_order(world, need)
        assert order["state"] == "reported"
        await act(world, who, order, "confirm", rating=rating)
        assert (await world.ok(who, "GET", f"/v1/needs/{need['id']}"))["state"] == "met"


async def judged(world: World, project: Any, app: FastAPI, clock: Any) -> None:
    for who, rating in (("resident1", 5), ("resident2", 4), ("member1", 5), ("member2", 5), ("volunteer2", 4)):
        assert (await give(world, who, project, rating)).status_code == 201
    clock.shift(EVALUATION_WINDOW)
    await clocks.tick(app.state.database, world.district_id)
    assert (await result(world, "community", project))["average"] == 4.6
    assert (await go(world, "community", project, "archive"))["state"] == "archived"


async def test_two_needs_become_a_project_with_hours(world: World, app: FastAPI, owner: Database, clock: Any) -> None:
    brand = await programme(world)
    for measure in ("projects_delivered", "people_reached", "needs_answered", "spent_fen", "service_minutes"):
        await indicator(world, brand, measure)
    year = now().astimezone(CHINA).year
    needs = await asked(world)
    ladders = await found_resources(world, needs[0])
    project = await agreed(world, needs, brand)
    await paid(world, project)
    minutes = await helped(world, project, clock)
    assert minutes == 90
    booking = (await world.ok("manager", "GET", "/v1/bookings", params={"resource_id": ladders["id"]}))["items"][0]
    await world.ok("manager", "POST", f"/v1/bookings/{booking['id']}/fulfill", json={})
    await delivered(world, project, needs)
    await judged(world, project, app, clock)
    assert (await world.ok("volunteer1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 90
    assert (await given(world, "unit", year=year))["services"]["orders_done"] == 2
    assert (await given(world, "unit", year=year))["services"]["projects_led"] == 1
    assert (await given(world, "society", year=year))["services"]["projects_supported"] == 1
    figures = await values(world, brand, year=year)
    assert (figures["projects_delivered"], figures["people_reached"], figures["needs_answered"]) == (1, 126, 2)
    assert figures["spent_fen"] == 960_000
    shown = await seen(world, "resident1", project)
    assert (shown["state"], shown["needs"], shown["activities"], shown["allotted_fen"]) == ("archived", 2, 1, 1_000_000)
    listed_file = await world.call("resident1", "GET", "/v1/projects", params={"format": "csv"})
    assert "楼道照明改造" in listed_file.content.decode("utf-8-sig")
    assert await broken_histories(owner, world.district_id) == []
