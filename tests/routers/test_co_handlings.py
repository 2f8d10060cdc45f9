"""Co-handling 联办: asked or given a part, seen as far as needed, done before the report, over with the order."""

import asyncio
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.models import Notice
from app.workers import relay
from tests.stories.steps import act, refused, started, taken
from tests.stories.test_hours import supplement
from tests.worlds import World


def form(world: World, order: Any, who: str | None = None, unit: str | None = None, **more: Any) -> dict[str, Any]:
    party = {"person_id": str(world.people[who])} if who else {"organization_id": str(world.units[str(unit)])}
    return {"order_id": order["id"], "part": "关总阀"} | party | more


async def invite(world: World, by: str, order: Any, **party: Any) -> Any:
    return await world.ok(by, "POST", "/v1/co-handlings", json=form(world, order, **party))


async def not_invited(world: World, by: str, order: Any, **party: Any) -> int:
    return (await world.call(by, "POST", "/v1/co-handlings", json=form(world, order, **party))).status_code


async def do(world: World, who: str, row: Any, verb: str, **words: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/co-handlings/{row['id']}/{verb}", json=words)


async def told(owner: Database, world: World, who: str) -> str:
    async with owner.transaction(world.district_id) as session:
        texts = await session.scalars(select(Notice.text).where(Notice.person_id == world.people[who]))
        return "\n".join(texts)


async def seen(world: World, who: str, order: Any) -> Any:
    """The order as its list shows it to them, which must be what the order itself does."""
    (listed,) = (await world.ok(who, "GET", "/v1/orders", params={"mine": True}))["items"]
    alone = await world.ok(who, "GET", f"/v1/orders/{order['id']}")
    assert (listed["place_id"], listed["actions"]) == (alone["place_id"], alone["actions"])
    return alone


async def test_a_person_is_asked_sees_the_order_and_is_done_before_the_report(
    world: World, app: FastAPI, owner: Database
) -> None:
    order = await started(world)
    assert (await world.call("member2", "GET", f"/v1/orders/{order['id']}")).status_code == 404
    row = await invite(world, "member1", order, who="member2")
    assert (row["state"], row["actions"]) == ("invited", ["cancel"])
    assert (await seen(world, "member2", order))["place_id"] is None, "no door before one has said yes"
    for who in ("resident2", "nobody", "member3"):
        assert (await world.call(who, "GET", f"/v1/orders/{order['id']}")).status_code == 404, who
    assert (await world.ok("member3", "GET", "/v1/co-handlings"))["items"] == []
    await do(world, "member2", row, "accept")
    helping = await seen(world, "member2", order)
    assert (helping["place_id"], helping["actions"]) == (order["place_id"], [])
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    waiting = await invite(world, "member1", order, who="member3")
    assert await refused(world, "member1", order, "report", result="已修好") == (409, "conflict")
    done = await do(world, "member2", row, "complete", result="总阀已关")
    assert (done["state"], done["result"], done["actions"]) == ("done", "总阀已关", [])
    assert (await seen(world, "member2", order))["place_id"] is None, "nor once the part is done"
    assert (await act(world, "member1", order, "report", result="已修好"))["state"] == "reported"
    assert (await world.ok("member1", "GET", f"/v1/co-handlings/{waiting['id']}"))["state"] == "cancelled"
    hours = await world.ok("grid", "POST", "/v1/hours", json=supplement(world, order, "member2"))
    assert (hours["source"], hours["minutes"]) == ("supplement", 60), "no check-in, so with evidence"
    idle = await world.call("grid", "POST", "/v1/hours", json=supplement(world, order, "member3"))
    assert idle.status_code == 404
    await relay.relay_district(app.state.database, world.district_id)
    assert "请您协办" in await told(owner, world, "member2")
    assert "不必再办" in await told(owner, world, "member3")
    assert "一个协办部分已完成" in await told(owner, world, "member1")


async def test_a_unit_is_given_its_part_by_who_dispatches_and_asked_by_who_leads(world: World) -> None:
    order = await taken(world)
    given = await invite(world, "grid", order, unit="department")
    assert given["state"] == "accepted"
    for verb in ("decline", "leave"):
        answer = await world.call("department", "POST", f"/v1/co-handlings/{given['id']}/{verb}", json={})
        assert answer.status_code in {403, 409}, verb
    assert (await seen(world, "department", order))["place_id"] == order["place_id"]
    asked = await invite(world, "member1", order, unit="unit")
    assert asked["state"] == "invited"
    assert (await do(world, "liaison", asked, "decline", words="人手不足"))["state"] == "declined"
    assert (await world.call("liaison", "GET", f"/v1/orders/{order['id']}")).status_code == 404
    await do(world, "grid", given, "cancel", words="不需要了")
    beside = (await world.ok("grid", "GET", f"/v1/orders/{order['id']}/beside"))["items"]
    assert {"noun": "co-handlings", "open": 0, "total": 2} in beside


async def test_whom_nobody_invites(world: World) -> None:
    order = await taken(world)
    assert await not_invited(world, "resident1", order, who="member2") == 403
    assert await not_invited(world, "member2", order, who="member3") == 404
    for who, status in (("member1", 422), ("resident1", 404), ("resident2", 404)):
        assert await not_invited(world, "grid", order, who=who) == status, who
    row = await invite(world, "grid", order, who="member2")
    assert await not_invited(world, "grid", order, who="member2") == 409
    await do(world, "member2", row, "decline")
    assert await not_invited(world, "member1", order, who="member2") == 422
    assert await not_invited(world, "grid", order, who="member2", again=True) == 403
    assert (await invite(world, "community", order, who="member2", again=True))["state"] == "invited"


async def test_of_two_who_invite_the_same_person_one_is_first(world: World) -> None:
    order = await taken(world)
    forms = [form(world, order, who="member2")] * 3
    answers = await asyncio.gather(*(world.call("grid", "POST", "/v1/co-handlings", json=one) for one in forms))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_with_the_order_the_help_ends(world: World) -> None:
    order = await taken(world)
    row = await invite(world, "member1", order, who="member2")
    await do(world, "member2", row, "accept")
    left = await invite(world, "member1", order, who="member3")
    await do(world, "member3", left, "accept")
    assert (await do(world, "member3", left, "leave", words="临时出差"))["state"] == "cancelled"
    await act(world, "resident1", order, "withdraw")
    ended = await world.ok("member2", "GET", f"/v1/co-handlings/{row['id']}")
    assert (ended["state"], ended["actions"]) == ("cancelled", [])
    assert (await world.call("member2", "GET", f"/v1/orders/{order['id']}")).status_code == 404
