"""One event per change of one aggregate, in the transaction of the change, and nothing personal in it (I2, I12)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core.clock import now
from app.core.db import Database
from tests.services.histories import broken_histories
from tests.stories.steps import accepted_need, act, only_order, reported, started, submitted, taken
from tests.worlds import World

_EVENTS = """
SELECT aggregate, aggregate_id::text AS id, seq, action, data::text AS data, outbox.id IS NOT NULL AS sent
FROM events LEFT JOIN outbox ON outbox.district_id = events.district_id AND outbox.id = events.id
WHERE events.district_id = :district ORDER BY events.id"""
Change = Callable[[World], Awaitable[Any]]
PHONE, NAME = "19912345678", "苏日娜其木格"


async def events(owner: Database, world: World) -> list[dict[str, Any]]:
    async with owner.transaction(world.district_id) as session:
        found = await session.execute(text(_EVENTS), {"district": world.district_id})
        return [dict(row) for row in found.mappings()]


def post(who: str, path: str, **form: Any) -> Change:
    return lambda world: world.ok(who, "POST", path, json=_filled(world, form))


def change(who: str, path: str, **form: Any) -> Change:
    return lambda world: world.ok(who, "PATCH", path.format_map(_names(world)), json=form, headers={"if-match": '"1"'})


def _filled(world: World, form: dict[str, Any]) -> dict[str, Any]:
    return {key: value.format_map(_names(world)) if isinstance(value, str) else value for key, value in form.items()}


def _names(world: World) -> dict[str, str]:
    rows = {**world.people, **world.units, **world.places}
    return {name: str(row) for name, row in rows.items()}


SIMPLE: dict[str, tuple[str, str, Change]] = {
    "a place": (
        "place",
        "create",
        post("community", "/v1/places", kind="venue", parent_id="{grid}", code="9", name="站"),
    ),
    "a place's name": ("place", "update", change("community", "/v1/places/{home2}", name="新")),
    "a person": ("person", "create", post("grid", "/v1/people", name=NAME, phone=PHONE, place_id="{home2}")),
    "a person's name": ("person", "update", change("grid", "/v1/people/{member1}", name=NAME, address=PHONE)),
    "an organization": (
        "organization",
        "create",
        post("community", "/v1/organizations", kind="team", name="队", place_id="{grid}"),
    ),
    "an organization's name": ("organization", "update", change("community", "/v1/organizations/{unit}", name="新")),
    "a need": (
        "need",
        "submit",
        post("grid", "/v1/needs", title="漏水", details="滴水", place_id="{home1}", asker_name=NAME),
    ),
}


@pytest.mark.parametrize("name", SIMPLE)
async def test_a_change_leaves_one_event_and_no_secret(world: World, owner: Database, name: str) -> None:
    aggregate, action, do = SIMPLE[name]
    answer = await do(world)
    (event,) = await events(owner, world)
    assert (event["aggregate"], event["id"], event["action"]) == (aggregate, answer["id"], action)
    assert (event["seq"], event["sent"]) == (answer["version"], True)
    assert PHONE not in event["data"]
    assert NAME not in event["data"]


async def test_correcting_a_need_leaves_one_event(world: World, owner: Database) -> None:
    need = await submitted(world)
    path, etag = f"/v1/needs/{need['id']}", {"if-match": '"1"'}
    await world.ok("resident1", "PATCH", path, json={"title": "改"}, headers=etag)
    assert [(e["seq"], e["action"]) for e in await events(owner, world)] == [(1, "submit"), (2, "update")]
    assert await broken_histories(owner, world.district_id) == []


async def test_hours_leave_one_event_an_entry(world: World, owner: Database) -> None:
    order = await taken(world)
    before = len(await events(owner, world))
    start = now() - timedelta(hours=3)
    form = {"order_id": order["id"], "person_id": str(world.people["member1"]), "evidence": "签字表"}
    span = {"served_from": start.isoformat(), "served_until": (start + timedelta(hours=1)).isoformat()}
    entry = await world.ok("grid", "POST", "/v1/hours", json=form | span)
    await world.ok("community", "POST", f"/v1/hours/{entry['id']}/confirm", json={})
    await world.ok("subdistrict", "POST", f"/v1/hours/{entry['id']}/reverse", json={"reason": "有误"})
    told = (await events(owner, world))[before:]
    assert [(e["aggregate"], e["id"], e["seq"], e["action"]) for e in told] == [
        ("hour", entry["id"], 1, "record"),
        ("hour", entry["id"], 2, "confirm"),
        ("hour", entry["id"], 3, "reverse"),
    ]
    assert all(e["sent"] for e in told)


async def test_a_request_and_its_answer_leave_one_event_each(world: World, owner: Database) -> None:
    order = await started(world)
    before = len(await events(owner, world))
    await act(world, "member1", order, "suspend", reason="weather", words="大雨")
    pending = (await world.ok("community", "GET", "/v1/approvals"))["items"][0]
    await world.ok("community", "POST", f"/v1/approvals/{pending['id']}/deny", json={"words": "不必"})
    await act(world, "member1", order, "suspend", reason="weather", words="暴雨")
    again = (await world.ok("community", "GET", "/v1/approvals"))["items"][0]
    await world.ok("community", "POST", f"/v1/approvals/{again['id']}/grant", json={})
    told = [(e["aggregate"], e["seq"], e["action"]) for e in (await events(owner, world))[before:]]
    requests = [("approval", 1, "ask"), ("approval", 2, "deny"), ("approval", 1, "ask"), ("approval", 2, "grant")]
    assert sorted(told) == sorted([*requests, ("order", 5, "suspend"), ("assignment", 3, "check_out")])
    assert await broken_histories(owner, world.district_id) == []


async def test_i2_a_whole_loop_has_whole_histories(world: World, owner: Database) -> None:
    order = await reported(world)
    await act(world, "resident1", order, "rework", words="还漏")
    await act(world, "member1", order, "report", result="再修")
    await act(world, "resident1", order, "confirm", rating=5)
    await act(world, "resident1", order, "reopen", words="又漏")
    other = await only_order(world, await accepted_need(world, auto_offer=True))
    await act(world, "community", other, "terminate", reason="legal_bar", words="无法入户")
    assert await broken_histories(owner, world.district_id) == []
    assert len(await events(owner, world)) > 20


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM outbox WHERE district_id = :district",
        "UPDATE orders SET version = version + 1 WHERE district_id = :district",
        "UPDATE needs SET state = 'refused' WHERE district_id = :district",
        "UPDATE events SET seq = seq + 10 WHERE district_id = :district AND seq > 1",
        "UPDATE events SET target = 'open' WHERE district_id = :district AND aggregate = 'assignment'",
    ],
)
async def test_i2_a_broken_history_would_be_found(world: World, owner: Database, harm: str) -> None:
    await taken(world)
    assert await broken_histories(owner, world.district_id) == []
    async with owner.transaction(world.district_id) as session:
        await session.execute(text(harm), {"district": world.district_id})
    assert await broken_histories(owner, world.district_id) != []
