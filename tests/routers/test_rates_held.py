"""Whose the figures are: nobody answers for what was due, left or closed outside their own time with an order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.migrate import alembic_config
from app.domain.clocks import ClockState
from app.domain.needs import NeedState
from app.domain.objections import Ground, Verdict
from app.models import Objection, Order, OrderRound
from tests.routers.test_rates import BY_MEMBER, BY_UNIT, MONDAY, S, _contact, _put, _round, figures, rows_of
from tests.services.rows import put_need
from tests.stories.steps import act, reported, taken
from tests.worlds import World


@pytest.fixture(autouse=True)
def monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


async def _contacts(world: World, order: Any) -> list[str]:
    asked = {"subject_id": order["id"], "kind": "contact", "ended": True}
    return [clock["state"] for clock in (await world.ok("community", "GET", "/v1/clocks", params=asked))["items"]]


async def test_a_unit_does_not_inherit_the_delay_of_whom_it_follows(world: World, monday: Any) -> None:
    order = await taken(world)
    await act(world, "member1", order, "transfer", person_id=str(world.people["member2"]))
    monday.shift(timedelta(days=3))
    await act(world, "grid", order, "assign", organization_id=str(world.units["unit"]))
    assert await _contacts(world, order) == ["running", "stopped"], "one of its own"
    week = {"from_on": "2026-11-20", "until_on": "2026-11-29"}
    rows = await rows_of(world, group="organization", **week)
    shown = {row["name"]: figures(row, "response") for row in rows}
    assert shown == {"测试单位unit": (0, 0, {}), "未由单位承办": (0, 1, {})}


async def test_what_lapsed_before_a_units_time_is_not_the_units(world: World, owner: Database) -> None:
    """A limit that ran on until the unit had the order: only what was due in its time is counted as its own."""
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        order = await _put(session, world, need, S.ACCEPTED, BY_UNIT)
        await _contact(session, world, order.id, ClockState.OVERDUE, ago=30)
    (people,) = await rows_of(world, group="organization")
    assert (people["id"], figures(people, "response")) == (None, (0, 1, {}))


async def test_a_rework_is_no_second_response(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        reworked = await _put(session, world, need, S.ACCEPTED, round=2)
        await _contact(session, world, reworked.id, ClockState.MET, ago=30, ended=25)
        await _contact(session, world, reworked.id, ClockState.OVERDUE, ago=30, round_=2)
        taken_up = await _put(session, world, need, S.ACCEPTED)
        await _round(session, taken_up)
        await _contact(session, world, taken_up.id, ClockState.MET, ago=60, ended=55)
        await _contact(session, world, taken_up.id, ClockState.OVERDUE, ago=30, round_=2)
    (row,) = await rows_of(world)
    assert figures(row, "response") == (2, 3, {}), "once until it was closed, and once after that"


async def test_what_a_round_was_of_stays_when_the_order_becomes_of_another_kind(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        order = await _put(session, world, need, S.OPEN)
        await _round(session, order)
        await _contact(session, world, order.id, ClockState.MET, ago=60, ended=55)
        await _contact(session, world, order.id, ClockState.MET, ago=30, ended=25, round_=2)
        order.category = "care"
    kinds = {row["code"]: row for row in await rows_of(world, group="category")}
    assert figures(kinds["repair.plumbing"], "resolution") == (0, 1, {})
    assert {code: figures(row, "response") for code, row in kinds.items()} == {
        "repair.plumbing": (1, 1, {}),
        "care": (1, 1, {}),
    }
    (row,) = await rows_of(world, category="care")
    assert (figures(row, "resolution"), figures(row, "response")) == ((0, 0, {}), (1, 1, {}))


async def test_who_was_let_go_is_named_by_nothing_left_out(world: World, owner: Database) -> None:
    """Neither a unit whose objection was upheld, nor one of a round that was closed."""
    late: dict[str, Any] = {"due_at": now() - timedelta(hours=1)}
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        for state in (S.OPEN, S.WITHDRAWN):
            order = await _put(session, world, need, state, BY_UNIT, **late)
            said = {"ground": Ground.NOT_OUR_DUTY, "basis": "三定方案", "objected_by": world.people["liaison"]}
            where = {
                "path": order.path,
                "unit_path": world.paths["community"],
                "assigned_from": world.paths["community"],
            }
            judged = {"verdict": Verdict.UPHELD, "words": "成立", "judged_by": world.people["subdistrict"]}
            key = {"district_id": world.district_id, "order_id": order.id, "organization_id": world.units["unit"]}
            moments = {"objected_at": now(), "judged_at": now() + timedelta(hours=1)}
            session.add(Objection(**key, **said, **where, **judged, **moments))
        again = await _put(session, world, need, S.OPEN, BY_UNIT, **late)
        await _round(session, again, organization_id=world.units["unit"], closed_at=now() + timedelta(hours=1))
        await _put(session, world, need, S.OPEN, BY_MEMBER, **late)
        await _put(session, world, need, S.PLANNED, BY_UNIT, **late)
    unit, people = await rows_of(world, group="organization")
    assert (unit["id"], figures(unit, "resolution")[2]) == (str(world.units["unit"]), {"planned": 1})
    assert figures(people, "resolution")[2] == {"withdrawn": 1, "unfinished": 3}


async def test_rounds_from_before_that_was_kept_have_the_kind_they_were_of(
    world: World, owner: Database, database_url: str, monday: Any
) -> None:
    """From the history, as the migration fills it: twice another kind since, and the first is the one it was closed as."""
    order = await act(world, "resident1", await reported(world), "confirm", rating=4)
    await act(world, "resident1", order, "reopen", words="又漏了")
    for kind in ("repair.electric", "other"):
        monday.shift(timedelta(minutes=1))
        await world.ok("community", "POST", f"/v1/needs/{order['need_id']}/recategorise", json={"category": kind})
    filling = ScriptDirectory.from_config(alembic_config(database_url)).get_revision("0044").module.KINDS
    async with owner.transaction(world.district_id) as session:
        kept = select(OrderRound.category).where(OrderRound.order_id == UUID(order["id"]))
        assert await session.scalar(kept) == "repair.plumbing"
        await session.execute(update(OrderRound).where(OrderRound.order_id == UUID(order["id"])).values(category="?"))
        await session.execute(text(filling.format(mine=f"district_id = {world.district_id}")))
        assert await session.scalar(kept) == "repair.plumbing"


async def test_a_need_that_is_taken_up_again_was_not_met_by_its_orders(
    world: World, owner: Database, database_url: str
) -> None:
    """As if its last round of orders had been taken up one by one; counted once, also when one of them is in the end."""
    order = await act(world, "resident1", await reported(world), "confirm", rating=2)
    (row,) = await rows_of(world)
    assert (figures(row, "resolution"), figures(row, "satisfaction")) == ((1, 1, {}), (0, 1, {}))
    await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/reopen", json={"words": "又漏了"})
    (row,) = await rows_of(world)
    assert (figures(row, "resolution"), figures(row, "satisfaction")) == ((0, 1, {}), (0, 1, {}))
    due = (await world.ok("grid", "GET", "/v1/revisits", params={"order_id": order["id"]}))["items"]
    assert [revisit["state"] for revisit in due] == ["void"], "nobody need ask any more"
    filling = ScriptDirectory.from_config(alembic_config(database_url)).get_revision("0048").module.UNMET
    async with owner.transaction(world.district_id) as session:
        rows = update(Order).where(Order.need_id == UUID(order["need_id"]))
        await session.execute(rows.values(unmet=False))
        await session.execute(text(filling.format(mine=f"district_id = {world.district_id}")))
        assert await session.scalar(select(Order.unmet).where(Order.need_id == UUID(order["need_id"]))) is True
    await act(world, "resident1", order, "reopen", words="还是漏")
    (row,) = await rows_of(world)
    assert figures(row, "resolution") == (0, 1, {})
