"""八联 and indicators over HTTP: what is shown is what was done, in the year it was done, and nobody typed it in."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.domain.evaluations import EVALUATION_WINDOW
from tests.budgets import booked, decide, line, paper
from tests.profiles import tag_of
from tests.projects import deliver, delivered, form, go, running
from tests.routers.test_evaluations import VOICES, judged
from tests.routers.test_milestones import act as act_on
from tests.routers.test_milestones import milestone
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import World

YEAR = now().astimezone(CHINA).year
_SUMS = ("projects_led", "projects_supported", "orders_done", "service_minutes", "spent_fen")
NOTHING = dict.fromkeys((*_SUMS, "activities_held", "resources_lent", "meetings_attended"), 0)


async def given(world: World, unit: str, who: str = "community", **query: Any) -> dict[str, Any]:
    """What a unit gave, by link; only where something was."""
    asked = {"organization_id": str(world.units[unit])} | query
    (found,) = (await world.ok(who, "GET", "/v1/contributions", params=asked))["items"]
    assert len(found["links"]) == (1 if "link" in query else 8)
    sums = {each.pop("link"): each for each in found["links"]}
    return {link: {k: v for k, v in each.items() if v} for link, each in sums.items() if each != NOTHING}


async def programme(world: World, kind: str = "programme", code: str = "unity") -> Any:
    said = {"place_id": str(world.places["community"]), "kind": kind, "code": code, "name": "民族团结一家亲"}
    return await world.ok("community", "POST", "/v1/programmes", json=said)


async def indicator(world: World, found: Any, measure: str, **more: Any) -> Any:
    said = {"programme_id": found["id"], "code": measure, "name": measure, "unit": "个", "measure": measure}
    return await world.ok("community", "POST", "/v1/indicators", json=said | more)


async def values(world: World, found: Any, **query: Any) -> dict[str, int]:
    asked = {"programme_id": found["id"]} | query
    page = await world.ok("auditor", "GET", "/v1/indicators", params=asked)
    return {item["measure"]: item["value"] for item in page["items"]}


async def test_a_project_counts_once_it_is_delivered(world: World) -> None:
    project = await running(world, link="sanitation", budget_fen=1_000)
    assert await given(world, "unit") == await given(world, "society") == {}
    paid = await line(world, project, 1_000, source="unit", organization_id=str(world.units["society"]))
    voucher = await booked(world, paid, 700)
    await booked(world, paid, 200)
    await deliver(world, project)
    assert await given(world, "unit") == {"sanitation": {"projects_led": 1}}
    assert await given(world, "society", "liaison") == {"sanitation": {"projects_supported": 1, "spent_fen": 900}}
    back = await world.ok("liaison", "POST", f"/v1/vouchers/{voucher['id']}/reverse", json=paper())
    await decide(world, back, "approve")
    assert (await given(world, "society"))["sanitation"]["spent_fen"] == 200
    assert await given(world, "unit", year=YEAR - 1) == {}
    assert await given(world, "unit", link="culture") == {}


async def test_orders_count_under_the_link_of_their_project(world: World) -> None:
    need = await accepted_need(world)
    await delivered(world, link="charity", need_ids=[need["id"]])
    await act(world, "resident1", await only_order(world, need), "confirm", rating=5)
    assert await given(world, "unit") == {"charity": {"projects_led": 1, "orders_done": 1}}
    other = await only_order(world, await accepted_need(world))
    await act(world, "grid", other, "assign", organization_id=str(world.units["unit"]))
    for action, said in (("start", {}), ("report", {"result": "已修好"})):
        await act(world, "liaison", other, action, **said)
    assert "services" not in await given(world, "unit"), "not before it is closed"
    await act(world, "resident1", other, "confirm", rating=5)
    assert (await given(world, "unit"))["services"] == {"orders_done": 1}


async def test_hours_of_a_units_people_count_once_confirmed(world: World) -> None:
    need = await accepted_need(world)
    await delivered(world, link="charity", need_ids=[need["id"]])
    order, begun = await only_order(world, need), now() - timedelta(hours=3)
    span = {"served_from": begun.isoformat(), "served_until": (begun + timedelta(minutes=90)).isoformat()}
    said = {"order_id": order["id"], "person_id": str(world.people["liaison"]), "evidence": "签到表"} | span
    hour = await world.ok("grid", "POST", "/v1/hours", json=said)
    assert "service_minutes" not in (await given(world, "unit", link="charity"))["charity"]
    await world.ok("community", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
    year = begun.astimezone(CHINA).year
    assert (await given(world, "unit", year=year))["charity"]["service_minutes"] == 90


async def test_units_are_listed_to_those_of_their_place(world: World) -> None:
    page = await world.ok("liaison", "GET", "/v1/contributions", params={"limit": 2})
    rest = await world.ok("liaison", "GET", "/v1/contributions", params={"cursor": page["next_cursor"]})
    shown = [item["organization_id"] for item in page["items"] + rest["items"]]
    assert shown == sorted(str(unit) for unit in world.units.values())
    there = {"place_id": str(world.places["sibling_community"])}
    assert (await world.ok("auditor", "GET", "/v1/contributions", params=there))["items"] == []
    assert (await world.call("resident1", "GET", "/v1/contributions")).status_code == 403


async def test_indicators_are_computed_from_the_programmes_own_projects(world: World) -> None:
    own, method = await programme(world), await programme(world, "method", "eight_ones")
    measures = ("projects_delivered", "people_reached", "needs_answered", "units_taking_part", "spent_fen")
    for each in (own, method):
        for measure in measures:
            await indicator(world, each, measure)
    need = await accepted_need(world)
    project = await running(world, programme_id=own["id"], need_ids=[need["id"]], budget_fen=100)
    await booked(world, await line(world, project, 100), 60)
    assert await values(world, own) == dict.fromkeys(measures, 0) | {"spent_fen": 60}
    await deliver(world, project)
    await delivered(world)
    assert await values(world, own) == dict(zip(measures, (1, 120, 1, 2, 60), strict=True))
    assert await values(world, method) == dict(zip(measures, (2, 240, 1, 2, 60), strict=True))
    assert await values(world, own, year=YEAR - 1) == dict.fromkeys(measures, 0)
    listed = await world.ok("resident1", "GET", "/v1/projects", params={"programme_id": own["id"]})
    assert [item["id"] for item in listed["items"]] == [project["id"]]


async def test_service_minutes_of_a_programme_and_of_the_whole_community(world: World) -> None:
    own, method = await programme(world), await programme(world, "method", "eight_ones")
    for each in (own, method):
        await indicator(world, each, "service_minutes")
    order, begun = await only_order(world, await accepted_need(world)), now() - timedelta(hours=3)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    span = {"served_from": begun.isoformat(), "served_until": (begun + timedelta(minutes=30)).isoformat()}
    said = {"order_id": order["id"], "person_id": str(world.people["member1"]), "evidence": "签到表"} | span
    hour = await world.ok("grid", "POST", "/v1/hours", json=said)
    await world.ok("community", "POST", f"/v1/hours/{hour['id']}/confirm", json={})
    year = begun.astimezone(CHINA).year
    assert (await values(world, own, year=year), await values(world, method, year=year)) == (
        {"service_minutes": 0},
        {"service_minutes": 30},
    )


async def test_targets_stand_by_year_and_values_are_never_typed_in(world: World) -> None:
    made = await indicator(world, await programme(world), "projects_delivered", targets={str(YEAR): 8})
    assert (made["target"], made["value"], made["year"]) == (8, 0, YEAR)
    path = f"/v1/indicators/{made['id']}"
    tag = await tag_of(world, "community", path)
    typed = await world.call("community", "PATCH", path, json={"value": 9}, headers=tag)
    assert typed.status_code == 422
    changed = await world.ok("community", "PATCH", path, json={"targets": {"2031": 2}}, headers=tag)
    assert (changed["target"], changed["targets"]) == (None, {"2031": 2})


@pytest.mark.parametrize("retired", [True, False])
async def test_a_project_takes_a_programme_of_its_community(world: World, retired: bool) -> None:
    found = await programme(world)
    assert (await world.call("community", "POST", "/v1/programmes", json=_same(world))).status_code == 409
    assert (await world.call("liaison", "POST", "/v1/programmes", json=_same(world))).status_code == 403
    if retired:
        path = f"/v1/programmes/{found['id']}"
        tag = await tag_of(world, "community", path)
        await world.ok("community", "PATCH", path, json={"retired": True}, headers=tag)
    answer = await world.call("community", "POST", "/v1/projects", json=form(world, programme_id=found["id"]))
    assert answer.status_code == (422 if retired else 201)


def _same(world: World) -> dict[str, str]:
    return {"place_id": str(world.places["community"]), "kind": "programme", "code": "unity", "name": "又"}


async def test_from_two_needs_to_the_archive(world: World, app: FastAPI) -> None:
    """The whole story: needs, a project, its units and money, milestones, a report, residents' voices, contributions."""
    needs = [await accepted_need(world), await accepted_need(world)]
    own = await programme(world)
    said = {"kind": "micro", "budget_fen": 120_000, "programme_id": own["id"], "need_ids": [n["id"] for n in needs]}
    project = await running(world, **said)
    lamps = await line(world, project, 90_000, source="subdistrict")
    work = await line(world, project, 30_000, source="unit", organization_id=str(world.units["unit"]))
    for found, fen in ((lamps, 60_000), (lamps, 30_000), (work, 20_000)):
        await booked(world, found, fen)
    arrived = await milestone(world, project)
    assert await act_on(world, "manager", arrived, "complete", words="灯具到齐") == 200
    await deliver(world, project)
    for need in needs:
        await act(world, "resident1", await only_order(world, need), "confirm", rating=5)
    assert (await judged(world, app, project, VOICES))["state"] == "evaluated"
    assert (await go(world, "community", project, "archive"))["state"] == "archived"
    led = {"projects_led": 1, "orders_done": 2, "spent_fen": 20_000}
    assert await given(world, "unit") == {"services": led}
    assert await given(world, "society") == {"services": {"projects_supported": 1}}
    history = await world.ok("community", "GET", "/v1/events", params={"aggregate_id": project["id"], "limit": 100})
    told = [event["action"] for event in history["items"]]
    assert told == ["propose", "publish", "claim", "claim", "start", "deliver", "evaluate", "archive"]
    assert EVALUATION_WINDOW.days == 15
