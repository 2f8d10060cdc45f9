"""Supervision of orders: who sets it on what, what is owed by when, who ends it; and that the order never moves."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.people import Role
from app.models import Grant
from app.workers import clocks
from tests import worlds
from tests.services.histories import broken_histories
from tests.stories.steps import act, started, taken
from tests.stories.test_rights import told
from tests.worlds import World

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=CHINA)
FORM = {"grounds": ["urged", "overdue"], "words": "请说明原因", "working_days": 2}


@pytest.fixture(autouse=True)
def friday() -> Iterator[Any]:
    with time_machine.travel(FRIDAY) as clock:
        yield clock


async def supervise(world: World, who: str, order: Any, status: int = 201, **form: Any) -> Any:
    answer = await world.call(who, "POST", "/v1/supervisions", json=FORM | {"order_id": order["id"]} | form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def step(world: World, who: str, row: Any, action: str, status: int = 200, **form: Any) -> Any:
    answer = await world.call(who, "POST", f"/v1/supervisions/{row['id']}/{action}", json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_set_answered_sent_back_answered_lifted(world: World, app: FastAPI, owner: Database) -> None:
    order = await started(world)
    row = await supervise(world, "subdistrict", order)
    assert (row["state"], row["level"], row["due_at"][:13]) == ("running", "subdistrict", "2026-12-01T02")
    assert any("街道督办（群众反复催办、超期未办），请于2026-12-01 10:" in w for w in await told(world, app, "grid"))
    assert any("由街道督办" in words for words in await told(world, app, "resident1"))
    assert not any("督办" in words for words in await told(world, app, "member1")), "helpers are not ordered"
    assert (await world.ok("grid", "GET", f"/v1/supervisions/{row['id']}"))["actions"] == ["answer"]
    answered = await step(world, "grid", row, "answer", words="明日换管")
    assert answered["answer"] == "明日换管"
    assert any("已有答复" in words for words in await told(world, app, "subdistrict"))
    back = await step(world, "subdistrict", row, "return", words="请附照片", working_days=1)
    assert (back["state"], back["returns"], back["due_at"][:13]) == ("running", 1, "2026-11-30T02")
    await step(world, "member1", row, "answer", words="已换好")
    lifted = await step(world, "subdistrict", row, "lift", words="好")
    assert (lifted["state"], lifted["actions"], lifted["reply"]) == ("lifted", [], "好")
    same = await world.ok("grid", "GET", f"/v1/orders/{order['id']}")
    assert {name: same[name] for name in ("state", "version", "due_at")} == {
        name: order[name] for name in ("state", "version", "due_at")
    }, "the order was not touched"
    assert await broken_histories(owner, world.district_id) == []


async def test_several_on_one_order_and_one_an_office(world: World) -> None:
    order = await taken(world)
    row = await supervise(world, "community", order)
    await supervise(world, "district", order)
    assert (await supervise(world, "community", order, 409))["code"] == "duplicate"
    await step(world, "community", row, "answer", 403, words="自答")
    await step(world, "district", row, "lift", 403)
    await step(world, "community", row, "lift")
    await supervise(world, "community", order)
    page = (await world.ok("auditor", "GET", "/v1/supervisions", params={"order_id": order["id"]}))["items"]
    assert [item["level"] for item in page] == ["community", "district", "community"]
    assert len((await world.ok("district", "GET", "/v1/supervisions", params={"mine": True}))["items"]) == 1
    for who in ("grid", "auditor", "resident1", "member1"):
        await supervise(world, who, order, 403)
    for who in ("sibling_community", "nobody"):
        await supervise(world, who, order, 404)
    wrong: tuple[dict[str, Any], ...] = ({"grounds": []}, {"grounds": ["urged", "urged"]}, {"working_days": 31})
    for bad in wrong:
        await supervise(world, "subdistrict", order, 422, **bad)
    await act(world, "resident1", order, "withdraw")
    assert (await supervise(world, "subdistrict", order, 409))["code"] == "wrong_state"


async def test_two_at_once(world: World) -> None:
    order = await taken(world)
    form = {"json": FORM | {"order_id": order["id"]}}
    set_ = await asyncio.gather(*(world.call("subdistrict", "POST", "/v1/supervisions", **form) for _ in range(3)))
    assert sorted(answer.status_code for answer in set_) == [201, 409, 409]
    row = next(answer.json() for answer in set_ if answer.status_code == 201)
    path = f"/v1/supervisions/{row['id']}/answer"
    answers = await asyncio.gather(
        *(world.call(who, "POST", path, json={"words": who}) for who in ("grid", "community", "member1"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    won = next(answer.json()["answer"] for answer in answers if answer.status_code == 200)
    assert (await world.ok("grid", "GET", f"/v1/supervisions/{row['id']}"))["answer"] == won


async def tick(app: FastAPI, world: World) -> None:
    await clocks.tick(app.state.database, world.district_id)


async def test_late_it_climbs_one_level_at_a_time(world: World, app: FastAPI, friday: Any) -> None:
    order = await taken(world)
    row = await supervise(world, "community", order, working_days=1)
    path = f"/v1/supervisions/{row['id']}"
    friday.move_to(datetime(2026, 11, 30, 9, 30, tzinfo=CHINA))
    await tick(app, world)
    assert (await world.ok("community", "GET", path))["state"] == "running"
    friday.move_to(datetime(2026, 11, 30, 10, 30, tzinfo=CHINA))
    for _ in range(2):
        await tick(app, world)
    late = await world.ok("community", "GET", path)
    assert (late["state"], late["told_level"], late["version"]) == ("overdue", "subdistrict", 2)
    assert any("逾期未答复，请关注" in words for words in await told(world, app, "subdistrict"))
    assert any("您督办的工单逾期" in words for words in await told(world, app, "community"))
    assert not any("督办" in words for words in await told(world, app, "district"))
    friday.move_to(datetime(2026, 12, 1, 11, 0, tzinfo=CHINA))
    for _ in range(2):
        await tick(app, world)
    assert any("逾期未答复，请关注" in words for words in await told(world, app, "district"))
    friday.move_to(datetime(2026, 12, 9, 10, tzinfo=CHINA))
    await tick(app, world)
    late = await world.ok("community", "GET", path)
    assert (late["told_level"], late["version"]) == ("district", 3), "nobody stands above the district"
    assert (await step(world, "grid", row, "answer", words="在办"))["state"] == "answered"


async def test_of_an_order_given_up_nothing_is_owed(world: World, app: FastAPI, friday: Any) -> None:
    order = await taken(world)
    row = await supervise(world, "community", order, working_days=1)
    await act(world, "resident1", order, "withdraw")
    friday.move_to(datetime(2026, 12, 2, 10, tzinfo=CHINA))
    await tick(app, world)
    assert (await world.ok("community", "GET", f"/v1/supervisions/{row['id']}"))["state"] == "lapsed"
    assert not any("逾期" in words for words in await told(world, app, "subdistrict"))


async def _colleague(session: AsyncSession, app: FastAPI, world: World) -> None:
    """A second holder of the community's office."""
    for make in (
        lambda: worlds.person_row(world, app.state.sealer, "colleague", "home1", None),
        lambda: worlds.account_row(world, "colleague"),
        lambda: worlds.sign_in_row(world, "colleague"),
        lambda: worlds.grant_row(world, "colleague", Role.COMMUNITY_ADMIN, "community"),
    ):
        session.add(make())
        await session.flush()


async def test_whoever_holds_the_office_lifts_it_once_its_setter_has_left(
    world: World, app: FastAPI, owner: Database, friday: Any
) -> None:
    async with owner.transaction(world.district_id) as session:
        await _colleague(session, app, world)
    order = await taken(world)
    row = await supervise(world, "community", order)
    await step(world, "colleague", row, "lift", 403)
    grants = (await world.ok("district", "GET", f"/v1/grants?person_id={world.people['community']}"))["items"]
    await world.ok("subdistrict", "POST", f"/v1/grants/{grants[0]['id']}/revoke", json={"reason": "调离"})
    friday.shift(timedelta(minutes=1))
    assert (await step(world, "colleague", row, "lift"))["state"] == "lifted"
    assert now() > FRIDAY


async def test_who_holds_the_order_does_not_end_its_supervision(world: World, owner: Database) -> None:
    """Neither lifts it nor sends it back, though they hold the office that set it since its setter left."""
    order = await taken(world)
    row = await supervise(world, "community", order)
    async with owner.transaction(world.district_id) as session:
        session.add(worlds.grant_row(world, "member1", Role.COMMUNITY_ADMIN, "community"))
        theirs = update(Grant).where(Grant.person_id == world.people["community"])
        await session.execute(theirs.values(ends_at=now()))
    await step(world, "member1", row, "lift", 403, words="已在办")
    await step(world, "grid", row, "answer", words="明日换管")
    await step(world, "member1", row, "return", 403, words="请再办", working_days=1)
    assert (await world.ok("member1", "GET", f"/v1/supervisions/{row['id']}"))["actions"] == []
