"""Urging an order: who may, how often, who is told, and what is shown of it to whom."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import ARRAY, Uuid, func, literal, select

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.retention import Kind, period_of
from app.models import Urge
from app.workers.retention import keep
from tests.erasing import erased
from tests.profiles import merged
from tests.routers.authority import give
from tests.services.rows_oversight import put_held_order, put_urge
from tests.stories.steps import accepted_need, act, only_order, reported, started, submitted, taken
from tests.stories.test_rights import told
from tests.worlds import World

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def friday() -> Iterator[Any]:
    with time_machine.travel(FRIDAY) as clock:
        yield clock


async def urge(world: World, who: str, order: Any, status: int = 201, **form: Any) -> Any:
    answer = await world.call(who, "POST", "/v1/urges", json={"order_id": order["id"]} | form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_once_a_working_day_and_everybody_hears_of_it(world: World, app: FastAPI, friday: Any) -> None:
    order = await taken(world)
    first = await urge(world, "resident1", order, words="水还在漏")
    assert (first["number"], first["urged_as"], first["counted_on"]) == (1, "asker", "2026-11-27")
    again = await urge(world, "resident1", order, 409)
    assert (again["code"], "下一个工作日" in again["detail"]) == ("duplicate", True)
    assert any("第1次" in words for words in await told(world, app, "member1"))
    assert any("第1次" in words for words in await told(world, app, "grid"))
    assert (await urge(world, "community", order))["urged_as"] == "community"
    friday.shift(timedelta(days=1))
    saturday = await urge(world, "resident1", order)
    assert (saturday["number"], saturday["counted_on"]) == (3, "2026-11-30")
    assert any("催办3次" in words for words in await told(world, app, "subdistrict"))
    assert not any("催办" in words for words in await told(world, app, "district"))
    friday.shift(timedelta(days=2))
    await urge(world, "resident1", order, 409)


async def test_who_may_and_of_what(world: World) -> None:
    order = await taken(world)
    for who in ("grid", "subdistrict", "auditor"):
        await urge(world, who, order, 403)
    for who in ("resident2", "sibling_community", "nobody"):
        await urge(world, who, order, 404)
    await urge(world, "member1", order, 403)
    done = await reported(world, "member2")
    assert (await urge(world, "resident1", done, 409))["code"] == "wrong_state"


async def test_on_behalf_and_affected(world: World) -> None:
    need = await submitted(world, "grid", asker_id=str(world.people["resident2"]))
    need = await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    alike = await submitted(world, "resident1")
    await world.ok("community", "POST", f"/v1/needs/{alike['id']}/merge", json={"into_id": need["id"]})
    found = [(await urge(world, who, order))["urged_as"] for who in ("grid", "resident2", "resident1")]
    assert found == ["proxy", "asker", "follower"]


async def test_a_neighbour_urges_what_affects_them(world: World) -> None:
    """Of the entrance they share, once a working day like whoever asked; of what is for handlers only nothing is there."""
    found = []
    for privacy in ("community", "handlers"):
        need = await submitted(world, place_id=str(world.places["entrance"]), privacy=privacy)
        need = await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
        found.append(await only_order(world, need))
    known, hidden = found
    first = await urge(world, "resident2", known, words="电梯还没修")
    assert (first["urged_as"], first["number"]) == ("follower", 1)
    assert (await urge(world, "resident2", known, 409))["code"] == "duplicate"
    assert (await urge(world, "community", known))["urged_as"] == "community"
    await urge(world, "resident2", hidden, 404)
    assert [row["id"] for row in (await world.ok("resident2", "GET", "/v1/urges"))["items"]] == [first["id"]]


async def test_a_new_round_counts_anew(world: World, friday: Any) -> None:
    order = await reported(world)
    await act(world, "resident1", order, "rework", words="还在漏")
    assert (await urge(world, "resident1", order))["round"] == 2


async def test_two_at_once_count_once(world: World, owner: Database) -> None:
    order = await taken(world)
    form = {"json": {"order_id": order["id"]}}
    answers = await asyncio.gather(*(world.call("resident1", "POST", "/v1/urges", **form) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    both = await asyncio.gather(urge(world, "community", order), _follow(world, order))
    assert both[0]["number"] == 2


async def _follow(world: World, order: Any) -> Any:
    return await world.call("resident1", "POST", "/v1/urges", json={"order_id": order["id"]})


async def test_who_sees_what(world: World) -> None:
    order = await started(world)
    own = await urge(world, "resident1", order, words="老人等着用水")
    path = f"/v1/urges/{own['id']}"
    assert (await world.ok("member1", "GET", path))["person_id"] is None, "whoever does the work is not told who urged"
    assert (await world.ok("member1", "GET", "/v1/urges"))["items"][0]["person_id"] is None
    for who in ("resident1", "grid", "community", "auditor"):
        assert (await world.ok(who, "GET", path))["person_id"] == str(world.people["resident1"])
        assert [row["id"] for row in (await world.ok(who, "GET", "/v1/urges"))["items"]] == [own["id"]]
    for who in ("member2", "resident2", "sibling_grid", "liaison"):
        assert (await world.call(who, "GET", path)).status_code == 404
        assert (await world.ok(who, "GET", "/v1/urges"))["items"] == []
    await urge(world, "community", order)
    assert len((await world.ok("resident1", "GET", "/v1/urges"))["items"]) == 1, "their own"
    assert len((await world.ok("grid", "GET", "/v1/urges", params={"order_id": order["id"]}))["items"]) == 2


async def _words(owner: Database, world: World) -> list[str | None]:
    async with owner.transaction(world.district_id) as session:
        mine = select(Urge.words).where(Urge.district_id == world.district_id).order_by(Urge.id)
        return list(await session.scalars(mine))


async def test_whoever_does_the_work_is_not_told_whatever_else_they_look_after(world: World) -> None:
    await give(world, "subdistrict", "member1", "community_admin", "community")
    order = await taken(world)
    made = await urge(world, "resident1", order)
    (listed,) = (await world.ok("member1", "GET", "/v1/urges"))["items"]
    alone = await world.ok("member1", "GET", f"/v1/urges/{made['id']}")
    assert (listed["person_id"], alone["person_id"]) == (None, None)
    assert (await world.ok("community", "GET", f"/v1/urges/{made['id']}"))["person_id"] is not None


async def test_what_was_said_goes_with_the_words_of_the_order(world: World, app: FastAPI, owner: Database) -> None:
    need = await accepted_need(world)
    order = await only_order(world, need)
    await urge(world, "community", order, words="张大爷家")
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    with time_machine.travel(now() + period_of(Kind.NEED_WORDS) + timedelta(days=1), tick=True):
        await keep(app.state.database, app.state.sealer, world.district_id)
    assert await _words(owner, world) == [None]


async def test_what_was_said_goes_with_whoever_said_it(world: World, app: FastAPI, owner: Database) -> None:
    """Also under a record that was merged into theirs: the urge itself stays where it was."""
    async with owner.transaction(world.district_id) as session:
        order = await put_held_order(session, world)
        for number, who in enumerate(("resident1", "resident2", "nobody"), 1):
            await put_urge(session, world, order, who, number)
    await merged(world, "nobody", "resident2")
    async with app.state.database.transaction(world.district_id) as session:
        rows: Any = literal([order.id, world.people["resident2"]], ARRAY(Uuid))
        assert await session.scalar(select(func.forget_urges(rows))) == 0, "nothing of theirs is gone yet"
    await erased(world, "resident2")
    assert await _words(owner, world) == ["请尽快", None, None]
