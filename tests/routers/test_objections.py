"""A unit says "not ours": the ground on record, a third party's judgement, and what follows from it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import time_machine
from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.domain.people import Role
from app.models import Notice, Objection
from app.workers import relay
from tests.routers.authority import give
from tests.stories.steps import accepted_need, act, only_order, refused
from tests.whistles import seat_admin
from tests.worlds import World

BASIS = "供水管网维修属供水公司职责"


async def disputed(world: World, who: str = "community", **more: Any) -> Any:
    order = await only_order(world, await accepted_need(world))
    await act(world, who, order, "assign", organization_id=str(world.units["department"]))
    return await act(world, "department", order, "object", ground="other_authority", basis=BASIS)


async def offered(world: World, who: str, order: Any) -> list[str]:
    """What the list offers, which must be what the order itself does."""
    listed = await world.ok(who, "GET", "/v1/orders", params={"need_id": order["need_id"]})
    (row,) = listed["items"]
    assert row["actions"] == (await world.ok(who, "GET", f"/v1/orders/{order['id']}"))["actions"]
    return [action for action in row["actions"] if action in {"uphold", "overrule"}]


async def told(owner: Database, world: World, who: str) -> str:
    async with owner.transaction(world.district_id) as session:
        texts = await session.scalars(select(Notice.text).where(Notice.person_id == world.people[who]))
        return "\n".join(texts)


async def test_who_assigned_it_does_not_judge_it(world: World, owner: Database) -> None:
    """Not even by a higher role of their own; another does, and the list offers it to nobody else."""
    await give(world, "district", "subdistrict", "community_admin", "community")
    order = await disputed(world, "subdistrict")
    for who in ("subdistrict", "community", "grid", "department"):
        assert await offered(world, who, order) == [], who
    for verb in ("uphold", "overrule"):
        assert await refused(world, "subdistrict", order, verb, words="成立") == (403, "forbidden")
    assert await offered(world, "district", order) == ["uphold", "overrule"]
    await act(world, "district", order, "overrule", words="属本部门")
    (row,) = (await world.ok("district", "GET", f"/v1/orders/{order['id']}/objections"))["items"]
    assert (row["verdict"], row["judged_by"]) == ("overruled", str(world.people["district"]))
    assert row["assigned_by"] == str(world.people["subdistrict"])


async def test_both_are_told_and_the_ground_stays_on_record(world: World, app: FastAPI, owner: Database) -> None:
    order = await disputed(world)
    path = f"/v1/orders/{order['id']}"
    beside = (await world.ok("resident1", "GET", f"{path}/beside"))["items"]
    assert {"noun": "objections", "open": 1, "total": 1} in beside
    assert {"noun": "supervisions", "open": 0, "total": 0} in beside
    assert (await world.call("resident1", "GET", f"{path}/objections")).status_code == 403
    assert (await world.call("resident2", "GET", f"{path}/objections")).status_code == 404
    assert await refused(world, "subdistrict", order, "uphold") == (422, "invalid")
    await act(world, "subdistrict", order, "uphold", words="应由供水公司办理")
    await relay.relay_district(app.state.database, world.district_id)
    assert "提出异议" in await told(owner, world, "community")
    assert "待您裁决" in await told(owner, world, "subdistrict")
    for who in ("community", "department"):
        assert "异议（另有法定主管部门）已裁决：异议成立" in await told(owner, world, who), who
    (row,) = (await world.ok("department", "GET", f"{path}/objections"))["items"]
    assert (row["ground"], row["basis"], row["words"]) == ("other_authority", BASIS, "应由供水公司办理")
    beside = (await world.ok("resident1", "GET", f"{path}/beside"))["items"]
    assert {"noun": "objections", "open": 0, "total": 1} in beside


async def test_after_it_was_upheld_the_unit_gets_it_again_only_by_a_supervisors_word(world: World) -> None:
    await give(world, "subdistrict", "member1", "community_admin", "community")
    order = await disputed(world)
    await act(world, "subdistrict", order, "uphold", words="成立")
    form: dict[str, Any] = {"organization_id": str(world.units["department"])}
    assert await refused(world, "community", order, "assign", **form) == (422, "rule_broken")
    for who in ("grid", "community"):
        assert await refused(world, who, order, "assign", **form, again=True) == (403, "forbidden"), who
    assert (await act(world, "member1", order, "assign", **form, again=True))["state"] == "accepted"
    again = await act(world, "department", order, "object", ground="no_power", basis="无处置权限")
    assert again["state"] == "disputed", "somebody else gave it, on other grounds"
    await act(world, "subdistrict", order, "overrule", words="应办理")
    assert (await refused(world, "department", order, "object", ground="other", basis="再提"))[0] == 409


async def test_an_order_that_ends_leaves_nothing_to_judge(world: World, owner: Database) -> None:
    order = await disputed(world)
    await act(world, "resident1", order, "withdraw", words="自己解决了")
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Objection).where(Objection.order_id == UUID(order["id"])))).one()
    assert (row.verdict, row.words, row.judged_by) == ("moot", None, None)


async def test_a_working_day_to_object_leaves_out_the_weekend(world: World) -> None:
    unit = {"organization_id": str(world.units["unit"])}
    form = {"ground": "not_our_duty", "basis": "职责清单第三条"}
    with time_machine.travel(datetime.fromisoformat("2026-12-04T16:30+08:00")):
        orders = [await only_order(world, await accepted_need(world)) for _ in range(2)]
        for order in orders:
            await act(world, "grid", order, "assign", **unit)
    with time_machine.travel(datetime.fromisoformat("2026-12-07T16:20+08:00")):
        assert (await act(world, "liaison", orders[0], "object", **form))["state"] == "disputed"
    with time_machine.travel(datetime.fromisoformat("2026-12-07T16:40+08:00")):
        assert (await refused(world, "liaison", orders[1], "object", **form))[0] == 409


async def test_only_who_may_judge_is_told_that_it_waits(world: World, app: FastAPI, owner: Database) -> None:
    """Another of the street does not judge what the street assigned: the district is told."""
    await seat_admin(app, owner, world, "street2", Role.SUBDISTRICT_ADMIN, "subdistrict")
    order = await only_order(world, await accepted_need(world))
    form = {"order_id": order["id"], "tried": "试过", "wish": "请协调"}
    asked = await world.ok("community", "POST", "/v1/escalations", json=form)
    answer = {"decision": "由街道派", "help": "派单", "takes_over": True}
    await world.ok("subdistrict", "POST", f"/v1/escalations/{asked['id']}/answer", json=answer)
    await act(world, "subdistrict", order, "assign", organization_id=str(world.units["unit"]))
    await act(world, "liaison", order, "object", ground="not_our_duty", basis="职责清单第三条")
    await relay.relay_district(app.state.database, world.district_id)
    waits = {who: "待您裁决" in await told(owner, world, who) for who in ("subdistrict", "street2", "district")}
    assert waits == {"subdistrict": False, "street2": False, "district": True}
