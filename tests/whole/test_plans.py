"""Golden plans: the hot queries stay on their indexes, behind row-level security, whatever history piles up."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import now
from app.core.database_url import plain
from app.core.db import Database, HotStatement
from app.core.ids import new_id
from app.domain.orders import OrderState
from app.services.orders_accept_sql import READ
from app.services.orders_read import Shape, _statement
from app.settings import Settings
from tests.worlds import World, build_world

DISTRICT = 999_001
_MANY = """
WITH need AS (
  INSERT INTO needs (district_id, id, place_id, path, community_id, grid_id, state, title, details, urgency, privacy,
                     people_concerned, source, asked_at, round, appealed, closed_by_system, version, created_at, updated_at)
  SELECT district_id, gen_random_uuid(), id, path, community_id, grid_id, 'in_service', '历史', '历史', 'normal',
         'handlers', 1, 'import', now(), 1, false, false, 1, now(), now()
  FROM places, generate_series(1, CASE WHEN lon < 111.7 THEN 100 ELSE 2000 END) WHERE kind = 'grid' AND {here} RETURNING *),
drawn AS (SELECT need.*, random() < 0.02 AS pooled FROM need, generate_series(1, 10))
INSERT INTO orders (district_id, id, need_id, place_id, path, community_id, grid_id, state, title, category, urgency,
                    people_wanted, people_accepted, round, due_at, auto_offer, offer_minutes, overruled, outcome,
                    closed_by_system, version, created_at, updated_at)
SELECT district_id, gen_random_uuid(), id, place_id, path, community_id, grid_id,
       CASE WHEN pooled THEN 'published' ELSE 'closed' END, '历史', 'other', 'normal',
       1, 0, 1, now(), false, 60, false, CASE WHEN pooled THEN NULL ELSE 'solved' END, false, 1, now(), now()
FROM drawn
"""
_SERVED = """
INSERT INTO assignments (district_id, id, order_id, path, slot, person_id, state, version, created_at, updated_at)
SELECT o.district_id, gen_random_uuid(), o.id, o.path, 1, p.id, 'verified', 1, now(), now()
FROM (SELECT *, row_number() OVER () AS n FROM orders WHERE {here}) o
JOIN (SELECT id, row_number() OVER () - 1 AS n FROM people WHERE {here}) p ON p.n = o.n % 13
"""
_FAR_GRIDS = """
INSERT INTO places (district_id, id, kind, parent_id, code, name, path, boundary, version, created_at, updated_at)
SELECT district_id, gen_random_uuid(), 'grid', id, 'far' || n, '远', path || 'far' || n || '/',
       polygon(box(point(n, 0), point(n + 1, 1))), 1, now(), now()
FROM places, generate_series(1, 2000) n WHERE kind = 'community' AND lon < 111.7 AND {here}
"""


@pytest.fixture(scope="module")
async def crowded(app: FastAPI, owner: Database, transport: Any) -> World:
    """A district with 21,000 orders, nearly all of them history, most of them elsewhere."""
    world = await build_world(app, owner, transport, DISTRICT)
    async with owner.transaction(DISTRICT) as session:
        for statement in (_MANY, _SERVED, _FAR_GRIDS):
            await session.execute(text(statement.format(here=f"district_id = {DISTRICT}")))
    async with owner.engine.begin() as connection:
        await connection.execute(text("ANALYZE orders, needs, assignments, places"))
    return world


@pytest.fixture
async def connection(database_url: str, settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection as requests use it: the app's role, bound to the district, with generic plans."""
    server_settings = {
        "role": settings.app_role,
        "app.district": str(DISTRICT),
        "plan_cache_mode": "force_generic_plan",
    }
    found = await asyncpg.connect(plain(database_url), server_settings=server_settings)
    yield found
    await found.close()


async def plan(connection: asyncpg.Connection, statement: HotStatement, **values: Any) -> list[dict[str, Any]]:
    """Every node of the plan."""
    arguments = [values.get(name, statement.constants.get(name)) for name in statement.order]
    found = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.sql}", *arguments))
    return list(_nodes(found[0]["Plan"]))


def _nodes(node: dict[str, Any], *, below_subplan: bool = False) -> list[dict[str, Any]]:
    below_subplan = below_subplan or node.get("Parent Relationship") in {"SubPlan", "InitPlan"}
    found = [node | {"below_subplan": below_subplan}]
    return found + [n for child in node.get("Plans", []) for n in _nodes(child, below_subplan=below_subplan)]


def indexes(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def scanned_whole(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


NO_FILTER = Shape(
    scope=(), pool=False, state=None, working=False, place=None, need=False, after=False, unit=(), limit=21
)


def shape(**fields: Any) -> Shape:
    return replace(NO_FILTER, **fields)


SHAPES = [
    (shape(scope=("community",)), "ix_orders_community"),
    (shape(scope=("community",), after=True), "ix_orders_community"),
    (shape(scope=("community",), working=True), "ix_orders_community_working"),
    (shape(scope=("grid",), working=True), "ix_orders_grid_working"),
    (shape(scope=("community",), pool=True), "ix_orders_pool"),
    (shape(scope=("district",), place="grid", working=True), "ix_orders_grid_working"),
    (shape(scope=("community",), state=OrderState.PUBLISHED), "ix_orders_pool"),
]


@pytest.mark.parametrize(("listed", "index"), SHAPES)
async def test_a_page_of_orders_walks_one_index_in_order(
    crowded: World, connection: asyncpg.Connection, listed: Shape, index: str
) -> None:
    values = {
        "scope_0_id": crowded.places["grid" if listed.scope == ("grid",) else "community"],
        "place_id": crowded.places["grid"],
        "me": crowded.people["community"],
        "after": new_id(),
    }
    nodes = await plan(connection, _statement(listed), **values)
    assert index in indexes(nodes)
    assert scanned_whole(nodes) & {"orders", "needs"} == set()
    assert "Sort" not in {node["Node Type"] for node in nodes if not node["below_subplan"]}


async def test_a_page_is_planned_as_short_whatever_it_could_reach(connection: asyncpg.Connection) -> None:
    """With the limit bound as a value, the one plan for all would be that of a tenth of the table: parallel, and slow."""
    assert " LIMIT 21" in _statement(shape(scope=("community",))).sql
    assert "limit" not in _statement(shape(scope=("community",))).order
    nodes = await plan(connection, _statement(shape(scope=("community",))), scope_0_id=new_id(), me=new_id())
    assert next(node for node in nodes if node["Node Type"] == "Limit")["Plan Rows"] <= 21


async def test_my_orders_come_from_my_assignments(crowded: World, connection: asyncpg.Connection) -> None:
    nodes = await plan(connection, _statement(shape()), me=crowded.people["member1"])
    assert {"ix_assignments_person", "pk_orders"} <= indexes(nodes)
    assert "orders" not in scanned_whole(nodes)


async def test_a_clients_orders_come_from_what_it_sent(crowded: World, connection: asyncpg.Connection) -> None:
    nodes = await plan(connection, _statement(shape(client=True)), me=new_id())
    assert "ix_needs_client" in indexes(nodes)
    assert scanned_whole(nodes) & {"orders", "needs"} == set()


async def test_an_acceptance_reads_by_keys_alone(crowded: World, connection: asyncpg.Connection) -> None:
    nodes = await plan(
        connection,
        READ,
        order=new_id(),
        account=crowded.accounts["member1"],
        sign_in=crowded.sign_ins["member1"],
        key="k",
        now=now(),
    )
    assert "pk_orders" in indexes(nodes)
    assert scanned_whole(nodes) & {"orders", "needs"} == set()


async def test_a_coordinate_finds_its_grid_through_gist(crowded: World, owner: Database) -> None:
    """The function runs as its owner: the same query there uses the box index first."""
    async with owner.engine.connect() as session:
        body = (await session.execute(text("SELECT prosrc FROM pg_proc WHERE proname = 'grid_at'"))).scalar_one()
        query = (
            body.replace("district_id = district", f"district_id = {DISTRICT}")
            .replace("$2", "111.65")
            .replace("$3", "40.82")
        )
        await session.execute(text(f"SET LOCAL app.district = '{DISTRICT}'"))
        found = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {query}"))).scalar_one()
    assert "ix_places_boundary" in indexes(_nodes(found[0]["Plan"]))
