"""Reading the audit trail, and who has seen one's data: for whom, how, and that reading leaves its own entry."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.keys import audit_keys
from app.domain.audit import Caller, Outcome, Trace
from app.models import Grant
from app.services import audit
from app.settings import Settings
from app.workers.audit import link_district
from tests.audited import LEDGER
from tests.stories.steps import submitted, taken
from tests.worlds import World

AUDIT = "/v1/audit"


async def listed(world: World, **params: Any) -> list[dict[str, Any]]:
    """Every entry that fits, page by page, without those of reading the trail."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await world.ok("audit", "GET", AUDIT, params={"limit": 3} | params | cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return [item for item in found if not item["operation"].startswith("audit")]
        cursor = {"cursor": page["next_cursor"]}


@pytest.fixture
async def told(world: World, owner: Database, app: FastAPI, settings: Settings) -> dict[str, Any]:
    """A need asked and taken, one denied look, all linked."""
    order: dict[str, Any] = await taken(world)
    assert (await world.call("resident2", "GET", f"/v1/orders/{order['id']}")).status_code == 404
    await link_district(app.state.database, audit_keys(settings)[0], world.district_id)
    return order


async def test_the_newest_come_first_and_say_all(world: World, told: dict[str, Any]) -> None:
    found = await listed(world)
    assert [item["operation"] for item in found] == [
        "order_read",
        "order_take",
        "order_publish",
        "need_accept",
        "need_submit",
    ]
    assert [item["position"] for item in found] == [5, 4, 3, 2, 1]
    take = await world.ok("audit", "GET", f"{AUDIT}/{found[1]['id']}")
    assert take == found[1]
    assert take | {"id": "", "at": "", "position": 0} == {
        "id": "",
        "at": "",
        "caller": "person",
        "actor_id": str(world.people["member1"]),
        "sign_in_id": str(world.sign_ins["member1"]),
        "address": "127.0.0.1",
        "operation": "order_take",
        "outcome": "done",
        "status": 200,
        "subject_id": told["id"],
        "person_id": None,
        "minor_id": None,
        "opened": [],
        "purpose": None,
        "why": None,
        "data": {},
        "position": 0,
    }


async def test_each_filter_narrows_it(world: World, told: dict[str, Any]) -> None:
    async def operations(**params: Any) -> list[str]:
        return [item["operation"] for item in await listed(world, **params)]

    everything = await operations()
    assert await operations(actor_id=world.people["community"]) == ["need_accept"]
    assert await operations(subject_id=told["id"]) == ["order_read", "order_take", "order_publish"]
    assert await operations(operation="order_take") == ["order_take"]
    assert await operations(outcome="denied") == ["order_read"]
    assert await operations(outcome="denied", operation="order_take") == []
    assert await operations(person_id=new_id()) == []
    (newest, *_) = await listed(world)
    assert await operations(from_at=newest["at"]) == everything[:1]
    assert await operations(until_at=newest["at"]) == everything[1:]
    assert await operations(from_at=(now() + timedelta(minutes=1)).isoformat()) == []


@pytest.mark.parametrize(
    "params", [{"outcome": "maybe"}, {"from_at": "1000-01-01T00:00:00Z"}, {"operation": "a b"}, {"actor": "x"}]
)
async def test_what_is_no_filter_is_refused(world: World, params: dict[str, str]) -> None:
    assert (await world.call("audit", "GET", AUDIT, params=params)).status_code == 422


async def test_only_the_audit_administrator_reads_it(world: World, told: dict[str, Any]) -> None:
    (entry, *_) = await listed(world)
    person = world.people["resident1"]
    for who in set(world.people) - {"audit"}:
        for path in (AUDIT, f"{AUDIT}/{entry['id']}"):
            assert (await world.call(who, "GET", path)).status_code == 403, who
        answer = await world.call(who, "GET", f"/v1/people/{person}/sightings")
        assert answer.status_code in {403, 404}, who
    assert (await world.call("audit", "GET", f"{AUDIT}/{new_id()}")).status_code == 404
    assert (await world.call("audit", "GET", f"/v1/people/{new_id()}/sightings")).status_code == 404


async def test_another_district_has_another_trail(world: World, other_world: World, told: dict[str, Any]) -> None:
    (entry, *_) = await listed(world)
    assert await listed(other_world) == []
    assert (await other_world.call("audit", "GET", f"{AUDIT}/{entry['id']}")).status_code == 404


async def test_reading_it_leaves_an_entry_each_time(world: World) -> None:
    person = str(world.people["resident1"])
    for params in ({}, {"person_id": person}):
        assert (await world.ok("audit", "GET", AUDIT, params=params))["items"] == []
    await world.ok("audit", "GET", f"/v1/people/{person}/sightings")
    page = await world.ok("audit", "GET", AUDIT)
    assert [(e["operation"], e["opened"], e["person_id"]) for e in page["items"]] == [
        ("person_sightings", ["audit"], person),
        ("audit_list", ["audit"], person),
        ("audit_list", ["audit"], None),
    ]


async def see(owner: Database, world: World, who: str, whom: str, **said: Any) -> UUID:
    trace = Trace(world.people[whom], ["phone"], "visit", "上门")
    async with owner.transaction(world.district_id) as session:
        entry = audit.add(
            session, world.district_id, "person_unmask", Outcome.DONE, caller=Caller.PERSON, trace=trace, **said
        )
        entry.actor_id, entry.address = world.people[who], "192.0.2.7"
    LEDGER.calls[world.district_id]["person_unmask", "done", world.people[who]] += 1
    return entry.id


async def test_who_has_seen_me(world: World, owner: Database) -> None:
    seen = [await see(owner, world, who, "resident1") for who in ("grid", "department", "grid")]
    await see(owner, world, "grid", "resident2")
    await submitted(world)
    page = await world.ok("resident1", "GET", "/v1/me/sightings", params={"limit": 2})
    assert [item["id"] for item in page["items"]] == [str(one) for one in (seen[2], seen[1])]
    grid, department = page["items"]
    assert {name: grid[name] for name in grid if name not in {"id", "at"}} == {
        "caller": "person",
        "name": grid["name"],
        "roles": ["网格员"],
        "organization": None,
        "operation": "person_unmask",
        "opened": ["phone"],
        "purpose": "visit",
    }
    assert "*" in grid["name"]
    assert (department["roles"], department["organization"]) == (["职能部门人员"], "测试单位department")
    rest = await world.ok("resident1", "GET", "/v1/me/sightings", params={"cursor": page["next_cursor"]})
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([str(seen[0])], None)
    assert "192.0.2.7" not in str(page)


async def test_the_audit_administrator_sees_the_same(world: World, owner: Database) -> None:
    await see(owner, world, "grid", "resident1")
    mine = await world.ok("resident1", "GET", "/v1/me/sightings")
    theirs = await world.ok("audit", "GET", f"/v1/people/{world.people['resident1']}/sightings")
    assert mine["items"] == theirs["items"]
    again = await world.ok("resident1", "GET", "/v1/me/sightings")
    assert [item["opened"] for item in again["items"]] == [["audit"], ["phone"]], "the look at it is told too"


async def test_the_roles_are_those_of_that_moment(world: World, owner: Database) -> None:
    await see(owner, world, "grid", "resident1")
    async with owner.transaction(world.district_id) as session:
        ended = update(Grant).where(Grant.district_id == world.district_id, Grant.person_id == world.people["grid"])
        await session.execute(ended.values(ends_at=now() + timedelta(milliseconds=1)))
    await see(owner, world, "grid", "resident1")
    page = await world.ok("resident1", "GET", "/v1/me/sightings")
    assert [item["roles"] for item in page["items"]] == [[], ["网格员"]]


async def test_the_own_list_leaves_no_entry(world: World) -> None:
    await world.ok("resident1", "GET", "/v1/me/sightings")
    assert await listed(world) == []
