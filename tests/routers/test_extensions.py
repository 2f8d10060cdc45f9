"""Extensions of a limit: asked in time, one at a time, twice a round at most, decided by somebody else."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.domain.workdays import add_working_days
from app.models import Notice
from app.workers import relay
from tests.stories.steps import act, reported, taken
from tests.worlds import World


def form(order: Any, **more: Any) -> dict[str, Any]:
    asked = {"order_id": order["id"], "reason": "parts_or_funds", "words": "等厂家调货", "working_days": 3}
    return asked | more


async def ask(world: World, who: str, order: Any, **more: Any) -> Any:
    return await world.ok(who, "POST", "/v1/extensions", json=form(order, **more))


async def refused(world: World, who: str, order: Any, **more: Any) -> int:
    return (await world.call(who, "POST", "/v1/extensions", json=form(order, **more))).status_code


async def do(world: World, who: str, extension: Any, verb: str, **words: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/extensions/{extension['id']}/{verb}", json=words)


async def told(owner: Database, world: World, who: str) -> str:
    async with owner.transaction(world.district_id) as session:
        texts = await session.scalars(select(Notice.text).where(Notice.person_id == world.people[who]))
        return "\n".join(texts)


async def test_a_granted_extension_moves_the_limit_and_the_asker_is_told(
    world: World, app: FastAPI, owner: Database
) -> None:
    order = await taken(world)
    asked = await ask(world, "member1", order)
    assert (asked["state"], asked["actions"], asked["due_before"]) == ("asked", ["withdraw"], order["due_at"])
    listed = (await world.ok("community", "GET", "/v1/extensions", params={"order_id": order["id"]}))["items"]
    assert [row["actions"] for row in listed] == [["approve", "deny"]]
    granted = await do(world, "community", asked, "approve")
    after = add_working_days(datetime.fromisoformat(order["due_at"]), 3)
    assert datetime.fromisoformat(granted["due_after"]) == after
    seen = await world.ok("resident1", "GET", f"/v1/orders/{order['id']}")
    assert datetime.fromisoformat(seen["due_at"]) == after
    assert seen["version"] > order["version"]
    await relay.relay_district(app.state.database, world.district_id)
    assert "办理期限延至" in await told(owner, world, "resident1")
    assert "申请的延期已批准" in await told(owner, world, "member1")
    assert "申请延期 3 个工作日" in await told(owner, world, "community")
    shown = (await world.ok("resident1", "GET", "/v1/extensions"))["items"]
    assert [row["id"] for row in shown] == [asked["id"]]
    assert (await world.ok("resident2", "GET", "/v1/extensions"))["items"] == []
    beside = (await world.ok("resident1", "GET", f"/v1/orders/{order['id']}/beside"))["items"]
    assert {"noun": "extensions", "open": 0, "total": 1} in beside


async def test_one_waits_at_a_time_whoever_races_and_two_are_granted_at_most(world: World) -> None:
    order = await taken(world)
    answers = await asyncio.gather(
        *(world.call("member1", "POST", "/v1/extensions", json=form(order)) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (first,) = [answer.json() for answer in answers if answer.is_success]
    await do(world, "community", first, "approve")
    await do(world, "community", await ask(world, "member1", order), "deny", words="不需要")
    await do(world, "subdistrict", await ask(world, "member1", order), "approve")
    assert await refused(world, "member1", order) == 409


async def test_who_may_ask_and_until_when(world: World) -> None:
    order = await taken(world)
    assert [await refused(world, who, order) for who in ("resident1", "grid", "member2")] == [403, 403, 404]
    assert await refused(world, "member1", order, working_days=31) == 422
    with time_machine.travel(now() + timedelta(days=60)):
        assert await refused(world, "member1", order) == 409
    done = await reported(world, "member2")
    assert await refused(world, "member2", done) == 409


async def test_what_nobody_decided_is_void_once_the_order_moves_on(world: World) -> None:
    order = await taken(world)
    asked = await ask(world, "member1", order)
    await act(world, "member1", order, "transfer", person_id=str(world.people["member2"]))
    assert (await world.ok("community", "GET", f"/v1/extensions/{asked['id']}"))["state"] == "void"
    await act(world, "member2", order, "accept")
    again = await ask(world, "member2", order)
    await act(world, "resident1", order, "withdraw")
    void = await world.ok("community", "GET", f"/v1/extensions/{again['id']}")
    assert (void["state"], void["actions"]) == ("void", [])
    late = await world.call("community", "POST", f"/v1/extensions/{again['id']}/approve", json={})
    assert late.status_code == 409
    assert UUID(void["order_id"]) == UUID(order["id"])


async def test_the_asker_reads_the_class_of_the_reason_and_no_words(world: World) -> None:
    asked = await ask(world, "member1", await taken(world))
    await do(world, "community", asked, "deny", words="内部意见")
    for path in ("/v1/extensions", f"/v1/extensions/{asked['id']}"):
        seen = {}
        for who in ("resident1", "member1", "grid"):
            row = await world.ok(who, "GET", path)
            row = row["items"][0] if "items" in row else row
            seen[who] = (row["words"], row["decision_words"], row["asked_by"])
            assert (row["reason"], row["state"]) == ("parts_or_funds", "denied")
        assert seen["resident1"] == (None, None, None), path
        assert seen["member1"] == seen["grid"] == ("等厂家调货", "内部意见", str(world.people["member1"])), path
