"""Figures of whistles: by type, by limit, by department, counted by hand."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.whistle_calls import CallState, Task
from app.domain.whistles import WhistleState
from app.models import Whistle, WhistleCall, WhistleClock
from tests.services.rows_whistles import put_call, put_type, put_whistle
from tests.worlds import World

FIGURES = "/v1/whistle-figures"
_FEW = ("timely", "late", "running", "stopped", "share")


def _asked(world: World, place: str = "community", **more: Any) -> dict[str, Any]:
    day = now().astimezone(CHINA).date().isoformat()
    return {"place_id": str(world.places[place]), "from_on": day, "until_on": day} | more


async def _clock(session: AsyncSession, call: WhistleCall, task: Task, **columns: Any) -> None:
    here = (WhistleClock.district_id == call.district_id, WhistleClock.call_id == call.id, WhistleClock.task == task)
    await session.execute(update(WhistleClock).where(*here).values(**columns))


async def _put(owner: Database, world: World) -> None:
    """Three whistles of one type with four calls, one of another without any, one of last week."""
    moment = now()
    long_ago = {"started_at": moment - timedelta(hours=9), "due_at": moment - timedelta(hours=4)}
    async with owner.transaction(world.district_id) as session:
        kind = await put_type(session, world)
        closed = await put_whistle(session, world, WhistleState.CLOSED, kind=kind)
        done = await put_call(session, world, CallState.RATED, whistle=closed)
        for task in (Task.SIGN, Task.CONTACT, Task.REPORT, Task.ACT):
            await _clock(session, done, task, met_at=moment, **(long_ago if task is Task.ACT else {}))
        second = await put_whistle(session, world, WhistleState.BLOWN, kind=kind)
        slow = await put_call(session, world, CallState.CALLED, whistle=second)
        await _clock(session, slow, Task.SIGN, **long_ago)
        acted = await put_call(session, world, CallState.ACTED, whistle=second, unit="unit")
        acted.rating = 2
        await _clock(session, acted, Task.SIGN, met_at=moment - timedelta(hours=5), **long_ago)
        off = await put_whistle(session, world, WhistleState.CANCELLED, kind=kind)
        gone = await put_call(session, world, CallState.CANCELLED, whistle=off)
        await _clock(session, gone, Task.SIGN, stopped_at=moment)
        await _clock(session, gone, Task.CONTACT, stopped_at=moment, **long_ago)
        await put_whistle(session, world, WhistleState.BLOWN, kind=await put_type(session, world, source="紧急"))
        await put_whistle(session, world, WhistleState.APPROVED, kind=kind)
        former = await put_whistle(session, world, WhistleState.BLOWN, kind=kind)
        here = update(Whistle).where(Whistle.district_id == world.district_id, Whistle.id == former.id)
        await session.execute(here.values(blown_at=moment - timedelta(days=7)))


async def test_by_type_limit_and_department(world: World, owner: Database) -> None:
    await _put(owner, world)
    for who, place in (("grid", "grid"), ("community", "community"), ("auditor", "district")):
        found = await world.ok(who, "GET", FIGURES, params=_asked(world, place))
    types = sorted(found["types"], key=lambda kind: kind["whistles"])
    assert [(kind["whistles"], kind["calls"]) for kind in types] == [(1, 0), (3, 4)]
    limits = {limit["task"]: tuple(limit[name] for name in _FEW) for limit in types[1]["limits"]}
    assert list(limits) == ["sign", "contact", "report", "act"]
    assert limits["sign"] == (2, 1, 0, 1, 0.6667), "met twice, never signed, cancelled in time"
    assert limits["contact"] == (1, 1, 2, 0, 0.5), "cancelled when it was late already"
    assert limits["report"] == (1, 0, 3, 0, 1.0)
    assert limits["act"] == (0, 1, 3, 0, 0.0), "done, but late"
    assert {limit["share"] for limit in types[0]["limits"]} == {None}
    department, unit = found["departments"]
    assert (department["calls"], department["rated"], department["mean"], department["mean_back"]) == (3, 1, 5.0, 4.0)
    assert (unit["calls"], unit["rated"], unit["mean"], unit["rated_back"], unit["mean_back"]) == (1, 1, 2.0, 0, None)


async def test_who_may_ask(world: World, other_world: World) -> None:
    for who in ("resident1", "member1", "department", "liaison", "system"):
        assert (await world.call(who, "GET", FIGURES, params=_asked(world))).status_code == 403, who
    for place in ("sibling_community", "subdistrict"):
        assert (await world.call("community", "GET", FIGURES, params=_asked(world, place))).status_code == 404
    there = {"place_id": str(other_world.places["community"])}
    assert (await world.call("community", "GET", FIGURES, params=_asked(world, **there))).status_code == 404
    for wrong in ({"until_on": "2020-01-01"}, {"from_on": "2020-01-01"}, {"group": "all"}):
        assert (await world.call("community", "GET", FIGURES, params=_asked(world, **wrong))).status_code == 422
    assert (await world.call("community", "GET", FIGURES, params=_asked(world, "home1"))).status_code == 422
    found = await world.ok("community", "GET", FIGURES, params=_asked(world))
    assert (found["types"], found["departments"]) == ([], [])
