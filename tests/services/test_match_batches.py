"""A batch of matching: the best set overall for a community's needs, proposed and not decided; what interrupts it, and who may."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import now
from app.core.db import Database
from app.domain.match_batches import BatchState
from app.domain.resources import ResourceState
from app.models import Match, MatchBatch, Need
from app.services import match_batches
from app.workers import match_batches as worker
from tests.services.rows_matches import put_batch
from tests.services.rows_resources import put_resource
from tests.stories.steps import accepted_need
from tests.worlds import LAT, LON, World

ROOM: dict[str, Any] = {
    "kind": "venue",
    "nature": "exclusive",
    "quantity": 1,
    "unit": "间",
    "name": "教室",
    "details": None,
}


async def offered(owner: Database, world: World, **more: Any) -> str:
    async with owner.transaction(world.district_id) as session:
        return str((await put_resource(session, world, ResourceState.LISTED, **more)).id)


async def carry_out(app: FastAPI, world: World) -> None:
    await worker.take_up(app.state.database, asyncio.Event(), world.district_id)


async def start(world: World, who: str = "community", place: str = "community", **more: Any) -> Any:
    return await world.call(who, "POST", "/v1/match-batches", json={"place_id": str(world.places[place])} | more)


async def started(world: World, **more: Any) -> str:
    answer = await start(world, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def result(world: World, batch: str) -> tuple[Any, list[Any]]:
    shown = await world.ok("auditor", "GET", f"/v1/match-batches/{batch}")
    page = await world.ok("auditor", "GET", "/v1/matches", params={"batch_id": batch, "limit": 100})
    return shown, page["items"]


async def set_need(owner: Database, world: World, need: Any, **columns: Any) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Need).where(Need.id == UUID(need["id"])).values(columns))


async def test_one_after_the_other_would_be_worse(world: World, app: FastAPI, owner: Database) -> None:
    """Both needs are best served by the first room; one of them would hardly be served by the second."""
    good = await offered(owner, world, **ROOM, categories=["repair.plumbing", "culture"])
    plain = await offered(owner, world, **ROOM | {"name": "仓库"}, categories=["repair.plumbing"], lon=LON + 0.001)
    first, second = await accepted_need(world), await accepted_need(world)
    await set_need(owner, world, first, lon=LON, lat=LAT)
    await set_need(owner, world, second, lon=LON, lat=LAT, category="culture")
    batch = await started(world)
    await carry_out(app, world)
    shown, matches = await result(world, batch)
    assert (shown["state"], shown["total_needs"], shown["looked_needs"], shown["written_needs"]) == ("done", 2, 2, 2)
    chosen = {m["need_id"]: m["resource_id"] for m in matches if m["chosen"]}
    assert chosen == {first["id"]: plain, second["id"]: good}
    assert shown["chosen_needs"] == 2
    assert shown["score"] == pytest.approx(sum(m["score"] for m in matches if m["chosen"]))
    runners_up = {(m["need_id"], m["resource_id"], m["rank"]) for m in matches if not m["chosen"]}
    assert (first["id"], good, 1) in runners_up, "the need's own best is kept, and may be confirmed instead"
    assert {m["state"] for m in matches} == {"proposed"}, "a person decides"
    best = next(m for m in matches if m["chosen"])
    assert best["parts"]
    assert best["reasons"]
    only = await world.ok("grid", "GET", "/v1/matches", params={"batch_id": batch, "chosen": True})
    assert len(only["items"]) == 2
    start_at = now() + timedelta(days=1)
    span = {"starts_at": start_at.isoformat(), "ends_at": (start_at + timedelta(hours=1)).isoformat()}
    done = await world.call("grid", "POST", f"/v1/matches/{best['id']}/confirm", json=span)
    assert done.status_code == 200, done.text


async def test_a_second_batch_takes_the_place_of_what_nobody_decided(
    world: World, app: FastAPI, owner: Database
) -> None:
    await offered(owner, world, **ROOM)
    other = await offered(owner, world, **ROOM | {"name": "会议室"})
    need = await accepted_need(world)
    first = await started(world)
    await carry_out(app, world)
    dismissed = next(m for m in (await result(world, first))[1] if m["resource_id"] != other)
    await world.ok("grid", "POST", f"/v1/matches/{dismissed['id']}/dismiss", json={"reason": "unsuitable"})
    second = await started(world)
    await carry_out(app, world)
    states = {m["resource_id"]: m["state"] for m in (await result(world, first))[1]}
    assert states == {other: "lapsed", dismissed["resource_id"]: "dismissed"}
    again = (await result(world, second))[1]
    assert [(m["resource_id"], m["chosen"]) for m in again] == [(other, True)]
    run = await world.ok("grid", "GET", f"/v1/match-runs/{again[0]['run_id']}")
    assert (run["batch_id"], run["need_id"]) == (second, need["id"])


async def test_runners_up_are_as_many_as_asked_for(world: World, app: FastAPI, owner: Database) -> None:
    for _ in range(4):
        await offered(owner, world)
    need = await accepted_need(world)
    batch = await started(world, most=2)
    await carry_out(app, world)
    matches = (await result(world, batch))[1]
    assert sorted(m["rank"] for m in matches) == [1, 2]
    assert {m["need_id"] for m in matches} == {need["id"]}


async def test_an_interrupted_batch_is_begun_anew(
    world: World, app: FastAPI, owner: Database, monkeypatch: Any
) -> None:
    """Told to stop in the middle of writing; whoever comes next does it all, and nothing is there twice."""
    monkeypatch.setattr(worker, "WRITTEN", 1)
    await offered(owner, world)
    for _ in range(3):
        await accepted_need(world)
    batch, stop, whole = await started(world), asyncio.Event(), match_batches.write

    async def write(*given: Any) -> None:
        await whole(*given)
        stop.set()

    monkeypatch.setattr(match_batches, "write", write)
    await worker.take_up(app.state.database, stop, world.district_id)
    shown, matches = await result(world, batch)
    assert (shown["state"], shown["written_needs"], len(matches)) == ("running", 1, 1)
    monkeypatch.setattr(match_batches, "write", whole)
    await carry_out(app, world)
    shown, matches = await result(world, batch)
    assert (shown["state"], shown["written_needs"], shown["chosen_needs"]) == ("done", 3, 3)
    assert sorted(m["state"] for m in matches) == ["lapsed", "proposed", "proposed", "proposed"]


async def test_a_killed_workers_batch_is_taken_up_after_its_lease(world: World, app: FastAPI, owner: Database) -> None:
    await accepted_need(world)
    async with owner.transaction(world.district_id) as session:
        lease = now() + timedelta(seconds=30)
        batch = await put_batch(session, world, BatchState.RUNNING, lease_until=lease)
    await carry_out(app, world)
    assert (await result(world, str(batch.id)))[0]["state"] == "running", "somebody holds it"
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(MatchBatch).values(lease_until=now()).where(MatchBatch.id == batch.id))
    await carry_out(app, world)
    assert (await result(world, str(batch.id)))[0]["state"] == "done"


async def test_our_own_fault_ends_it_and_says_so(world: World, app: FastAPI, owner: Database, monkeypatch: Any) -> None:
    await offered(owner, world)
    await accepted_need(world)

    def broken(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(worker, "best_set", broken)
    batch = await started(world)
    await carry_out(app, world)
    shown, matches = await result(world, batch)
    assert (shown["state"], shown["message"], matches) == ("failed", "系统内部错误", [])
    monkeypatch.undo()
    again = await started(world)
    await carry_out(app, world)
    assert (await result(world, again))[0]["state"] == "done", "it can be run again"


async def test_one_at_a_time_for_a_community_and_by_its_staff(world: World, owner: Database) -> None:
    assert (await start(world, "resident1")).status_code == 403
    assert (await start(world, place="sibling_community")).status_code == 403
    assert (await start(world, "community", "grid")).status_code == 422
    assert (await start(world, most=99)).status_code == 422
    batch = await started(world)
    assert (await start(world)).status_code == 409
    for who, status in (("auditor", 200), ("grid", 404), ("resident1", 404), ("sibling_grid", 404)):
        assert (await world.call(who, "GET", f"/v1/match-batches/{batch}")).status_code == status, who
    listed = await world.ok("community", "GET", "/v1/match-batches", params={"state": "queued"})
    assert [one["id"] for one in listed["items"]] == [batch]
    async with owner.transaction(world.district_id) as session:
        count = await session.scalar(select(func.count()).where(Match.district_id == world.district_id))
    assert count == 0, "nothing is done within the request"
