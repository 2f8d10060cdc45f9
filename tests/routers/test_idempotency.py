"""I7: one key, one effect, one answer, for ordinary verbs and for the hot ones."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from app.core.db import Database
from app.core.ids import new_id
from app.models import Assignment, Event, Grant, IdempotencyKey, Need
from app.services import idempotency
from tests.stories.steps import accepted_need, act, asked, only_order, submitted
from tests.whole.document import operations_of
from tests.worlds import World, count

MISSING = "018f5e66-0000-7000-8000-000000000000"


def form(world: World, **more: Any) -> dict[str, Any]:
    return {"title": "漏水", "details": "滴水", "place_id": str(world.places["home1"])} | more


async def post(world: World, who: str, path: str, key: str, **body: Any) -> httpx.Response:
    return await world.call(who, "POST", path, json=body, headers={"idempotency-key": key})


def same(first: httpx.Response, again: httpx.Response) -> None:
    """The second answer is the first, to the byte, and says that it is a replay."""
    assert first.is_success, first.text
    assert "idempotency-replayed" not in first.headers
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("etag") == first.headers.get("etag")
    assert again.headers.get("location") == first.headers.get("location")


async def test_i7_what_must_have_a_key_is_refused_without(world: World, app: FastAPI) -> None:
    required = [o for o in operations_of(app.openapi()) if o.declared.get("x-idempotency-key") == "required"]
    told = [o for o in required if o.form]
    assert {"order_take", "order_accept", "need_submit", "hour_supplement"} <= {o.name for o in told}
    for operation in told:
        path = operation.path.replace("{id}", MISSING)
        headers = {"authorization": f"Bearer {world.token('district')}"}
        answer = await world.client.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing"), operation.name


async def test_i7_a_create_sent_again_is_answered_the_same(world: World, owner: Database) -> None:
    key = str(new_id())
    first = await post(world, "resident1", "/v1/needs", key, **form(world))
    for _ in range(2):
        again = await post(world, "resident1", "/v1/needs", key, **form(world))
        same(first, again)
        assert again.headers["idempotency-replayed"] == "true"
    assert await count(owner, world.district_id, Need) == await count(owner, world.district_id, Event) == 1


async def test_i7_a_step_sent_again_is_answered_the_same_though_the_row_moved_on(world: World) -> None:
    need, key = await submitted(world), str(new_id())
    path = f"/v1/needs/{need['id']}"
    first = await post(world, "grid", f"{path}/ask", key, question="几楼？")
    await world.ok("resident1", "POST", f"{path}/answer", json={"answer": "三楼"})
    again = await post(world, "grid", f"{path}/ask", key, question="几楼？")
    same(first, again)
    assert again.headers["idempotency-replayed"] == "true"
    assert (await world.ok("grid", "GET", path))["version"] == 3


async def test_i7_taking_sent_again_is_answered_the_same(world: World, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    path, key = f"/v1/orders/{order['id']}/take", str(new_id())
    first = await post(world, "member1", path, key)
    await act(world, "grid", order, "transfer", person_id=str(world.people["member2"]))
    same(first, await post(world, "member1", path, key))
    assert await count(owner, world.district_id, Assignment) == 2


async def test_i7_accepting_sent_again_is_answered_the_same(world: World) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (who,) = await asked(world, order)
    path, key = f"/v1/orders/{order['id']}/accept", str(new_id())
    same(await post(world, who, path, key), await post(world, who, path, key))


async def test_i7_a_key_belongs_to_one_request(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    key = str(new_id())
    assert (await post(world, "member1", f"/v1/orders/{order['id']}/take", key)).status_code == 200
    other = await only_order(world, await accepted_need(world))
    await act(world, "grid", other, "publish")
    reused = (422, "idempotency_key_reused")
    for path, body in (
        (f"/v1/orders/{other['id']}/take", {}),
        ("/v1/needs", form(world)),
        (f"/v1/orders/{order['id']}/start", {}),
    ):
        answer = await post(world, "member1", path, key, **body)
        assert (answer.status_code, answer.json()["code"]) == reused, path
    ordinary = str(new_id())
    assert (await post(world, "resident1", "/v1/needs", ordinary, **form(world))).status_code == 201
    changed = await post(world, "resident1", "/v1/needs", ordinary, **form(world, title="停电"))
    assert (changed.status_code, changed.json()["code"]) == reused


async def test_i7_a_key_is_its_senders_own(world: World, owner: Database) -> None:
    key = str(new_id())
    for who in ("resident1", "resident2"):
        assert (await post(world, who, "/v1/needs", key, **form(world))).status_code == 201
    assert await count(owner, world.district_id, Need) == 2


async def test_i7_while_the_first_is_running_the_second_waits_outside(world: World, owner: Database) -> None:
    key = idempotency.Key(str(new_id()), b"")
    async with owner.transaction(world.district_id) as session:
        await idempotency.begin(session, world.district_id, world.people["resident1"], key)
        answer = await post(world, "resident1", "/v1/needs", key.value, **form(world))
        assert (answer.status_code, answer.json()["code"]) == (409, "request_running")
    assert (await post(world, "resident1", "/v1/needs", key.value, **form(world))).status_code == 201


async def test_i7_of_many_at_once_one_takes_effect(world: World, owner: Database) -> None:
    key = str(new_id())
    answers = await asyncio.gather(*(post(world, "resident1", "/v1/needs", key, **form(world)) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await count(owner, world.district_id, Need) == 1


async def test_i7_of_many_takes_at_once_one_takes_effect_and_all_are_told(world: World, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=3))
    await act(world, "grid", order, "publish")
    path, key = f"/v1/orders/{order['id']}/take", str(new_id())
    answers = await asyncio.gather(*(post(world, "member1", path, key) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    assert await count(owner, world.district_id, Assignment) == 1


async def test_i7_a_refusal_is_not_kept(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    path, key = f"/v1/orders/{order['id']}/take", str(new_id())
    assert (await post(world, "member1", path, key)).status_code == 409
    await act(world, "grid", order, "publish")
    assert (await post(world, "member1", path, key)).status_code == 200
    need, key = await submitted(world), str(new_id())
    appeal = f"/v1/needs/{need['id']}/appeal"
    assert (await post(world, "resident1", appeal, key, words="再看")).status_code == 409
    await world.ok("grid", "POST", f"/v1/needs/{need['id']}/refuse", json={"reason": "other", "words": "不属"})
    assert (await post(world, "resident1", appeal, key, words="再看")).status_code == 200


async def test_i7_whoever_may_no_longer_is_not_answered_again(world: World, owner: Database) -> None:
    need, key = await submitted(world), str(new_id())
    path = f"/v1/needs/{need['id']}/ask"
    assert (await post(world, "grid", path, key, question="几楼？")).status_code == 200
    async with owner.transaction(world.district_id) as session:
        await session.execute(delete(Grant).where(Grant.person_id == world.people["grid"]))
    assert (await post(world, "grid", path, key, question="几楼？")).status_code in {403, 404}


async def test_i7_the_answer_is_kept_with_the_effect_or_not_at_all(world: World, owner: Database) -> None:
    """A request that is refused leaves no key behind; one that took effect leaves exactly one."""

    async def kept() -> int:
        async with owner.transaction(world.district_id) as session:
            mine = IdempotencyKey.district_id == world.district_id
            return len((await session.scalars(IdempotencyKey.__table__.select().where(mine))).all())

    await post(world, "resident1", "/v1/needs", "bad", title="")
    await post(world, "resident1", "/v1/needs", "elsewhere", **form(world, place_id=MISSING))
    assert await kept() == 0
    await post(world, "resident1", "/v1/needs", "good", **form(world))
    assert await kept() == 1


@pytest.mark.parametrize("length", [1, 64])
async def test_keys_may_be_short_and_long(world: World, length: int) -> None:
    assert (await post(world, "resident1", "/v1/needs", "~" * length, **form(world))).status_code == 201
