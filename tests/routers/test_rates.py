"""The three rates over a made-up community whose every numerator, denominator and exclusion is counted by hand."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.assignments import AssignmentState
from app.domain.clocks import ClockKind, ClockState, Mark
from app.domain.needs import NeedState
from app.domain.orders import OrderState, Outcome
from app.domain.revisits import RevisitReason, RevisitState
from app.models import Assignment, Clock, ClockMark, Need, Order, OrderRound, Revisit
from tests.services.rows import Held, put_need, put_order
from tests.services.rows_clocks import put_clock
from tests.stories.steps import AT_HOME, act, only_order, submitted
from tests.worlds import World

RATES = "/v1/rates"
MONDAY = datetime(2026, 11, 23, 10, tzinfo=CHINA)
WEEK = {"from_on": "2026-11-20", "until_on": "2026-11-26"}
S = OrderState
BY_UNIT = Held("unit", AssignmentState.VERIFIED, unit=True)
BY_MEMBER = Held("member1", AssignmentState.VERIFIED)


@pytest.fixture(autouse=True)
def monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


async def rows_of(world: World, who: str = "community", place: str = "community", **asked: Any) -> list[dict[str, Any]]:
    query = {"place_id": str(world.places[place])} | WEEK | asked
    found: list[dict[str, Any]] = (await world.ok(who, "GET", RATES, params=query))["rows"]
    return found


def figures(row: dict[str, Any], rate: str) -> tuple[int, int, dict[str, int]]:
    shown = row[rate]
    return shown["numerator"], shown["denominator"], {one["reason"]: one["count"] for one in shown["left_out"]}


async def _put(
    session: AsyncSession, world: World, need: Need, state: OrderState, *held: Held, place: str = "home1", **more: Any
) -> Order:
    order = await put_order(session, world, need, state, *held)
    order.place_id, order.path = world.places[place], world.paths[place]
    order.closed_at = now() if state in {S.CLOSED, S.TERMINATED, S.WITHDRAWN} else None
    for name, value in more.items():
        setattr(order, name, value)
    await session.flush()
    return order


async def _revisit(
    session: AsyncSession, world: World, order: Order, *, solved: bool, satisfied: bool, round_: int = 1
) -> None:
    where = {"path": order.path, "community_id": order.community_id, "grid_id": order.grid_id}
    said = {"done_at": now(), "done_by": world.people["grid"], "solved": solved, "satisfied": satisfied}
    what = {"round": round_, "reason": RevisitReason.LOW_RATING, "state": RevisitState.DONE, "due_at": now()}
    key = {"district_id": world.district_id, "id": new_id(), "order_id": order.id}
    session.add(Revisit(**key, **where, **said, **what))
    await session.flush()


async def _round(session: AsyncSession, order: Order, **more: Any) -> None:
    """Its first, that was closed two days ago and taken up again."""
    order.round = 2
    where = {"path": order.path, "community_id": order.community_id, "grid_id": order.grid_id}
    what = {"round": 1, "category": order.category, "outcome": Outcome.SOLVED, "closed_at": now() - timedelta(days=2)}
    session.add(OrderRound(district_id=order.district_id, id=new_id(), order_id=order.id, **where, **what | more))
    await session.flush()


async def _ended(owner: Database, world: World) -> None:
    """Seven closed rounds of which three are solved; and five that are left out of the rate."""
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)
        await _put(session, world, need, S.CLOSED, BY_UNIT, rating=5)
        await _put(session, world, need, S.CLOSED, BY_MEMBER, rating=3)
        await _put(session, world, need, S.CLOSED, BY_MEMBER, place="grid", category="care", closed_by_system=True)
        explained = await _put(session, world, need, S.CLOSED, BY_UNIT, outcome=Outcome.EXPLAINED)
        await _revisit(session, world, explained, solved=False, satisfied=True)
        unsolved = await _put(session, world, need, S.CLOSED, BY_MEMBER, rating=5)
        await _revisit(session, world, unsolved, solved=False, satisfied=False)
        again = await _put(session, world, need, S.IN_PROGRESS, BY_MEMBER, due_at=now() + timedelta(days=9))
        await _round(session, again, rating=1, organization_id=world.units["unit"])
        twice = await _put(session, world, need, S.WITHDRAWN)
        await _round(session, twice, rating=None)
        await _revisit(session, world, twice, solved=False, satisfied=False)
        await _put(session, world, need, S.TERMINATED)
        for state in (S.PLANNED, S.OPEN, S.OFFERED):
            await _put(session, world, need, state, due_at=now() - timedelta(hours=1))
        for state in (S.REPORTED, S.SUSPENDED):
            await _put(session, world, need, state, due_at=now() - timedelta(hours=1))
        await _put(session, world, need, S.CLOSED, rating=1, closed_at=datetime(2026, 11, 19, 23, 59, tzinfo=CHINA))
        await _put(session, world, need, S.CLOSED, rating=1, closed_at=datetime(2026, 11, 27, tzinfo=CHINA))


async def test_resolution_and_satisfaction_by_hand(world: World, owner: Database) -> None:
    await _ended(owner, world)
    for who, place in (
        ("grid", "grid"),
        ("community", "community"),
        ("subdistrict", "subdistrict"),
        ("auditor", "district"),
    ):
        (row,) = await rows_of(world, who, place)
        assert row["id"] == str(world.places[place])
        left = {"withdrawn": 1, "terminated": 1, "planned": 1, "unfinished": 2}
        assert figures(row, "resolution") == (3, 7, left), "of rated 5, rated 3, unrated: solved"
        assert figures(row, "satisfaction") == (2, 6, {"not_rated": 1}), "rated 5, explained to their content"
        assert (row["resolution"]["share"], row["resolution"]["tier"]) == (0.4286, None), "too few for a tier"
        assert row["resolution"]["left_out"][0]["name"] == "点单人撤回"
        assert figures(row, "response") == (0, 0, {})
    (row,) = await rows_of(world, place="building")
    assert figures(row, "resolution")[:2] == (2, 6)
    (row,) = await rows_of(world, category="repair")
    assert figures(row, "satisfaction") == (2, 6, {})
    (row,) = await rows_of(world, category="repair.plumb")
    assert figures(row, "resolution") == (0, 0, {}), "a category is no prefix"


async def test_in_rows_by_category_unit_and_place(world: World, owner: Database) -> None:
    await _ended(owner, world)
    kinds = {row["code"]: row for row in await rows_of(world, group="category")}
    counts = {code: (row["id"], figures(row, "resolution")[:2]) for code, row in kinds.items()}
    assert counts == {"repair.plumbing": (None, (2, 6)), "care": (None, (1, 1))}
    unit, people = await rows_of(world, group="organization")
    assert (unit["id"], unit["name"]) == (str(world.units["unit"]), "测试单位unit")
    assert (people["id"], people["name"]) == (None, "未由单位承办")
    assert figures(unit, "resolution") == (1, 3, {}), "solved, explained, and the round that was taken up again"
    assert figures(people, "resolution")[:2] == (2, 4)
    (own,) = await rows_of(world, organization_id=str(world.units["unit"]))
    assert figures(own, "satisfaction") == (2, 3, {}), "rated 5, content on a revisit, rated 1"
    rows = await rows_of(world, place="grid", group="place")
    assert {row["id"]: figures(row, "resolution")[:2] for row in rows} == {
        str(world.places["grid"]): (1, 1),
        str(world.places["compound"]): (2, 6),
    }, "what lies at the grid itself stands under its own name"
    assert {row["name"] for row in rows} == {"测试grid", "测试compound"}
    (deep,) = await rows_of(world, place="building", group="place")
    assert deep["id"] == str(world.places["entrance"])
    (top,) = await rows_of(world, "district", place="district", group="place")
    assert top["id"] == str(world.places["subdistrict"])


async def _contact(session: AsyncSession, world: World, order_id: UUID, state: ClockState, **times: float) -> Clock:
    """A limit of ten hours; ``ago``: since when it runs, ``ended``: when it ended, in hours before now."""
    clock = await put_clock(
        session, world, state, order_id, kind=ClockKind.CONTACT, hours_ago=int(times.get("ago", 1)), limit_hours=10
    )
    if (ended := times.get("ended")) is not None:
        clock.ended_at = now() - timedelta(hours=ended)
    clock.round = int(times.get("round_", 1))
    await session.flush()
    return clock


async def _contacts(owner: Database, world: World) -> None:
    async with owner.transaction(world.district_id) as session:
        need = await put_need(session, world, NeedState.IN_SERVICE)

        async def one(state: ClockState, *held: Held, **times: float) -> Order:
            order = await _put(session, world, need, S.ACCEPTED, *held)
            await _contact(session, world, order.id, state, **times)
            return order

        await one(ClockState.MET, ago=30, ended=25)
        await one(ClockState.MET, ago=30, ended=19)
        await one(ClockState.OVERDUE, ago=30)
        await one(ClockState.RUNNING, ago=11)
        await one(ClockState.RUNNING, ago=2)
        await one(ClockState.STOPPED, ago=30, ended=25)
        await one(ClockState.STOPPED, ago=30, ended=10)
        replaced = await one(ClockState.STOPPED, ago=40, ended=35)
        await _contact(session, world, replaced.id, ClockState.MET, ago=30, ended=25)
        await one(ClockState.ESCALATED, ago=40)
        again = await one(ClockState.MET, ago=60, ended=55)
        await _contact(session, world, again.id, ClockState.OVERDUE, ago=30, round_=2)
        await _round(session, again)
        late = await one(ClockState.STOPPED, ago=60, ended=45)
        await _contact(session, world, late.id, ClockState.MET, ago=30, ended=25)
        upheld = await _put(session, world, need, S.ACCEPTED, BY_UNIT)
        since = update(Assignment).where(Assignment.order_id == upheld.id)
        await session.execute(since.values(accepted_at=now() - timedelta(hours=30)))
        clock = await _contact(session, world, upheld.id, ClockState.STOPPED, ago=30, ended=10)
        key = {"district_id": world.district_id, "id": new_id(), "clock_id": clock.id}
        session.add(ClockMark(**key, at=clock.ended_at, mark=Mark.STOP, cause="uphold"))


async def test_response_by_hand(world: World, owner: Database) -> None:
    """Timely: spoken to, replaced by one who spoke, and the first round of the one that was taken up again."""
    await _contacts(owner, world)
    (row,) = await rows_of(world)
    assert figures(row, "response") == (3, 10, {"not_due": 1, "stopped": 2})
    assert (row["response"]["share"], row["response"]["tier"], row["response"]["tier_name"]) == (0.3, "poor", "待改进")
    (unit, people) = await rows_of(world, group="organization")
    assert figures(unit, "response") == (0, 0, {"stopped": 1}), "not its business, and not its delay"
    assert figures(people, "response") == (3, 10, {"not_due": 1, "stopped": 1})
    (row,) = await rows_of(world, from_on="2026-11-26", until_on="2026-11-26")
    assert figures(row, "response") == (0, 0, {})


async def test_who_may_ask_and_for_what(world: World, other_world: World) -> None:
    async def status(who: str | None, place: UUID, **asked: Any) -> int:
        return (await world.call(who, "GET", RATES, params={"place_id": str(place)} | WEEK | asked)).status_code

    here = world.places["community"]
    for who in ("resident1", "member1", "volunteer1", "liaison", "department", "manager", "system", "nobody"):
        assert await status(who, here) == 403, who
    assert await status(None, here) == 401
    for place in (
        world.places["sibling_community"],
        world.places["subdistrict"],
        other_world.places["community"],
        new_id(),
    ):
        assert await status("community", place) == 404
    assert await status("grid", here) == 404, "above their own"
    for who in ("grid", "sibling_grid"):
        assert (await status(who, world.places["grid"]) == 200) is (who == "grid")
    assert await status("community", here, organization_id=new_id()) == 404
    assert await status("community", here, organization_id=other_world.units["unit"]) == 404
    assert await status("community", world.places["home1"]) == 422, "of no home"
    assert await status("community", world.places["entrance"], group="place") == 422
    wrong = (
        {"until_on": "2026-11-19"},
        {"from_on": "2024-11-25"},
        {"from_on": "2026-11-31"},
        {"group": "rank"},
        {"limit": 3},
    )
    for asked in wrong:
        assert await status("community", here, **asked) == 422, asked
    assert await status("community", here, from_on="2024-11-26") == 200, "two years"
    assert await rows_of(world, category="nowhere", group="category") == []


async def test_stars_given_for_the_asker_are_not_the_askers(world: World, monday: Any) -> None:
    """Two orders grid asked for in resident1's name: of one grid gives the stars, of the other resident1."""
    for rated_by, found in (("grid", (0, 0, {"not_by_asker": 1})), ("resident1", (1, 1, {"not_by_asker": 1}))):
        need = await submitted(world, "grid", asker_id=str(world.people["resident1"]))
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
        order = await only_order(world, need)
        await act(world, "grid", order, "publish")
        await act(world, "member1", order, "take")
        await act(world, "member1", order, "start", position=AT_HOME)
        mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
        monday.shift(timedelta(minutes=10))
        await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
        await act(world, "member1", order, "report", result="已修好")
        await act(world, rated_by, order, "confirm", rating=5)
        (row,) = await rows_of(world)
        assert figures(row, "satisfaction") == found
    assert figures(row, "resolution") == (2, 2, {}), "it closes the order all the same"
    await act(world, "resident1", order, "reopen", words="又漏了")
    (row,) = await rows_of(world)
    assert figures(row, "satisfaction") == (1, 1, {"not_by_asker": 1})
