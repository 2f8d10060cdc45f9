"""Whoever a need comes to complain about is let go at once from what they were asked for it, and not told why."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.domain.people import Role
from app.models import Person
from app.services import orders_accept
from tests import worlds
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, act, asked, only_order, refused, submitted, taken
from tests.stories.test_rights import told
from tests.whistles import WHISTLES, acted, blown, call_of, calls, do, draft, kind, seat_departments, step
from tests.worlds import World


async def name(world: World, need_id: str, **party: Any) -> Any:
    form = {key: str(value) for key, value in party.items()}
    return await world.call("grid", "POST", f"/v1/needs/{need_id}/name-respondent", json=form)


async def test_who_is_asked_is_let_go_and_the_next_is_asked(world: World, app: FastAPI, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (first,) = await asked(world, order)
    assert (await name(world, order["need_id"], person_id=world.people[first])).status_code == 200
    (second,) = await asked(world, order)
    assert second != first
    texts = await told(world, app, first)
    assert any("已另作安排" in text for text in texts)
    assert not any("回避" in text or "反映" in text or "投诉" in text for text in texts)
    assert await refused(world, first, order, "accept") == (409, "conflict")
    assert (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["state"] == "offered"
    assert (await world.call(first, "GET", f"/v1/orders/{order['id']}")).status_code == 404
    assert (await world.ok(first, "GET", "/v1/orders", params={"mine": True}))["items"] == [], (
        "nor by what they once were asked"
    )
    mine = (await world.ok(first, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    assert mine["state"] == "excused", "it does not count against them"
    assert await broken_histories(owner, world.district_id) == []


async def test_who_holds_it_sees_it_until_it_is_given_to_others(world: World) -> None:
    order = await taken(world)
    await name(world, order["need_id"], person_id=world.people["member1"])
    assert (await world.ok("member1", "GET", f"/v1/orders/{order['id']}"))["place_id"] == order["place_id"]
    assert [row["id"] for row in (await world.ok("member1", "GET", "/v1/orders"))["items"]] == [order["id"]]


async def test_of_an_organization_its_people(world: World, owner: Database) -> None:
    """By hand nobody else is asked: the order is open again."""
    async with owner.transaction(world.district_id) as session:
        theirs = update(Person).where(Person.id == world.people["member1"])
        await session.execute(theirs.values(organization_id=world.units["society"]))
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    for who in ("member1", "member2"):
        await act(world, "grid", order, "offer", person_id=str(world.people[who]))
    await name(world, order["need_id"], organization_id=world.units["society"])
    assert await asked(world, order) == ["member2"]
    await name(world, order["need_id"], person_id=world.people["member2"])
    assert await asked(world, order) == []
    assert (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["state"] == "open"


async def test_a_merged_need_s_too(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    other = await submitted(world, "resident2")
    await name(world, other["id"], person_id=world.people["member1"])
    await world.ok("community", "POST", f"/v1/needs/{other['id']}/merge", json={"into_id": order["need_id"]})
    assert await asked(world, order) == []


async def test_nor_do_they_help_with_a_part_of_it(world: World) -> None:
    order = await taken(world, "member2")
    form = {"order_id": order["id"], "person_id": str(world.people["member1"]), "part": "搬梯子"}
    part = await world.ok("member2", "POST", "/v1/co-handlings", json=form)
    await name(world, order["need_id"], person_id=world.people["member1"])
    ended = await world.ok("grid", "GET", f"/v1/co-handlings/{part['id']}")
    assert ended["state"] == "cancelled"
    again = await world.call("grid", "POST", "/v1/co-handlings", json=form)
    assert (again.status_code, again.json()["code"]) == (422, "rule_broken")


async def test_accepting_at_the_same_moment(world: World, owner: Database) -> None:
    """Either they have it before they are named, and staff decide; or the invitation is gone. Never both, never an error."""
    for who in ("member1", "member2", "member3", "volunteer1"):
        order = await only_order(world, await accepted_need(world))
        await act(world, "grid", order, "offer", person_id=str(world.people[who]))
        named, accepted = await asyncio.gather(
            name(world, order["need_id"], person_id=world.people[who]),
            world.call(who, "POST", f"/v1/orders/{order['id']}/accept", json={}),
        )
        assert named.status_code == 200
        state = (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["state"]
        assert (accepted.status_code, state) in {(200, "accepted"), (409, "open"), (422, "open")}, accepted.text
        assert await asked(world, order) == []
    assert await broken_histories(owner, world.district_id) == []


def unspoken(text: str) -> bool:
    return not any(word in text for word in ("回避", "反映", "投诉"))


async def test_a_whistle_on_its_order_calls_no_such_department(world: World, app: FastAPI, owner: Database) -> None:
    """Nor is one drafted, corrected or blown before it was named, and nobody hears why not."""
    await seat_departments(app, owner, world, "water")
    order, type_id = await only_order(world, await accepted_need(world)), await kind(owner, world)
    drafted, approved = [await draft(world, type_id, order_id=order["id"]) for _ in range(2)]
    await step(world, "community", approved, "approve")
    await name(world, order["need_id"], organization_id=world.units["department"])
    refusals = [
        await draft(world, type_id, order_id=order["id"], status=422),
        await step(world, "grid", approved, "blow", 422),
    ]
    path, tag = f"{WHISTLES}/{drafted['id']}", {"If-Match": str(drafted["version"])}
    refusals.append((await world.call("grid", "PATCH", path, headers=tag, json={"words": "请带抽水泵"})).json())
    for refusal in refusals:
        assert (refusal["code"], unspoken(refusal["detail"])) == ("rule_broken", True), refusal
    assert await calls(world, "department") == []
    await draft(world, type_id)  # on another matter it is called as ever
    await draft(world, type_id, order_id=order["id"], departments=["water"])


async def test_a_department_called_before_is_let_go_and_another_comes(
    world: World, app: FastAPI, owner: Database
) -> None:
    await seat_departments(app, owner, world, "water", "gas")
    order = await only_order(world, await accepted_need(world))
    whistle = await blown(world, owner, "department", "water", order_id=order["id"])
    await acted(world, "water", await call_of(world, whistle, "water"))
    gone = await call_of(world, whistle)
    await do(world, "department", gone, "sign")
    await name(world, order["need_id"], organization_id=world.units["department"])
    off = await call_of(world, whistle)
    running = {each["task"] for each in off["clocks"] if each["stopped_at"] is None and each["met_at"] is None}
    assert (off["state"], running) == ("cancelled", set())
    coarse = await world.ok("department", "GET", f"{WHISTLES}/{whistle['id']}")
    assert (coarse["state"], coarse["words"], coarse["place_id"]) == ("acted", None, None)
    await do(world, "department", off, "contact", 409, words="马上到")
    texts = await told(world, app, "department")
    assert any("不必前往" in text for text in texts)
    assert all(map(unspoken, texts))
    assert any("可改召其他部门" in text for text in await told(world, app, "grid"))
    form = {"call_id": gone["id"], "organization_id": str(world.units["gas"])}
    await name(world, order["need_id"], organization_id=world.units["gas"])
    await step(world, "community", whistle, "replace", 422, **form)
    await seat_departments(app, owner, world, "roads")
    form["organization_id"] = str(world.units["roads"])
    assert (await step(world, "community", whistle, "replace", **form))["state"] == "blown"
    assert (await call_of(world, whistle, "roads"))["replaces_id"] == gone["id"]
    assert await broken_histories(owner, world.district_id) == []


async def test_blowing_at_the_same_moment(world: World, owner: Database) -> None:
    """Either it is called and let go again, or it is not called."""
    type_id = await kind(owner, world)
    for _ in range(4):
        order = await only_order(world, await accepted_need(world))
        whistle = await draft(world, type_id, order_id=order["id"])
        await step(world, "community", whistle, "approve")
        named, sounded = await asyncio.gather(
            name(world, order["need_id"], organization_id=world.units["department"]),
            world.call("grid", "POST", f"{WHISTLES}/{whistle['id']}/blow", json={}),
        )
        assert (named.status_code, sounded.status_code in {200, 422}) == (200, True), sounded.text
        assert {call["state"] for call in await calls(world, whistle_id=whistle["id"])} <= {"cancelled"}
    assert await broken_histories(owner, world.district_id) == []


async def test_taking_what_was_read_before(world: World, owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, or their organization, between the look at the order and the writing: they do not get it."""
    async with owner.transaction(world.district_id) as session:
        theirs = update(Person).where(Person.id == world.people["member2"])
        await session.execute(theirs.values(organization_id=world.units["society"]))
    write, orders = orders_accept._write, [await only_order(world, await accepted_need(world)) for _ in range(2)]
    parties = iter([{"person_id": world.people["member1"]}, {"organization_id": world.units["society"]}])

    async def slowly(*facts: Any) -> Any:
        if (party := next(parties, None)) is not None:
            assert (await name(world, order["need_id"], **party)).status_code == 200
        return await write(*facts)

    monkeypatch.setattr(orders_accept, "_write", slowly)
    for order, who in zip(orders, ("member1", "member2"), strict=True):
        await act(world, "grid", order, "publish")
        assert (await refused(world, who, order, "take"))[0] == 404, "it is not in the pool for them"
        assert (await world.ok("grid", "GET", f"/v1/orders/{order['id']}"))["state"] == "published"


async def test_a_ranking_does_not_tell_who_it_concerns(world: World, owner: Database) -> None:
    """A grid worker who also helps and is complained about, themselves or their organization, sees no such obstacle."""
    async with owner.transaction(world.district_id) as session:
        session.add(worlds.grant_row(world, "member1", Role.GRID_WORKER, "grid"))
        theirs = update(Person).where(Person.id == world.people["member1"])
        await session.execute(theirs.values(organization_id=world.units["society"]))
    for party in ({"person_id": world.people["member1"]}, {"organization_id": world.units["society"]}):
        order = await only_order(world, await accepted_need(world))
        await name(world, order["need_id"], **party)
        path = f"/v1/orders/{order['id']}/candidates"
        assert (await world.ok("grid", "GET", path))["obstacles"]["respondent"] >= 1, "others see it"
        seen = await world.ok("member1", "GET", path)
        assert "respondent" not in {row["obstacle"] for row in seen["barred"]} | set(seen["obstacles"])
        await act(world, "grid", order, "publish")
        assert await refused(world, "member1", order, "take") == (404, "not_found"), "staff or not"
