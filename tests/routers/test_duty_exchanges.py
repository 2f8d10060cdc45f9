"""Exchange of turns: by consent of both, with the community's say, and never half."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.db import Database
from tests.routers.rotating import DECEMBER, liaison_of, published, seat_units, travel, turns_of
from tests.stories.test_rights import told
from tests.worlds import World

EXCHANGES = "/v1/duty-exchanges"


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


@pytest.fixture
async def turns(world: World, app: FastAPI, owner: Database, december: Any) -> list[Any]:
    await seat_units(app, owner, world, 7)
    return await published(december, world)


async def ask(world: World, mine: Any, other: Any, status: int = 201) -> Any:
    form = {"turn_id": mine["id"], "other_turn_id": other["id"]}
    answer = await world.call(liaison_of(world, mine), "POST", EXCHANGES, json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def act(world: World, who: str, exchange: Any, action: str, status: int = 200, **form: Any) -> Any:
    answer = await world.call(who, "POST", f"{EXCHANGES}/{exchange['id']}/{action}", json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def holders(world: World) -> list[str]:
    return [turn["organization_id"] for turn in await turns_of(world)]


async def test_both_agree_nobody_objects_and_the_turns_change_hands(
    world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any
) -> None:
    before = await holders(world)
    exchange = await ask(world, turns[2], turns[4])
    assert (exchange["state"], exchange["due_on"]) == ("asked", "2026-12-18")
    agreed = await act(world, liaison_of(world, turns[4]), exchange, "agree")
    assert (agreed["state"], agreed["due_on"]) == ("agreed", "2026-12-16")
    assert any("商定调换轮值" in words for words in await told(world, app, "community"))
    await travel(december, app, owner, world, date(2026, 12, 16))
    assert await holders(world) == before, "its last day is not over"
    await travel(december, app, owner, world, date(2026, 12, 17))
    after = [*before]
    after[2], after[4] = after[4], after[2]
    assert await holders(world) == after
    done = await world.ok(liaison_of(world, turns[2]), "GET", f"{EXCHANGES}/{exchange['id']}")
    assert done["state"] == "done"
    assert [turn["exchange_id"] for turn in await turns_of(world)] == [None] * 6
    assert any("轮值已调换" in words for words in await told(world, app, liaison_of(world, turns[4])))


async def test_the_community_objects(world: World, turns: list[Any]) -> None:
    before = await holders(world)
    exchange = await ask(world, turns[2], turns[4])
    await act(world, "community", exchange, "object", 409, reason="还没同意")
    await act(world, liaison_of(world, turns[4]), exchange, "agree")
    done = await act(world, "community", exchange, "object", reason="年末检查须由原单位承担")
    assert (done["state"], done["objection"]) == ("objected", "年末检查须由原单位承担")
    assert await holders(world) == before
    await ask(world, turns[2], turns[4])


async def test_only_the_two_units_act_each_for_its_own(world: World, turns: list[Any]) -> None:
    exchange = await ask(world, turns[2], turns[4])
    await act(world, liaison_of(world, turns[2]), exchange, "agree", 403)
    await act(world, liaison_of(world, turns[3]), exchange, "agree", 404)
    await act(world, liaison_of(world, turns[4]), exchange, "withdraw", 403)
    foreign = {"turn_id": turns[1]["id"], "other_turn_id": turns[5]["id"]}
    answer = await world.call(liaison_of(world, turns[3]), "POST", EXCHANGES, json=foreign)
    assert answer.status_code == 403
    listed = await world.ok(liaison_of(world, turns[3]), "GET", EXCHANGES)
    assert listed["items"] == []
    assert len((await world.ok("auditor", "GET", EXCHANGES))["items"]) == 1


async def test_of_two_for_one_turn_one_is_left(world: World, turns: list[Any]) -> None:
    """Asked at once from two sides, in both directions."""
    pairs = [(turns[2], turns[4]), (turns[4], turns[5]), (turns[3], turns[4]), (turns[5], turns[2])]

    async def one(mine: Any, other: Any) -> int:
        form = {"turn_id": mine["id"], "other_turn_id": other["id"]}
        return (await world.call(liaison_of(world, mine), "POST", EXCHANGES, json=form)).status_code

    codes = await asyncio.gather(*(one(*pair) for pair in pairs))
    assert set(codes) == {201, 409}
    held = [turn["exchange_id"] for turn in await turns_of(world) if turn["exchange_id"]]
    assert len(held) == 2 * codes.count(201), "each turn is part of one"


async def test_of_two_answers_at_once_one_counts(world: World, turns: list[Any]) -> None:
    exchange = await ask(world, turns[2], turns[4])
    other, mine = liaison_of(world, turns[4]), liaison_of(world, turns[2])
    calls = [(other, "agree"), (other, "decline"), (mine, "withdraw")]
    answers = await asyncio.gather(
        *(world.call(who, "POST", f"{EXCHANGES}/{exchange['id']}/{action}", json={}) for who, action in calls)
    )
    codes = [answer.status_code for answer in answers]
    assert {*codes} <= {200, 409}
    state = (await world.ok("auditor", "GET", f"{EXCHANGES}/{exchange['id']}"))["state"]
    assert state in {"agreed", "declined", "withdrawn"}


async def test_silence_lapses(world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any) -> None:
    exchange = await ask(world, turns[2], turns[4])
    await travel(december, app, owner, world, date(2026, 12, 19))
    assert (await world.ok("auditor", "GET", f"{EXCHANGES}/{exchange['id']}"))["state"] == "lapsed"
    assert [turn["exchange_id"] for turn in await turns_of(world)] == [None] * 6


async def test_what_has_begun_or_is_too_near_is_not_exchanged(
    world: World, app: FastAPI, owner: Database, turns: list[Any], december: Any
) -> None:
    await ask(world, turns[2], turns[2], 422)
    await travel(december, app, owner, world, date(2026, 12, 30))
    await ask(world, turns[0], turns[4], 422)
    await travel(december, app, owner, world, date(2027, 1, 4))
    await ask(world, turns[4], turns[0], 409)


async def test_a_unit_that_leaves_takes_its_exchange_with_it(world: World, turns: list[Any]) -> None:
    exchange = await ask(world, turns[2], turns[4])
    query = {"organization_id": turns[4]["organization_id"]}
    member = (await world.ok("community", "GET", "/v1/committee-members", params=query))["items"][0]
    gone = {"left_on": "2026-12-11", "reason": "单位迁出"}
    await world.ok("community", "POST", f"/v1/committee-members/{member['id']}/leave", json=gone)
    assert (await world.ok("auditor", "GET", f"{EXCHANGES}/{exchange['id']}"))["state"] == "lapsed"
    assert (await turns_of(world))[2]["exchange_id"] is None
