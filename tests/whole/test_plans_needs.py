"""Search and near-duplicates stay on their indexes, behind row-level security, and nothing is gone through whole."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Select, text

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.people import Actor, Grant, Role
from app.models import Need
from app.schemas.needs import NeedQuery
from app.services import needs
from app.services.need_duplicates_near import unended
from app.services.needs_search import FIND
from tests.whole.test_plans import indexes, scanned_whole
from tests.whole.test_plans_audit import plan_of
from tests.worlds import World, build_world

DISTRICT = 999_031
_MANY = """
INSERT INTO needs (district_id, id, place_id, path, community_id, grid_id, state, title, details, urgency, privacy,
                   people_concerned, source, asked_at, round, appealed, closed_by_system, version, created_at, updated_at)
SELECT {district}, gen_random_uuid(), id, path, community_id, grid_id,
       CASE WHEN i % 20 = 0 THEN 'submitted' ELSE 'closed' END, CASE WHEN i = 77 THEN '鹦鹉飞走了' ELSE '水管漏水' END || i,
       '第' || i % 97 || '户的水池一直滴水', 'normal', 'handlers', 1, 'import', now(), 1, false, false, 1, now(), now()
FROM places, generate_series(1, 12000) AS i WHERE kind = 'grid' AND district_id = {district}"""


@pytest.fixture(scope="module")
async def many(app: FastAPI, owner: Database, transport: Any) -> World:
    """Twenty-four thousand needs, nearly all of them history, half of them elsewhere."""
    world = await build_world(app, owner, transport, DISTRICT)
    async with owner.transaction(DISTRICT) as session:
        await session.execute(text(_MANY.format(district=DISTRICT)))
    async with owner.engine.begin() as connection:
        await connection.execute(text("ANALYZE needs"))
    return world


def admin(world: World, kind: str) -> Actor:
    role = Role.COMMUNITY_ADMIN if kind == "community" else Role.GRID_WORKER
    grant = Grant(role, world.places[kind], world.paths[kind], kind)
    return Actor(DISTRICT, new_id(), new_id(), None, (grant,))


async def listed(app: FastAPI, world: World, kind: str, **query: Any) -> Select[Need]:
    async with app.state.database.transaction(DISTRICT) as session:
        return await needs.listing(session, admin(world, kind), NeedQuery(**query))


@pytest.mark.parametrize(("kind", "index"), [("community", "ix_needs_community"), ("grid", "ix_needs_grid")])
async def test_a_common_word_is_found_from_the_newest_on(app: FastAPI, many: World, kind: str, index: str) -> None:
    nodes = await plan_of(app.state.database, DISTRICT, await listed(app, many, kind, q="漏水"))
    assert indexes(nodes) == {index}
    assert scanned_whole(nodes) == set()
    assert "Sort" not in {node["Node Type"] for node in nodes}


async def test_a_rare_word_is_read_by_its_key(app: FastAPI, many: World) -> None:
    nodes = await plan_of(app.state.database, DISTRICT, await listed(app, many, "community", q="鹦鹉"))
    assert indexes(nodes) <= {"pk_needs", "ix_needs_community"}
    assert scanned_whole(nodes) == set()


async def _times_used(owner: Database) -> int:
    async with owner.engine.begin() as connection:
        used = text("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ix_needs_words'")
        return int((await connection.execute(used)).scalar_one())


async def test_a_rare_word_is_looked_for_by_the_index_of_words(app: FastAPI, owner: Database, many: World) -> None:
    """What runs within the function shows in no plan: the index's own counter tells."""
    before = await _times_used(owner)
    scope = {"lows": [many.paths["community"]], "highs": [many.paths["community"][:-1] + "0"], "before": None}
    values = {"pairs": ["鹦鹉"], "words": ["鹦鹉"], "number": "鹦鹉"} | scope
    async with app.state.database.transaction(DISTRICT) as session:
        assert len(await session.scalar(FIND, values)) == 1
        assert await session.scalar(FIND, values | {"pairs": ["漏水"], "words": ["漏水"]}) is None, "common"
        assert await session.scalar(FIND, values | {"lows": ["9"], "highs": ["90"]}) == []
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert await _times_used(owner) > before


async def test_without_a_district_nothing_is_found(owner: Database, many: World) -> None:
    scope = {"lows": [""], "highs": ["z"], "before": None}
    async with owner.engine.begin() as connection:
        found = await connection.scalar(FIND, {"pairs": ["鹦鹉"], "words": ["鹦鹉"], "number": "鹦鹉"} | scope)
    assert not found


async def test_what_may_be_the_same_is_read_from_the_unended_alone(app: FastAPI, many: World) -> None:
    nodes = await plan_of(app.state.database, DISTRICT, unended(many.places["community"], now()))
    assert indexes(nodes) == {"ix_needs_community_unended"}
    assert scanned_whole(nodes) == set()
