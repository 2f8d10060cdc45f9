"""Golden plans: the rates of a community's month cost what that month holds, not what a year of the district does."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import Select, select, text

from app.core.clock import today
from app.core.database_url import plain
from app.core.db import Database
from app.domain.rates import Group, span_of
from app.models import Place
from app.schemas.rates import RateQuery
from app.services.rates_counts import Asked, endings, responses
from app.settings import Settings
from tests.whole.plans import nodes_of, sql_of
from tests.worlds import World, build_world

DISTRICT = 999_039
_NEED = """
INSERT INTO needs (district_id, id, place_id, path, community_id, grid_id, state, title, details, urgency, privacy,
                   people_concerned, source, asked_at, round, appealed, closed_by_system, version, created_at, updated_at)
SELECT district_id, gen_random_uuid(), id, path, community_id, grid_id, 'in_service', '历史', '历史', 'normal',
       'handlers', 1, 'import', now(), 1, false, false, 1, now(), now()
FROM places WHERE kind = 'community' AND {here}"""
_ORDERS = """
INSERT INTO orders (district_id, id, need_id, place_id, path, community_id, state, title, category, urgency,
                    people_wanted, people_accepted, round, due_at, auto_offer, offer_minutes, overruled, outcome,
                    rating, closed_at, closed_by_system, version, created_at, updated_at)
SELECT district_id, gen_random_uuid(), id, place_id, path, CASE n % 25 WHEN 0 THEN community_id ELSE drawn[1 + n % 50] END,
       'closed', '历史', 'other', 'normal', 1, 0, 1, now(), false, 60, false, 'solved', 1 + n % 5,
       now() - n * interval '100 minutes', false, 1, now(), now()
FROM needs, generate_series(1, 10000) n, (SELECT array_agg(gen_random_uuid()) AS drawn FROM generate_series(1, 50)) d
WHERE {here}"""
_CLOCKS = """
INSERT INTO clocks (district_id, id, kind, subject, subject_id, round, path, community_id, state, level, unit, limit_time, source,
                    extended_time, left_time, counted_from, started_at, warn_at, due_at, stale, ended_at, version, updated_at)
SELECT district_id, gen_random_uuid(), CASE n WHEN 1 THEN 'contact' ELSE 'resolve' END, 'order', id, 1, path, community_id,
       'met', 0, 'working_days', interval '5 days', '本系统规定', interval '0', interval '5 days', closed_at, closed_at, closed_at,
       closed_at, false, closed_at, 0, now()
FROM orders, generate_series(1, 2) n WHERE {here}"""


@pytest.fixture(scope="module")
async def year(app: FastAPI, owner: Database, transport: Any) -> World:
    """20,000 orders that ended within two years, in 52 communities, with two limits each."""
    world = await build_world(app, owner, transport, DISTRICT)
    async with owner.transaction(DISTRICT) as session:
        for statement in (_NEED, _ORDERS, _CLOCKS):
            await session.execute(text(statement.format(here=f"district_id = {DISTRICT}")))
    async with owner.engine.begin() as connection:
        await connection.execute(text("ANALYZE orders, clocks, needs, places"))
    return world


async def _place(owner: Database, place_id: UUID) -> Place:
    async with owner.transaction(DISTRICT) as session:
        return (await session.scalars(select(Place).where(Place.id == place_id))).one()


async def _plan(connection: asyncpg.Connection, counts: Select[Any]) -> tuple[set[Any], set[Any]]:
    """The indexes it uses, and the tables it reads whole."""
    answer = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql_of(counts)}"))
    nodes = nodes_of(answer[0]["Plan"])
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    return {node.get("Index Name") for node in nodes}, whole


@pytest.mark.parametrize(("at", "group"), [("community", "all"), ("community", "organization"), ("district", "place")])
async def test_a_month_is_read_from_its_index(
    year: World, owner: Database, database_url: str, settings: Settings, at: str, group: Group
) -> None:
    """As the app's role behind row-level security. A district's month begins at the same index."""
    place, today_ = await _place(owner, year.places[at]), today()
    query = RateQuery(place_id=place.id, group=group, from_on=today_ - timedelta(days=30), until_on=today_)
    asked = Asked(place, span_of(query.from_on, query.until_on), query)
    bound = {"role": settings.app_role, "app.district": str(DISTRICT)}
    connection = await asyncpg.connect(plain(database_url), server_settings=bound)
    try:
        for counts, index in ((responses, "ix_clocks_contacts"), (endings, "ix_orders_community_closed")):
            used, whole = await _plan(connection, counts(asked))
            assert index in used, counts.__name__
            assert at == "district" or whole & {"orders", "clocks"} == set(), counts.__name__
    finally:
        await connection.close()
