"""Lists: every row once however the pages are cut, and nothing that its item would not show, or the other way round."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.models import (
    Approval,
    Assignment,
    Base,
    HourEntry,
    Import,
    Need,
    Notice,
    Order,
    Organization,
    Person,
    Place,
)
from app.workers import relay
from tests.fuzz.ground import lay
from tests.stories.steps import taken
from tests.worlds import World

NOUNS: dict[str, type[Base]] = {
    "orders": Order,
    "needs": Need,
    "assignments": Assignment,
    "hours": HourEntry,
    "places": Place,
    "people": Person,
    "organizations": Organization,
    "approvals": Approval,
    "imports": Import,
}
STAFF = ("grid", "community", "subdistrict", "auditor", "sibling_grid")
UNITS = ("liaison", "manager")
PEOPLE = ("member1", "member2", "resident1", "resident2", "nobody")


async def walk(world: World, who: str, noun: str, **params: Any) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    for _ in range(200):
        page = await world.ok(who, "GET", f"/v1/{noun}", params=params | cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert page["items"], "a page with a next one is not empty"
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the list never ends")


@pytest.fixture
async def full(world: World, owner: Database, app: FastAPI) -> World:
    await lay(owner, world)
    order = await taken(world)
    for hours in (2, 4, 6):
        start = now() - timedelta(hours=hours)
        form = {
            "order_id": order["id"],
            "person_id": str(world.people["member1"]),
            "served_from": start.isoformat(),
            "served_until": (start + timedelta(hours=1)).isoformat(),
            "evidence": "签字表",
        }
        await world.ok("grid", "POST", "/v1/hours", json=form)
    await _add_imports(world, owner)
    await relay.relay_district(app.state.database, world.district_id)
    return world


async def _add_imports(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        for number in range(3):
            session.add(
                Import(
                    district_id=world.district_id,
                    id=new_id(),
                    community_id=world.places["community"],
                    path=world.paths["community"],
                    file_name=f"{number}.csv",
                    created_at=now(),
                    updated_at=now(),
                )
            )


async def ids(owner: Database, world: World, noun: str) -> set[str]:
    model: Any = NOUNS[noun]
    async with owner.transaction(world.district_id) as session:
        return {
            str(row) for row in await session.scalars(select(model.id).where(model.district_id == world.district_id))
        }


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_every_list_shows_every_row_once(full: World, owner: Database, limit: int) -> None:
    for noun in NOUNS:
        items = [item["id"] for item in await walk(full, "district", noun, limit=limit)]
        assert len(items) >= 3, noun
        assert len(items) == len(set(items)), noun
        assert set(items) == await ids(owner, full, noun), noun
        assert items == [item["id"] for item in await walk(full, "district", noun, limit=100)], noun


@pytest.mark.parametrize("limit", [1, 3])
async def test_notices_and_the_feed_show_every_row_once(full: World, owner: Database, limit: int) -> None:
    notices = [item["id"] for item in await walk(full, "member1", "notices", limit=limit)]
    async with owner.transaction(full.district_id) as session:
        mine = (Notice.district_id == full.district_id) & (Notice.person_id == full.people["member1"])
        told = await session.scalars(select(Notice.id).where(mine).order_by(Notice.id.desc()))
        assert notices == [str(row) for row in told]
    assert len((await full.ok("district", "GET", "/v1/events", params={"limit": 100}))["items"]) == 100


async def test_rows_that_come_while_reading_move_nothing(full: World) -> None:
    """New needs come first in the list: the pages after a cursor stay what they were."""
    page = await full.ok("district", "GET", "/v1/needs", params={"limit": 5})
    rest = {"limit": 100, "cursor": page["next_cursor"]}
    before = await full.ok("district", "GET", "/v1/needs", params=rest)
    await taken(full)
    assert await full.ok("district", "GET", "/v1/needs", params=rest) == before


async def test_a_filter_holds_on_every_page(full: World) -> None:
    for state in ("open", "published", "closed"):
        items = await walk(full, "district", "orders", limit=1, state=state)
        assert {item["state"] for item in items} == {state}
    working = await walk(full, "district", "orders", limit=3, working=True)
    assert not {item["state"] for item in working} & {"closed", "terminated", "withdrawn"}


LISTED: dict[str, list[dict[str, Any]]] = {"orders": [{}, {"pool": True}, {"mine": True}]}
"""What a list shows in all its ways; an order in the pool is listed there."""


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun not in {"places", "imports"}])
async def test_a_list_and_its_items_agree(full: World, owner: Database, noun: str) -> None:
    """For everyone who has the list: what it shows can be read, and what can be read it shows."""
    every = sorted(await ids(owner, full, noun))
    for who in (*STAFF, *UNITS, *PEOPLE):
        if (await full.call(who, "GET", f"/v1/{noun}")).status_code == 403:
            continue
        ways = LISTED.get(noun, [{}])
        listed = {item["id"]: item for way in ways for item in await walk(full, who, noun, limit=100, **way)}
        answers = {row: await full.call(who, "GET", f"/v1/{noun}/{row}") for row in every}
        assert {answer.status_code for answer in answers.values()} <= {200, 404}, who
        readable = {row: answer.json() for row, answer in answers.items() if answer.is_success}
        assert readable.keys() - listed.keys() == set(), f"{who} reads what no list shows"
        assert listed.keys() - readable.keys() == set(), f"{who} is shown what cannot be read"
        assert [(listed[row], readable[row]) for row in listed if listed[row] != readable[row]] == [], who
