"""Corners where an order, a request or an hour once went wrong."""

from datetime import timedelta
from typing import Any

import time_machine
from fastapi import FastAPI

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.log import scrubbed
from app.domain.people import Role
from app.models import Grant
from app.services import orders_answers
from app.workers import clocks, relay
from tests.stories.steps import (
    AT_HOME,
    accepted_need,
    act,
    asked,
    only_order,
    refused,
    reported,
    started,
    submitted,
    taken,
)
from tests.worlds import World

SOON = (now() + timedelta(days=20)).isoformat()


async def granted(owner: Database, world: World, who: str, role: Role, at: str = "community") -> None:
    """One more role for someone."""
    row = Grant(
        district_id=world.district_id,
        id=new_id(),
        person_id=world.people[who],
        role=role,
        place_id=world.places[at],
        path=world.paths[at],
        place_kind=at.removeprefix("sibling_"),
        starts_at=now(),
    )
    async with owner.transaction(world.district_id) as session:
        session.add(row)


async def pending(world: World, who: str, order: Any) -> list[Any]:
    page = await world.ok(who, "GET", "/v1/approvals", params={"state": "pending", "subject_id": order["id"]})
    return list(page["items"])


async def mine(world: World, who: str) -> Any:
    return (await world.ok(who, "GET", "/v1/assignments", params={"mine": True}))["items"][0]


async def test_the_pool_shows_nobody_else_s_places(world: World) -> None:
    await act(world, "grid", await only_order(world, await accepted_need(world)), "publish")
    for who in ("resident2", "sibling_grid", "grid"):
        assert (await world.ok(who, "GET", "/v1/orders", params={"pool": True}))["items"] == []
    assert len((await world.ok("volunteer1", "GET", "/v1/orders", params={"pool": True}))["items"]) == 1
    both = await world.call("volunteer1", "GET", "/v1/orders", params={"pool": True, "mine": True})
    assert both.status_code == 422


async def test_an_order_for_two_goes_on_when_one_accepts_and_nobody_else_is_asked(world: World, app: FastAPI) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    half = await act(world, "member1", order, "accept")
    assert (half["state"], half["people_accepted"]) == ("open", 1)
    await act(world, "grid", order, "publish")
    assert (await act(world, "member2", order, "take"))["state"] == "accepted"


async def test_the_system_looks_for_the_second_by_itself(world: World, app: FastAPI) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2, auto_offer=True))
    first, second = await asked(world, order)
    await act(world, first, order, "decline")
    await act(world, second, order, "accept")
    await clocks.tick(app.state.database, world.district_id)
    assert len(await asked(world, order)) == 1


async def test_a_holder_of_a_half_filled_order_can_cancel(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    await act(world, "member1", order, "accept")
    await world.ok(
        "member1", "POST", f"/v1/assignments/{(await mine(world, 'member1'))['id']}/cancel", json={"words": "病了"}
    )
    assert (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["people_accepted"] == 0


async def test_who_never_came_is_not_verified(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "publish")
    for who in ("member1", "member2"):
        await act(world, who, order, "take")
    await act(world, "member1", order, "start", position=AT_HOME)
    await world.ok("member1", "POST", f"/v1/assignments/{(await mine(world, 'member1'))['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="一人完成")
    await act(world, "resident1", order, "confirm", rating=4)
    assert [(await mine(world, who))["state"] for who in ("member1", "member2")] == ["verified", "excused"]


async def test_a_request_ends_with_what_it_was_about(world: World) -> None:
    order = await started(world)
    await act(world, "member1", order, "terminate", reason="other", words="想停")
    assert len(await pending(world, "community", order)) == 1
    await world.ok("member1", "POST", f"/v1/assignments/{(await mine(world, 'member1'))['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="还是做完了")
    assert await pending(world, "community", order) == []


async def test_nobody_decides_about_work_they_hold(world: World, owner: Database) -> None:
    await granted(owner, world, "member2", Role.COMMUNITY_ADMIN)
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "publish")
    for who in ("member1", "member2"):
        await act(world, who, order, "take")
    await act(world, "member1", order, "terminate", reason="other", words="想停")
    (request,) = await pending(world, "community", order)
    for verdict in ("grant", "deny"):
        answer = await world.call("member2", "POST", f"/v1/approvals/{request['id']}/{verdict}", json={"words": "好"})
        assert answer.status_code == 403


async def test_a_unit_neither_rates_its_own_work_nor_returns_what_was_overruled(world: World) -> None:
    need = await submitted(world, "liaison")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "community", order, "assign", organization_id=str(world.units["unit"]))
    await act(world, "liaison", order, "object", ground="not_our_duty", basis="不属本单位")
    await act(world, "subdistrict", order, "overrule", words="属于")
    member = str(world.people["member1"])
    assert (await refused(world, "liaison", order, "transfer", person_id=member))[0] == 409
    cancel = f"/v1/assignments/{(await mine(world, 'liaison'))['id']}/cancel"
    assert (await world.call("liaison", "POST", cancel, json={"words": "不干"})).status_code == 403
    await act(world, "liaison", order, "start")
    await act(world, "liaison", order, "report", result="已完成")
    assert (await refused(world, "liaison", order, "confirm", rating=5))[0] == 403


async def test_teams_are_asked_and_only_units_of_the_place_are_assigned(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    team = await world.ok(
        "community",
        "POST",
        "/v1/organizations",
        json={"kind": "team", "name": "暖心小分队", "place_id": str(world.places["community"])},
    )
    far = await world.ok(
        "sibling_community",
        "POST",
        "/v1/organizations",
        json={"kind": "work_unit", "name": "邻社区单位", "place_id": str(world.places["sibling_community"])},
    )
    assert (await refused(world, "community", order, "assign", organization_id=team["id"]))[0] == 422
    assert (await refused(world, "community", order, "assign", organization_id=far["id"]))[0] == 404


async def test_a_planned_need_waits_and_is_met_once_it_is_due(world: World, app: FastAPI) -> None:
    order = await reported(world)
    plan = {"obstacle": "资金", "measures": "列入计划", "until": SOON}
    need_path = f"/v1/needs/{order['need_id']}"
    await world.ok("community", "POST", f"{need_path}/plan", json=plan)
    request = await pending(world, "subdistrict", {"id": order["need_id"]})
    await world.ok("subdistrict", "POST", f"/v1/approvals/{request[0]['id']}/grant", json={})
    await act(world, "resident1", order, "confirm", rating=5)
    assert (await world.ok("resident1", "GET", need_path))["state"] == "planned"
    assert (await world.ok("community", "POST", f"{need_path}/due", json={}))["state"] == "met"


async def test_a_need_taken_up_again_is_met_by_its_new_order(world: World) -> None:
    order = await reported(world)
    explained = await act(world, "community", order, "explain", basis="产权单位负责")
    need_path = f"/v1/needs/{order['need_id']}"
    await world.ok("community", "POST", f"{need_path}/explain", json={"basis": "产权单位负责"})
    await world.ok("resident1", "POST", f"{need_path}/reopen", json={"words": "产权单位不管"})
    again = await world.ok("community", "POST", "/v1/orders", json={"need_id": order["need_id"], "auto_offer": False})
    assert explained["id"] != again["id"]
    await act(world, "grid", again, "publish")
    await act(world, "member2", again, "take")
    await act(world, "member2", again, "start", position=AT_HOME)
    await world.ok("member2", "POST", f"/v1/assignments/{(await mine(world, 'member2'))['id']}/check-out", json={})
    await act(world, "member2", again, "report", result="修好了")
    await act(world, "resident1", again, "confirm", rating=5)
    assert (await world.ok("resident1", "GET", need_path))["state"] == "met"


async def test_one_bad_row_does_not_stop_the_clocks(world: World, app: FastAPI, monkeypatch: Any) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    need = await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": "几楼？"})

    async def broken(*_: object) -> None:
        raise ValueError("a row nobody foresaw")

    monkeypatch.setattr(orders_answers, "expire", broken)
    with time_machine.travel(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
    assert (await world.ok("community", "GET", f"/v1/needs/{need['id']}"))["state"] == "closed"
    assert (await world.ok("community", "GET", f"/v1/orders/{order['id']}"))["state"] == "offered"


async def test_a_forgotten_check_out_counts_nothing_and_is_told(world: World, app: FastAPI) -> None:
    order = await started(world)
    with time_machine.travel(now() + timedelta(days=3)):
        path = f"/v1/assignments/{(await mine(world, 'member1'))['id']}/check-out"
        await world.ok("member1", "POST", path, json={})
    assert (await world.ok("grid", "GET", "/v1/hours", params={"order_id": order["id"]}))["items"] == []
    await relay.relay_district(app.state.database, world.district_id)
    told = await world.ok("member1", "GET", "/v1/notices")
    assert any("补录" in notice["text"] for notice in told["items"])


async def test_hours_are_for_who_took_part(world: World) -> None:
    order = await taken(world)
    start = now() - timedelta(hours=3)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people["resident2"]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=1)).isoformat(),
        "evidence": "照片",
    }
    assert (await world.call("grid", "POST", "/v1/hours", json=form)).status_code == 404


async def test_needs_stand_in_a_community_and_only_known_people_are_asked_for(world: World) -> None:
    above = {"title": "路灯", "details": "不亮", "place_id": str(world.places["subdistrict"])}
    assert (await world.call("resident1", "POST", "/v1/needs", json=above)).status_code == 422
    proxy = {"title": "买药", "details": "腿脚不便", "place_id": str(world.places["sibling_grid"])}
    answer = await world.call(
        "sibling_grid", "POST", "/v1/needs", json=proxy | {"asker_id": str(world.people["resident1"])}
    )
    assert answer.status_code == 404


async def test_who_declined_may_still_take_from_the_pool(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    await act(world, "member1", order, "decline")
    await act(world, "grid", order, "publish")
    assert (await act(world, "member1", order, "take"))["state"] == "accepted"


async def test_unmerging_the_first_of_a_chain_takes_its_asker_away_from_all(world: World) -> None:
    a, b, c = await submitted(world), await submitted(world), await submitted(world, "resident2")
    await world.ok("community", "POST", f"/v1/needs/{c['id']}/merge", json={"into_id": b["id"]})
    await world.ok("community", "POST", f"/v1/needs/{b['id']}/merge", json={"into_id": a["id"]})
    assert (await world.call("resident2", "GET", f"/v1/needs/{a['id']}")).status_code == 200
    await world.ok("community", "POST", f"/v1/needs/{c['id']}/unmerge", json={})
    assert (await world.call("resident2", "GET", f"/v1/needs/{a['id']}")).status_code == 404


async def test_risks_are_told_before_anyone_says_yes(world: World) -> None:
    need = await submitted(world, risks="家中有大型犬")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={})
    order = await only_order(world, need)
    (who,) = await asked(world, order)
    shown = await world.ok(who, "GET", f"/v1/orders/{order['id']}")
    assert (shown["risks"], shown["place_id"]) == ("家中有大型犬", None)


def test_numbers_are_hidden_beside_chinese_text() -> None:
    text = scrubbed("联系电话13812345678请回电，身份证150103199001011234号")
    assert "138" not in text
    assert "1990" not in text
