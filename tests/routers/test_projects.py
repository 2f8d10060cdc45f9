"""Projects over HTTP: who sees them, what needs become of them, who claims first, what one level up approves."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.models import Person
from app.workers import relay
from tests.budgets import line
from tests.profiles import tag_of
from tests.projects import deliver, form, go, proposed, running, seen, try_to
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import World


async def need_of(world: World, need: Any) -> Any:
    return await world.ok("community", "GET", f"/v1/needs/{need['id']}")


async def listed(world: World, who: str, **query: Any) -> list[str]:
    page = await world.ok(who, "GET", "/v1/projects", params=query)
    return [item["id"] for item in page["items"]]


async def test_two_needs_become_a_project_and_are_met_by_it(world: World, app: FastAPI) -> None:
    needs = [await accepted_need(world), await accepted_need(world)]
    project = await proposed(world, need_ids=[need["id"] for need in needs])
    assert (project["state"], project["needs"], project["proposer_unit_id"]) == ("proposed", 2, None)
    await go(world, "community", project, "publish")
    await go(world, "manager", project, "claim", part="support")
    claimed = await go(world, "liaison", project, "claim", part="lead")
    assert [unit["part"] for unit in claimed["units"]] == ["lead", "support"]
    await go(world, "community", project, "start")
    orders = [await only_order(world, need) for need in needs]
    assert {order["state"] for order in orders} == {"accepted"}
    assert {(await need_of(world, need))["state"] for need in needs} == {"in_service"}
    done = await deliver(world, project)
    assert (done["state"], done["people_reached"], done["result"]) == ("delivered", 120, "已完成")
    for order in orders:
        await act(world, "resident1", order, "confirm", rating=5)
    assert {(await need_of(world, need))["state"] for need in needs} == {"met"}
    await relay.relay_district(app.state.database, world.district_id)
    told = [n["text"] for n in (await world.ok("resident1", "GET", "/v1/notices", params={"limit": 100}))["items"]]
    assert "回应您需求的共建项目已完成，请参加评议" in told
    assert await listed(world, "community", need_id=needs[0]["id"]) == [project["id"]]


async def test_a_need_is_in_one_project_under_way(world: World) -> None:
    need = await accepted_need(world)
    first = await running(world, need_ids=[need["id"]])
    second = await proposed(world, need_ids=[need["id"]])
    await go(world, "community", second, "publish")
    await go(world, "liaison", second, "claim", part="lead")
    answer = await try_to(world, "community", second, "start")
    assert (answer.status_code, answer.json()["need_id"]) == (409, need["id"])
    await go(world, "community", first, "cancel", reason="no_money", words="资金未落实")
    assert (await only_order(world, need))["state"] == "open", "its order is open again for others"
    await go(world, "community", second, "start")
    assert (await only_order(world, need))["state"] == "accepted"


async def test_what_somebody_works_on_already_goes_on_beside_it(world: World) -> None:
    need = await accepted_need(world)
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    project = await running(world, need_ids=[need["id"]])
    orders = (await world.ok("community", "GET", "/v1/orders", params={"need_id": need["id"]}))["items"]
    assert [each["state"] for each in orders] == ["accepted", "accepted"]
    await deliver(world, project)
    orders = (await world.ok("community", "GET", "/v1/orders", params={"need_id": need["id"]}))["items"]
    assert sorted(each["state"] for each in orders) == ["accepted", "reported"], "what member1 does is theirs to report"


async def test_needs_are_attached_by_those_who_may_read_them_alone(world: World) -> None:
    need = await accepted_need(world)
    answer = await world.call("liaison", "POST", "/v1/projects", json=form(world, need_ids=[need["id"]]))
    assert answer.status_code == 404
    project = await proposed(world, "liaison")
    assert project["proposer_unit_id"] == str(world.units["unit"])
    path = f"/v1/projects/{project['id']}"
    changed = {"need_ids": [need["id"]]}
    tag = await tag_of(world, "community", path)
    assert (await world.ok("community", "PATCH", path, json=changed, headers=tag))["need_ids"] == [need["id"]]
    shown = await seen(world, "liaison", project)
    assert (shown["need_ids"], shown["needs"]) == ([], 1), "how many, and not whose"


async def test_who_does_not_see_the_needs_does_not_take_them_away(world: World) -> None:
    need = await accepted_need(world)
    project = await proposed(world, "liaison")
    path = f"/v1/projects/{project['id']}"
    for who, ids in (("community", [need["id"]]), ("liaison", [])):
        await world.ok(who, "PATCH", path, json={"need_ids": ids}, headers=await tag_of(world, who, path))
    assert (await seen(world, "community", project))["need_ids"] == [need["id"]]
    tag = await tag_of(world, "community", path)
    assert (await world.ok("community", "PATCH", path, json={"need_ids": []}, headers=tag))["need_ids"] == []


async def test_what_is_on_the_list_is_reworded_by_the_community(world: World) -> None:
    project = await proposed(world, "liaison")
    path = f"/v1/projects/{project['id']}"
    tag = await tag_of(world, "liaison", path)
    assert (await world.ok("liaison", "PATCH", path, json={"title": "楼道粉刷"}, headers=tag))["title"] == "楼道粉刷"
    await go(world, "community", project, "publish")
    for who, status in (("liaison", 409), ("community", 200)):
        tag = await tag_of(world, who, path)
        assert (await world.call(who, "PATCH", path, json={"title": "另一件事"}, headers=tag)).status_code == status


async def test_who_left_the_unit_has_left_its_project(world: World, owner: Database) -> None:
    project = await proposed(world, "liaison", budget_fen=1_000)
    await line(world, project, 600)
    theirs = ("projects", "budget-lines")
    for noun in theirs:
        assert len((await world.ok("liaison", "GET", f"/v1/{noun}"))["items"]) == 1
    async with owner.transaction(world.district_id) as session:
        gone = update(Person).where(Person.id == world.people["liaison"], Person.district_id == world.district_id)
        await session.execute(gone.values(organization_id=None))
    for noun in theirs:
        assert (await world.ok("liaison", "GET", f"/v1/{noun}"))["items"] == []
    assert (await world.call("liaison", "GET", f"/v1/projects/{project['id']}")).status_code == 404
    assert (await try_to(world, "liaison", project, "withdraw")).status_code == 404


async def test_residents_see_what_is_listed(world: World) -> None:
    project = await proposed(world)
    assert (await world.call("resident1", "GET", f"/v1/projects/{project['id']}")).status_code == 404
    assert await listed(world, "resident1") == await listed(world, "liaison") == await listed(world, "grid") == []
    await go(world, "community", project, "publish")
    for who in ("resident1", "liaison", "grid", "volunteer1"):
        assert await listed(world, who) == [project["id"]], who
        assert (await seen(world, who, project))["evidence"] is None
    assert await listed(world, "sibling_community") == []


@pytest.mark.parametrize("evidence", [None, {}, {"hearsay": "听说"}, {"photo": ""}])
async def test_a_delivery_report_without_evidence_is_refused(world: World, evidence: Any) -> None:
    project = await running(world)
    said = {"result": "已完成", "people_reached": 12} | ({} if evidence is None else {"evidence": evidence})
    assert (await try_to(world, "liaison", project, "deliver", **said)).status_code == 422
    assert (await seen(world, "liaison", project))["state"] == "running"


async def test_evidence_of_the_delivery_is_for_whoever_decides_and_takes_part(world: World) -> None:
    project = await running(world)
    proofs = {"photo": "相册一", "signature": "验收单"}
    await go(world, "liaison", project, "deliver", result="已完成", people_reached=12, evidence=proofs)
    for who in ("liaison", "manager", "community", "auditor"):
        assert (await seen(world, who, project))["evidence"] == proofs, who
    told = await seen(world, "resident1", project)
    assert (told["result"], told["evidence"]) == ("已完成", None)
    await go(world, "community", project, "rework", words="补齐票据")
    proofs |= {"receipt": "票据三张"}
    await go(world, "liaison", project, "deliver", result="已补齐", people_reached=12, evidence=proofs)
    assert (await seen(world, "community", project))["evidence"] == proofs


async def test_public_money_is_listed_only_once_one_level_up_agrees(world: World) -> None:
    assert (await world.call("community", "POST", "/v1/projects", json=form(world, kind="micro"))).status_code == 422
    project = await proposed(world, kind="micro", budget_fen=1_200_000)
    assert (await go(world, "community", project, "publish"))["state"] == "proposed"
    assert (await try_to(world, "community", project, "publish")).json()["code"] == "duplicate"
    (asked,) = (await world.ok("subdistrict", "GET", "/v1/approvals", params={"subject_id": project["id"]}))["items"]
    grant = f"/v1/approvals/{asked['id']}/grant"
    assert (await world.call("community", "POST", grant, json={})).status_code == 403
    await world.ok("subdistrict", "POST", grant, json={})
    assert (await seen(world, "resident1", project))["state"] == "listed"
    path = f"/v1/projects/{project['id']}"
    answer = await world.call(
        "community", "PATCH", path, json={"budget_fen": 1}, headers=await tag_of(world, "community", path)
    )
    assert answer.status_code == 409


async def test_an_approval_is_for_the_total_it_was_asked_for(world: World) -> None:
    project = await proposed(world, kind="micro", budget_fen=100)
    await go(world, "community", project, "publish")
    path = f"/v1/projects/{project['id']}"
    tag = await tag_of(world, "community", path)
    await world.ok("community", "PATCH", path, json={"budget_fen": 200}, headers=tag)
    (asked,) = (await world.ok("subdistrict", "GET", "/v1/approvals", params={"subject_id": project["id"]}))["items"]
    assert (await world.call("subdistrict", "POST", f"/v1/approvals/{asked['id']}/grant", json={})).status_code == 409


async def test_one_unit_leads_whoever_races(world: World) -> None:
    project = await proposed(world)
    await go(world, "community", project, "publish")
    whos = ("liaison", "manager", "department")
    answers = await asyncio.gather(*(try_to(world, who, project, "claim", part="lead") for who in whos * 3))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, *[409] * 8]
    assert [unit["part"] for unit in (await seen(world, "community", project))["units"]] == ["lead"]


async def test_a_claim_is_taken_back_before_it_begins(world: World) -> None:
    project = await proposed(world)
    await go(world, "community", project, "publish")
    await go(world, "liaison", project, "claim", part="lead")
    await go(world, "manager", project, "claim", part="support")
    assert (await go(world, "liaison", project, "unclaim"))["state"] == "listed"
    assert (await go(world, "manager", project, "unclaim"))["units"] == []
    await go(world, "manager", project, "claim", part="lead")
    await go(world, "community", project, "start")
    assert (await try_to(world, "manager", project, "unclaim")).status_code == 409


async def test_returned_for_correction_and_withdrawn(world: World) -> None:
    project = await proposed(world, "liaison")
    back = await go(world, "community", project, "return", words="写明地点")
    assert (back["state"], back["words"]) == ("returned", "写明地点")
    await go(world, "liaison", project, "resubmit")
    gone = await go(world, "liaison", project, "withdraw")
    assert (gone["state"], gone["cancel_reason"], gone["actions"]) == ("cancelled", "withdrawn", [])
    assert await listed(world, "resident1") == []


async def test_sent_back_it_goes_on_and_is_delivered_again(world: World) -> None:
    need = await accepted_need(world)
    project = await running(world, need_ids=[need["id"]])
    await deliver(world, project)
    again = await go(world, "community", project, "rework", words="还有两盏不亮")
    assert (again["state"], again["round"]) == ("running", 2)
    assert (await deliver(world, project))["state"] == "delivered"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"place_id": "home1"}, "place_id"),
        ({"place_id": "subdistrict"}, "place_id"),
    ],
)
async def test_bad_forms_are_refused(world: World, changed: dict[str, str], field: str) -> None:
    named = {name: str(world.places.get(value, value)) for name, value in changed.items()}
    answer = await world.call("community", "POST", "/v1/projects", json=form(world, **named))
    if changed.get("place_id") == "subdistrict":
        assert answer.status_code == 404, "not the community's to look after"
    else:
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_list_is_filtered(world: World) -> None:
    first = await proposed(world, link="culture", kind="culture")
    second = await running(world, starts_on="2031-01-01", ends_on="2032-03-01")
    assert await listed(world, "community", link="culture") == [first["id"]]
    assert await listed(world, "community", kind="practical", state="running") == [second["id"]]
    assert await listed(world, "community", year=2032) == [second["id"]]
    assert await listed(world, "community", organization_id=str(world.units["society"])) == [second["id"]]
    assert await listed(world, "community", place_id=str(world.places["grid"])) == []
    assert await listed(world, "community", limit=1) == [second["id"]]
