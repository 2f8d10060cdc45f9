"""The catalogue as data: a district's own tree, the forms it asks for, whose duty a kind is, and terms that orders keep."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import now, today
from app.core.db import Database
from app.workers import clocks
from tests.profiles import tag_of
from tests.routers.test_dispatch_rules import made
from tests.stories.steps import AT_HOME, accepted_need, act, asked, only_order, refused, submitted
from tests.worlds import World

TERMS = {"resolve_working_days": 3, "deadline_source": "本系统规定"}
SCHEMA = {"type": "object", "properties": {"pages": {"type": "integer", "minimum": 1}}, "required": ["pages"]}


async def add(world: World, code: str = "elder.reading", **more: Any) -> Any:
    return await world.ok(
        "district", "POST", "/v1/categories", json={"code": code, "name": "读报", "terms": TERMS} | more
    )


async def change(world: World, category: Any, **form: Any) -> Any:
    path = f"/v1/categories/{category['id']}"
    return await world.ok("district", "PATCH", path, json=form, headers=await tag_of(world, "district", path))


async def by_code(world: World, code: str) -> Any:
    page = await world.ok(
        "resident1", "GET", "/v1/categories", params={"parent": code.rpartition(".")[0], "limit": 100}
    )
    return next(item for item in page["items"] if item["code"] == code)


async def test_the_tree_is_read_by_everyone_in_the_order_of_its_codes(world: World) -> None:
    codes: list[str] = []
    query: dict[str, Any] = {"limit": 40}
    while True:
        page = await world.ok("resident1", "GET", "/v1/categories", params=query)
        codes += [item["code"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(codes) == len(set(codes)) > 80
    assert codes == sorted(codes)
    duties = await world.ok("grid", "GET", "/v1/categories", params={"duty": "department", "limit": 100})
    assert {item["code"].partition(".")[0] for item in duties["items"]} == {"duty"}
    assert all(item["terms"]["department"] and item["terms"]["duty_source"] for item in duties["items"])
    services = await world.ok("grid", "GET", "/v1/categories", params={"services": True, "limit": 100})
    assert "repair" not in {item["code"] for item in services["items"]}, "a group is nothing to ask for"


async def test_a_district_changes_its_own(world: World, other_world: World) -> None:
    made = await add(world, form_schema=SCHEMA)
    parent = await by_code(world, "elder.visit")
    assert made["parent_id"] == parent["parent_id"]
    assert (
        await world.call("district", "POST", "/v1/categories", json={"code": "elder.reading", "name": "又"})
    ).status_code == 409
    for who in ("community", "subdistrict", "resident1"):
        form = {"code": "elder.x", "name": "x"}
        assert (await world.call(who, "POST", "/v1/categories", json=form)).status_code == 403
    elsewhere = await other_world.ok("resident1", "GET", "/v1/categories", params={"parent": "elder", "limit": 100})
    assert "elder.reading" not in {item["code"] for item in elsewhere["items"]}
    path = f"/v1/categories/{made['id']}"
    assert (await other_world.call("district", "GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"code": "no.parent"}, "code"),
        ({"terms": TERMS | {"duty": "department"}}, "terms.department"),
        ({"terms": TERMS | {"duty": "department", "department": "民政局"}}, "terms.duty_source"),
        ({"terms": TERMS | {"certified": True}}, "terms.skills"),
        ({"form_schema": {"type": "array"}}, "form_schema"),
        ({"form_schema": {"type": "object", "properties": {"a": {"pattern": "(a+)+"}}}}, "form_schema"),
        ({"form_schema": {"type": "object", "properties": {"a": {"$ref": "https://example.com/x"}}}}, "form_schema"),
        ({"form_schema": {"type": "object", "required": "a"}}, "form_schema"),
        ({"terms": None, "form_schema": SCHEMA}, "form_schema"),
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, form: dict[str, Any], field: str) -> None:
    whole = {"code": "elder.reading", "name": "读报", "terms": TERMS} | form
    answer = await world.call("district", "POST", "/v1/categories", json=whole)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_need_brings_the_form_its_category_asks_for(world: World) -> None:
    await add(world, form_schema=SCHEMA)
    place = {"title": "读报", "details": "读报", "place_id": str(world.places["home1"])}
    for form in (None, {}, {"pages": 0}, {"pages": "三"}):
        bad = place | {"category": "elder.reading"} | ({"form": form} if form is not None else {})
        answer = await world.call("resident1", "POST", "/v1/needs", json=bad)
        assert (answer.status_code, answer.json()["field"]) == (422, "form"), form
    need = await submitted(world, category="elder.reading", form={"pages": 2})
    assert need["form"] == {"pages": 2}
    assert (await world.call("resident1", "POST", "/v1/needs", json=place | {"form": {"pages": 2}})).status_code == 422
    open_need = await submitted(world, category=None)
    path = f"/v1/needs/{open_need['id']}/accept"
    answer = await world.call("community", "POST", path, json={"category": "elder.reading", "auto_offer": False})
    assert answer.status_code == 422
    kept = await world.ok(
        "community", "POST", path, json={"category": "elder.reading", "form": {"pages": 9}, "auto_offer": False}
    )
    assert kept["form"] == {"pages": 9}


async def test_a_retired_kind_takes_nothing_new_and_what_is_under_way_goes_on(world: World) -> None:
    made = await add(world)
    need = await submitted(world, category="elder.reading")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    await change(world, made, retired=True)
    form = {"title": "读", "details": "读", "place_id": str(world.places["home1"]), "category": "elder.reading"}
    assert (await world.call("resident1", "POST", "/v1/needs", json=form)).status_code == 422
    await act(world, "grid", await only_order(world, need), "publish")


async def test_an_order_keeps_the_terms_it_was_opened_on(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    category = await by_code(world, "repair.plumbing")
    await change(
        world, category, terms=category["terms"] | {"volunteering": False, "check_in": "none", "skills": ["law"]}
    )
    kept = await world.ok("grid", "GET", f"/v1/orders/{order['id']}/terms")
    assert kept["terms"] == category["terms"]
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    assert await refused(world, "member1", order, "start") == (422, "rule_broken"), "it still asks for a check-in"
    assert (await world.ok("member1", "GET", f"/v1/orders/{order['id']}/terms"))["evidence"] is None
    assert (await world.call("resident2", "GET", f"/v1/orders/{order['id']}/terms")).status_code == 404


async def test_a_departments_work_is_not_passed_down_without_a_name(world: World) -> None:
    need = await submitted(world, category="duty.gas", title="燃气漏了")
    path = f"/v1/needs/{need['id']}"
    pushed = await world.call("community", "POST", f"{path}/accept", json={"auto_offer": True})
    assert (pushed.status_code, pushed.json()["handlers"]) == (422, ["departments"])
    await world.ok("community", "POST", f"{path}/accept", json={})
    order = await only_order(world, need)
    assert (order["state"], order["auto_offer"]) == ("open", False)
    for action, form in (("publish", {}), ("offer", {"person_id": str(world.people["member1"])})):
        assert await refused(world, "grid", order, action, **form) == (422, "rule_broken")
    unit = {"organization_id": str(world.units["unit"])}
    assert await refused(world, "grid", order, "assign", **unit) == (422, "rule_broken")
    await act(world, "grid", order, "assign", organization_id=str(world.units["department"]))


async def test_somebody_above_overrides_the_duty_list_by_name(world: World) -> None:
    need = await submitted(world, category="duty.gas")
    path = f"/v1/needs/{need['id']}/override-duty"
    for who, status in (("community", 403), ("grid", 403), ("resident1", 403), ("sibling_community", 404)):
        assert (await world.call(who, "POST", path, json={"words": "人手够"})).status_code == status, who
    shown = await world.ok("subdistrict", "POST", path, json={"words": "部门书面委托，社区先行排查"})
    assert shown["duty_override_by"] == str(world.people["subdistrict"])
    assert (await world.call("district", "POST", path, json={"words": "再来"})).status_code == 409
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    unit = {"organization_id": str(world.units["unit"])}
    await act(world, "grid", await only_order(world, need), "assign", **unit)


async def test_a_report_brings_what_the_category_asks_for(world: World) -> None:
    need = await submitted(world, category="environment.snow")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    await act(world, "member1", order, "start", position=AT_HOME)
    slot = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{slot['id']}/check-out", json={})
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/report", json={"result": "扫净了"})
    assert (answer.status_code, answer.json()["missing"]) == (422, ["photo"])
    await act(world, "member1", order, "report", result="扫净了", evidence={"photo": "照片 2 张，存社区工作群"})
    kept = await world.ok("resident1", "GET", f"/v1/orders/{order['id']}/terms")
    assert kept["evidence"] == {"photo": "照片 2 张，存社区工作群"}


async def test_helpers_are_asked_once_they_are_insured(world: World, owner: Database) -> None:
    await add(world, "repair.roof", name="屋面", terms=TERMS | {"insured": True, "check_in": "place"})
    need = await submitted(world, category="repair.roof")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": True})
    order = await only_order(world, need)
    assert order["state"] == "open", "the system asks nobody yet"
    assert [(await refused(world, "grid", order, verb))[0] for verb in ("publish", "offer")] == [409, 409]
    path = f"/v1/orders/{order['id']}/insure"
    policy = {"insurer": "人保财险", "policy_number": "PA-2026-001", "insured_until": f"{today() + timedelta(days=1)}"}
    for who, status in (("resident1", 403), ("member1", 404), ("sibling_community", 404)):
        assert (await world.call(who, "POST", path, json=policy)).status_code == status, who
    stale = await world.call("grid", "POST", path, json=policy | {"insured_until": f"{today() - timedelta(days=1)}"})
    assert (stale.status_code, stale.json()["field"]) == (422, "insured_until")
    insured = await world.ok("grid", "POST", path, json=policy)
    assert insured["state"] == "offered", "an order left to the system is offered at once"
    shown = await world.ok("resident1", "GET", f"/v1/orders/{order['id']}/terms")
    assert {name: shown[name] for name in policy} == policy
    [helper] = await asked(world, order)
    await act(world, helper, order, "accept")
    async with owner.transaction(world.district_id) as session:
        await session.execute(text("UPDATE orders SET insured_until = insured_until - 2"))
    assert (await refused(world, helper, order, "start", position=AT_HOME))[0] == 409, "the policy ran out"
    await world.ok("grid", "POST", path, json=policy)
    await act(world, helper, order, "start", position=AT_HOME)


async def test_no_insurance_where_none_is_asked_for(world: World) -> None:
    need = await submitted(world, category="repair.home")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    path = f"/v1/orders/{(await only_order(world, need))['id']}/insure"
    policy = {"insurer": "人保财险", "policy_number": "1", "insured_until": f"{today() + timedelta(days=1)}"}
    assert (await world.call("grid", "POST", path, json=policy)).status_code == 422


async def test_a_skill_that_must_be_shown_is_shown(world: World) -> None:
    await add(world, "repair.boiler", name="锅炉", terms=TERMS | {"skills": ["plumbing"], "certified": True})
    need = await submitted(world, category="repair.boiler")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/take", json={})
    assert (answer.status_code, answer.json()["obstacle"]) == (422, "certificate")
    form = {"person_id": str(world.people["member1"]), "skill": "plumbing", "title": "管道工", "issuer": "人社局"}
    paper = await world.ok("member1", "POST", "/v1/certificates", json=form | {"issued_on": "2020-01-02"})
    await world.ok("grid", "POST", f"/v1/certificates/{paper['id']}/verify", json={})
    ranked = await world.ok("grid", "GET", f"/v1/orders/{order['id']}/candidates")
    assert [item["person_id"] for item in ranked["items"]] == [str(world.people["member1"])]
    await act(world, "member1", order, "take")


async def test_what_turns_out_a_departments_work_leaves_the_pool(world: World, app: FastAPI) -> None:
    """Published, left to the system, or on a chain: nobody of the helpers gets it any more."""
    published, left = [await only_order(world, await accepted_need(world, auto_offer=auto)) for auto in (False, True)]
    await act(world, "grid", published, "publish")
    while who := await asked(world, left):
        await act(world, who[0], left, "decline")
    await made(world, {"way": "pool", "minutes": 60}, {"way": "waves"})
    chained = await only_order(world, await accepted_need(world, auto_offer=None))
    assert chained["state"] == "published"
    orders = (published, left, chained)
    for order in orders:
        path = f"/v1/needs/{order['need_id']}/recategorise"
        await world.ok("community", "POST", path, json={"category": "duty.gas"})
    with time_machine.travel(now() + timedelta(hours=3)):
        await clocks.tick(app.state.database, world.district_id)
        for order in orders:
            found = await world.ok("community", "GET", f"/v1/orders/{order['id']}")
            assert (found["state"], await asked(world, order)) == ("open", [])
            assert (await refused(world, "member1", order, "take"))[0] in {404, 409}
