"""I12: each call that changes or opens something, and each that is denied, leaves exactly one entry in the audit trail.

The whole suite is held to it (tests/audited.py); here it stands by name, operation by operation, with what an entry says.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import select, text, update

from app import main
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.domain.access import PUBLIC
from app.domain.audit import Outcome
from app.domain.limits import DENIED_NOTED
from app.main import create_app
from app.models import AuditEntry, Event, Need, Order, Place
from app.routers import ROUTERS
from app.routers.deps import ActorDep, SessionDep, get_session, operation
from app.routers.route import HouseRoute
from app.services.outbox import publish
from app.settings import Settings
from app.workers import clocks
from tests.audited import LEDGER, OPENING, OPENING_TO_SOME, Ledger, NotOnce
from tests.stories.steps import accepted_need, act, only_order, reported, submitted, taken
from tests.whole.access_golden import GOLDEN, read
from tests.whole.access_matrix import lay, of_noun
from tests.whole.access_registry import BUILDERS
from tests.whole.access_walk import DONE, Cell, Verdicts, Walk
from tests.whole.document import Operation, unstarted
from tests.worlds import World

HOT = {"order_take", "order_accept"}
"""They write their entry in the one statement that does everything."""
_SAID = read(GOLDEN.read_text(encoding="utf-8"))
_districts = itertools.count(860_000 + (os.getpid() * 53) % 40_000, 1)


async def entries(owner: Database, district: int, **where: Any) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.district_id == district).filter_by(**where)
    async with owner.transaction(district) as session:
        return list(await session.scalars(query.order_by(AuditEntry.id)))


async def _count(owner: Database, districts: list[int], name: str) -> Counter[str]:
    async with owner.transaction(districts[0]) as session:
        rows = await session.scalars(
            select(AuditEntry.outcome).where(AuditEntry.district_id.in_(districts), AuditEntry.operation == name)
        )
        return Counter(outcome.value for outcome in rows)


def _tries(found: Operation, verdicts: Verdicts) -> Iterator[tuple[Outcome, Cell]]:
    """A cell that gets it done, and one of each kind of denial."""
    wanted = {DONE: Outcome.DONE} | ({} if found.permission == PUBLIC else {"3": Outcome.DENIED, "4": Outcome.DENIED})
    for verdict, outcome in wanted.items():
        cell = next((cell for cell, known in verdicts.items() if known == verdict), None)
        if cell is not None:
            yield outcome, cell


@pytest.mark.parametrize("noun", sorted(BUILDERS))
async def test_i12_each_operation_that_changes_or_opens_leaves_one_entry_done_or_denied(
    noun: str, app: FastAPI, owner: Database, transport: httpx.ASGITransport
) -> None:
    found = [o for o in of_noun(app.openapi(), noun) if (o.method != "GET" or o.name in OPENING) and o.name in _SAID]
    districts = [next(_districts), next(_districts)]
    walk = Walk(await lay(app, owner, transport, districts), app.openapi(), found)
    for each in found:
        for outcome, cell in _tries(each, _SAID[each.name][1]):
            row = await walk._row(each)
            before = await _count(owner, districts, each.name)
            await walk._verdict(each, cell, row)
            after = await _count(owner, districts, each.name)
            assert dict(after - before) == {outcome.value: 1}, f"{each.name} as {' '.join(cell)}"


def test_i12_the_reading_operations_that_open_are_there(app: FastAPI) -> None:
    found = {o.name for noun in BUILDERS for o in of_noun(app.openapi(), noun) if o.method == "GET"}
    assert found & _SAID.keys() >= OPENING | OPENING_TO_SOME


def test_i12_every_mutating_operation_has_the_transaction_its_entry_goes_into(tmp_path: Path) -> None:
    without = {
        route.original_route.name
        for route in iter_route_contexts(create_app(unstarted(tmp_path)).routes)
        if isinstance(route.original_route, HouseRoute) and route.original_route.permission != PUBLIC
        if "GET" not in (route.methods or ()) and get_session not in _asked_for(route.original_route.dependant)
    }
    assert without == HOT


def _asked_for(dependant: Any) -> set[Any]:
    return {dependant.call}.union(*(_asked_for(inner) for inner in dependant.dependencies))


async def test_i12_an_entry_says_who_what_when_and_where_from(world: World, owner: Database) -> None:
    before = now()
    need = await submitted(world)
    (entry,) = await entries(owner, world.district_id)
    assert (entry.operation, entry.outcome, entry.status, entry.caller) == ("need_submit", "done", 201, "person")
    assert (entry.actor_id, entry.sign_in_id) == (world.people["resident1"], world.sign_ins["resident1"])
    assert (entry.subject_id, entry.address) == (UUID(need["id"]), "127.0.0.1")
    assert (entry.opened, entry.purpose, entry.why, entry.data) == ([], None, None, {})
    assert before <= entry.at <= now()


async def test_i12_a_hot_verb_leaves_one_entry_in_its_statement(world: World, owner: Database) -> None:
    order = await taken(world)
    (entry,) = await entries(owner, world.district_id, operation="order_take")
    assert (entry.actor_id, entry.sign_in_id) == (world.people["member1"], world.sign_ins["member1"])
    assert (entry.subject_id, entry.address, entry.status) == (UUID(order["id"]), "127.0.0.1", 200)
    answer = await world.call("resident1", "POST", f"/v1/orders/{order['id']}/take", json={})
    assert answer.status_code == 403
    (first, denied) = await entries(owner, world.district_id, operation="order_take")
    assert (first.id, denied.outcome, denied.actor_id) == (entry.id, "denied", world.people["resident1"])


async def test_i12_races_leave_one_entry_a_winner(world: World, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    who = ["member1", "member2", "member3", "volunteer1", "volunteer2"]
    answers = await asyncio.gather(*(world.call(w, "POST", f"/v1/orders/{order['id']}/take", json={}) for w in who))
    done = await entries(owner, world.district_id, operation="order_take", outcome=Outcome.DONE)
    assert len(done) == sum(answer.is_success for answer in answers) == 1


@pytest.mark.parametrize("path", ["/v1/needs", "/v1/orders/{order}/publish", "/v1/orders/{order}/take"])
async def test_i12_an_answer_sent_again_leaves_none(world: World, owner: Database, path: str) -> None:
    order = await only_order(world, await accepted_need(world))
    if path.endswith("take"):
        await act(world, "grid", order, "publish")
    who = {"needs": "resident1", "publish": "grid", "take": "member1"}[path.rpartition("/")[2]]
    form = (
        {"title": "灯坏了", "details": "楼道灯", "place_id": str(world.places["home1"])} if who == "resident1" else {}
    )
    before = len(await entries(owner, world.district_id))
    answers = [
        await world.call(
            who, "POST", path.format(order=order["id"]), json=form, headers={"idempotency-key": "the-same"}
        )
        for _ in range(3)
    ]
    assert [a.is_success for a in answers] == [True] * 3
    assert [a.headers.get("idempotency-replayed") for a in answers] == [None, "true", "true"]
    assert len(await entries(owner, world.district_id)) == before + 1


async def test_i12_what_changes_nothing_and_denies_nobody_leaves_none(world: World, owner: Database) -> None:
    order = await taken(world)
    place = f"/v1/places/{world.places['compound']}"
    before = len(await entries(owner, world.district_id))
    calls: list[tuple[str | None, str, str, Any, dict[str, str]]] = [
        ("grid", "POST", f"/v1/orders/{order['id']}/publish", {}, {}),
        ("community", "PATCH", place, {"name": "新名"}, {"if-match": '"99"'}),
        ("community", "PATCH", place, {"name": "新名"}, {}),
        ("resident1", "POST", "/v1/needs", {"title": ""}, {}),
        ("resident1", "GET", "/v1/me", None, {}),
        ("grid", "GET", "/v1/orders", None, {}),
        ("grid", "GET", f"/v1/orders/{order['id']}", None, {}),
        (None, "GET", "/v1/orders", None, {}),
        ("grid", "GET", "/v1/places/grid?lon=120&lat=30&datum=wgs84", None, {}),
    ]
    statuses = [
        (await world.call(who, method, path, json=form, headers=headers)).status_code
        for who, method, path, form, headers in calls
    ]
    assert statuses == [409, 412, 428, 422, 200, 200, 200, 401, 404]
    assert len(await entries(owner, world.district_id)) == before


async def test_i12_a_denied_call_leaves_one_and_not_more_than_the_limit(world: World, owner: Database) -> None:
    need = await submitted(world)
    hidden = await world.call("resident2", "GET", f"/v1/needs/{need['id']}")
    missing = await world.call("resident2", "GET", f"/v1/needs/{new_id()}")
    refused = await world.call("auditor", "POST", f"/v1/needs/{need['id']}/accept", json={})
    assert (hidden.status_code, missing.status_code, refused.status_code) == (404, 404, 403)
    found = [(e.operation, e.status, e.actor_id) for e in await entries(owner, world.district_id, outcome="denied")]
    assert found == [
        ("need_read", 404, world.people["resident2"]),
        ("need_read", 404, world.people["resident2"]),
        ("need_accept", 403, world.people["auditor"]),
    ]
    for _ in range(DENIED_NOTED.burst + 5):
        await world.call("member1", "GET", f"/v1/needs/{new_id()}")
    mine = await entries(owner, world.district_id, actor_id=world.people["member1"])
    assert len(mine) == DENIED_NOTED.burst
    await world.call("member1", "GET", f"/v1/orders/{new_id()}")
    assert len(await entries(owner, world.district_id, actor_id=world.people["member1"])) == len(mine) + 1


def _with(monkeypatch: pytest.MonkeyPatch, router: APIRouter, settings: Settings) -> FastAPI:
    monkeypatch.setattr(main, "ROUTERS", (*ROUTERS, router))
    return create_app(settings)


async def test_i12_whatever_its_method_a_call_that_changes_leaves_one(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, world: World, owner: Database
) -> None:
    router = APIRouter(route_class=HouseRoute)

    @router.get("/touched", **operation("places:list", "读着读着改了"))
    async def place_touch(session: SessionDep, actor: ActorDep, change: bool) -> dict[str, bool]:
        actor.checked.add("places:list")
        place = await session.get_one(Place, (world.district_id, world.places["home1"]))
        _ = publish(session, "place", place, "touch", actor=actor) if change else None
        return {"changed": change}

    for change in ("true", "false"):
        answer = await _ask(_with(monkeypatch, router, settings), world, "GET", f"/v1/touched?change={change}")
        assert answer.status_code == 200
    assert [e.operation for e in await entries(owner, world.district_id)] == ["place_touch"]
    LEDGER.calls[world.district_id]["place_touch", "done", world.people["district"]] += 1


async def _ask(app: FastAPI, world: World, method: str, path: str) -> httpx.Response:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"authorization": f"Bearer {world.token('district')}"}
            return await client.request(method, path, headers=headers)


async def test_i12_a_verb_that_fails_late_leaves_neither_change_nor_entry(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, world: World, owner: Database
) -> None:
    """Its answer is ready; what it wrote is refused when it is written out."""
    router = APIRouter(route_class=HouseRoute)

    @router.post("/places/late", **operation("places:create", "最后才出错"))
    async def place_late(session: SessionDep, actor: ActorDep) -> dict[str, bool]:
        actor.checked.add("places:create")
        place = await session.get_one(Place, (world.district_id, world.places["home1"]))
        place.name, place.path = "改过", None  # type: ignore[assignment]
        return {"written": True}

    answer = await _ask(_with(monkeypatch, router, settings), world, "POST", "/v1/places/late")
    assert answer.status_code >= 400
    assert await entries(owner, world.district_id) == []
    async with owner.transaction(world.district_id) as session:
        assert (await session.get_one(Place, (world.district_id, world.places["home1"]))).name != "改过"


async def test_i12_what_the_system_does_leaves_one_entry_an_event(world: World, owner: Database, app: FastAPI) -> None:
    order = await reported(world)
    async with owner.transaction(world.district_id) as session:
        await session.execute(
            update(Order)
            .where(Order.district_id == world.district_id, Order.id == UUID(order["id"]))
            .values(reported_at=now() - timedelta(days=30))
        )
    before = await _events(owner, world.district_id)
    assert await entries(owner, world.district_id, caller="system") == [], "in a call, the call's entry is all"
    await clocks.tick(app.state.database, world.district_id)
    events = [e for e in await _events(owner, world.district_id) if e not in before]
    assert len(events) >= 2
    noted = await entries(owner, world.district_id, caller="system")
    assert Counter(e.operation for e in noted) == Counter(events)
    assert all(e.actor_id is None and e.address is None and e.subject_id for e in noted)


async def _events(owner: Database, district: int) -> list[str]:
    async with owner.transaction(district) as session:
        rows = await session.scalars(select(Event).where(Event.district_id == district))
        return [f"{event.aggregate}.{event.action}" for event in rows if event.actor_id is None]


async def test_i12_nothing_sensitive_is_in_it(world: World, owner: Database) -> None:
    form = {"name": "欧阳测试", "phone": "19912345678", "place_id": str(world.places["home2"])}
    person = await world.ok("grid", "POST", "/v1/people", json=form)
    tag = {"if-match": f'"{person["version"]}"'}
    path = f"/v1/people/{person['id']}"
    await world.ok("grid", "PATCH", path, json={"phone": "15412345678"}, headers=tag)
    (made, changed) = await entries(owner, world.district_id)
    assert (made.person_id, changed.person_id) == (UUID(person["id"]),) * 2
    async with owner.transaction(world.district_id) as session:
        query = text("SELECT string_agg(e::text, ' ') FROM audit_entries AS e WHERE district_id = :district")
        written = await session.scalar(query, {"district": world.district_id})
    assert not {"欧阳", "测试", "19912345678", "15412345678"} & {
        word for word in ("欧阳", "测试", "19912345678", "15412345678") if word in written
    }


async def test_i12_an_entry_that_cannot_be_written_stops_the_call(
    monkeypatch: pytest.MonkeyPatch, world: World, owner: Database
) -> None:
    """Fail closed: no change without its entry, no refusal either."""

    def broken(*_: Any, **__: Any) -> None:
        raise Unavailable

    monkeypatch.setattr("app.routers.route.audit.add", broken)
    form = {"title": "灯坏了", "details": "楼道灯", "place_id": str(world.places["home1"])}
    assert (await world.call("resident1", "POST", "/v1/needs", json=form)).status_code == 503
    async with owner.transaction(world.district_id) as session:
        assert await session.scalar(select(Need.id).where(Need.district_id == world.district_id)) is None


async def test_the_ledger_finds_what_is_missing_and_what_is_double(world: World, owner: Database) -> None:
    need = await submitted(world)
    calls = dict(LEDGER.calls[world.district_id])
    assert list(calls.values()) == [1]
    held = Ledger(calls={world.district_id: Counter(calls)})
    (call,) = calls
    held.calls[world.district_id][call] += 1
    with pytest.raises(NotOnce, match=r"need_submit done .*: 2 calls, 1 entries"):
        await held.settle(owner, world.district_id)
    await world.ok("audit", "GET", "/v1/audit")
    opened = Counter({("audit_list", "done", world.people["audit"]): 2})
    silent = Ledger(calls={world.district_id: Counter(calls)}, reads={world.district_id: opened})
    with pytest.raises(NotOnce, match=r"audit_list done .*: 2 calls, 1 entries"):
        await silent.settle(owner, world.district_id)
    await world.call("resident2", "GET", f"/v1/needs/{need['id']}")
    deaf = Ledger(calls={world.district_id: Counter(calls)})
    with pytest.raises(NotOnce, match=r"need_read denied .*: 0 calls, 1 entries"):
        await deaf.settle(owner, world.district_id)
