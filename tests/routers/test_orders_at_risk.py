"""Orders at risk: the nearest to its limit first, with the reasons, page by page, to those whose place it is."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import Database
from app.domain.assignments import AssignmentState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.orders_at_risk import AT_RISK
from app.models import Order
from app.models.base import literal_in
from tests.services.rows import Held, put_need, put_order
from tests.services.rows_oversight import put_urge
from tests.worlds import World

LIST = "/v1/orders/at-risk"


async def _orders(owner: Database, world: World) -> list[str]:
    """One late and urged, one due tonight that two declined, one that is not out, one far off; and three that are no risk."""
    days = {OrderState.IN_PROGRESS: -1.0, OrderState.OFFERED: 0.2, OrderState.OPEN: 30.0, OrderState.ACCEPTED: 60.0}
    found = []
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        for state in (OrderState.REPORTED, OrderState.SUSPENDED, OrderState.CLOSED):
            (await put_order(session, world, need, state)).due_at = now() - timedelta(days=9)
        for state, ahead in reversed(days.items()):
            held = [
                Held(who, AssignmentState.DECLINED) for who in ("member2", "member3") if state is OrderState.OFFERED
            ]
            if state in {OrderState.IN_PROGRESS, OrderState.ACCEPTED}:
                held.append(Held("member1", AssignmentState.ACCEPTED))
            order = await put_order(session, world, need, state, *held)
            order.due_at = now() + timedelta(days=ahead)
            if state is OrderState.IN_PROGRESS:
                await put_urge(session, world, order)
            found.append(str(order.id))
    return found[::-1]


async def test_the_nearest_first_with_the_reasons(world: World, owner: Database) -> None:
    expected = await _orders(owner, world)
    for who in ("grid", "community", "subdistrict", "district", "auditor"):
        page = await world.ok(who, "GET", LIST)
        assert [item["id"] for item in page["items"]] == expected, who
    names = [[reason["name"] for reason in item["risks"]] for item in page["items"]]
    assert names == [["已超期", "催办 1 次"], ["将超期", "无人接", "多次婉拒 2 次"], ["未派出"], []]
    place = {"place_id": str(world.places["sibling_community"])}
    assert (await world.ok("district", "GET", LIST, params=place))["items"] == []
    assert (await world.ok("sibling_grid", "GET", LIST))["items"] == []
    for who in ("member1", "resident1", "liaison", "department", "nobody"):
        assert (await world.call(who, "GET", LIST)).status_code == 403


async def test_page_by_page(world: World, owner: Database) -> None:
    expected = await _orders(owner, world)
    found: list[str] = []
    more: dict[str, Any] = {}
    for _ in expected:
        page = await world.ok("community", "GET", LIST, params={"limit": 1} | more)
        found += [item["id"] for item in page["items"]]
        more = {"cursor": page["next_cursor"]}
    assert (found, more["cursor"]) == (expected, None)
    for cursor in ("_" * 32, "AAAA", "_" * 31):
        assert (await world.call("community", "GET", LIST, params={"cursor": cursor})).status_code in {200, 422}


async def test_a_page_walks_an_index(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        await session.execute(text("SET LOCAL enable_bitmapscan = off"))
        mine = (Order.district_id == world.district_id, text(literal_in("orders.state", AT_RISK)))
        near = select(Order.id).where(*mine).order_by(Order.due_at, Order.id).limit(20)
        plans: list[Any] = []
        for query in (near, near.where(Order.community_id == world.places["community"])):
            written = query.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
            plans.append(await session.scalar(text(f"EXPLAIN (FORMAT JSON) {written}".replace(":", r"\\:"))))
    told = [json.dumps(plan) for plan in plans]
    assert ["ix_orders_at_risk" in told[0], "ix_orders_community_at_risk" in told[1]] == [True, True]
    assert not any('"Sort"' in plan for plan in told), "already in the list's order"
