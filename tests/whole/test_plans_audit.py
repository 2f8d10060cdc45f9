"""The lists of the audit trail walk one index each, whatever is asked for: under a second on a million entries."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.paging import id_cursor
from app.models import AuditEntry
from app.schemas.audit import AuditQuery, SightingQuery
from app.services.audit_trail import listing, sighting_list
from tests.whole.test_plans import indexes, scanned_whole
from tests.worlds import build_world

DISTRICT = 990_021
_PERSON = "00000000-0000-7000-8000-000000000030"
_MANY = """
INSERT INTO audit_entries (district_id, id, at, caller, actor_id, operation, outcome, subject_id, person_id, opened, data)
SELECT {district}, gen_random_uuid(), now(), 'person', ('00000000-0000-7000-8000-' || lpad((i % 500)::text, 12, '0'))::uuid,
  'operation_' || i % 60, CASE WHEN i % 50 = 0 THEN 'denied' ELSE 'done' END,
  CASE WHEN i % 2 = 0 THEN gen_random_uuid() END,
  CASE WHEN i % 3 = 0 THEN ('00000000-0000-7000-8000-' || lpad((i % 900)::text, 12, '0'))::uuid END,
  CASE WHEN i % 30 = 0 THEN '{{phone}}'::text[] ELSE '{{}}' END, '{{}}'
FROM generate_series(1, 30000) AS i"""


@pytest.fixture(scope="module")
async def trail(app: FastAPI, owner: Database, transport: Any) -> Database:
    """Thirty thousand entries, as requests see them."""
    await build_world(app, owner, transport, DISTRICT)
    async with owner.transaction(DISTRICT) as session:
        await session.execute(text(_MANY.format(district=DISTRICT)))
    async with owner.engine.begin() as connection:
        await connection.execute(text("ANALYZE audit_entries"))
    database: Database = app.state.database
    return database


async def plan(database: Database, query: Select[AuditEntry]) -> list[dict[str, Any]]:
    return await plan_of(database, DISTRICT, query)


async def plan_of(database: Database, district: int, query: Select[Any]) -> list[dict[str, Any]]:
    """Every node of a query's plan, as a request of the district has it planned."""
    dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    written = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    async with database.transaction(district) as session:
        found = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {written}".replace(":", r"\:")))).scalar_one()
    return list(_nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node] + [n for child in node.get("Plans", []) for n in _nodes(child)]


OF_A_PERSON = {"ix_audit_entries_person", "ix_audit_entries_minor"}
"""About them, and about a guardian for them."""
ASKED = [
    ({}, "pk_audit_entries"),
    ({"cursor": id_cursor(new_id())}, "pk_audit_entries"),
    ({"actor_id": new_id()}, "ix_audit_entries_actor"),
    ({"subject_id": new_id()}, "ix_audit_entries_subject"),
    ({"person_id": new_id()}, "ix_audit_entries_person"),
    ({"operation": "operation_7"}, "ix_audit_entries_operation"),
    ({"outcome": "denied"}, "ix_audit_entries_denied"),
    ({"from_at": now() - timedelta(days=1), "until_at": now()}, "pk_audit_entries"),
    ({"actor_id": new_id(), "cursor": id_cursor(new_id())}, "ix_audit_entries_actor"),
]


@pytest.mark.parametrize(
    ("asked", "index"), ASKED, ids=lambda value: "+".join(value) if isinstance(value, dict) else ""
)
async def test_a_page_of_the_trail_walks_one_index(trail: Database, asked: dict[str, Any], index: str) -> None:
    nodes = await plan(trail, listing(AuditQuery(**asked)))
    assert index in indexes(nodes)
    assert len(indexes(nodes)) == 1 or indexes(nodes) == OF_A_PERSON
    assert scanned_whole(nodes) == set()


async def test_who_saw_somebody_walks_the_index_of_what_was_opened(trail: Database) -> None:
    """Under one record, and under several: each is a walk of its own, in the order of the page."""
    for ids in ([new_id()], [UUID(_PERSON), new_id()], [UUID(_PERSON), new_id(), new_id()]):
        for query in (SightingQuery(), SightingQuery(cursor=id_cursor(new_id()))):
            nodes = await plan(trail, sighting_list(ids, query))
            assert indexes(nodes) == {"ix_audit_entries_seen", "ix_audit_entries_minor"}
            assert scanned_whole(nodes) == set()
            assert sum(node.get("Index Name") == "ix_audit_entries_seen" for node in nodes) == len(ids)


async def test_of_two_records_the_newest_come_first_page_by_page(trail: Database) -> None:
    ids = [UUID(_PERSON), UUID(_PERSON[:-3] + "330")]
    async with trail.transaction(DISTRICT) as session:
        seen = select(AuditEntry.id).where(AuditEntry.person_id.in_(ids), text("cardinality(opened) > 0"))
        wanted = list(await session.scalars(seen.order_by(AuditEntry.id.desc())))
        found: list[UUID] = []
        while len(found) < len(wanted):
            query = SightingQuery(limit=7, cursor=id_cursor(found[-1]) if found else None)
            page = (await session.scalars(sighting_list(ids, query))).all()[:7]
            assert page
            found += [entry.id for entry in page]
    assert found == wanted
    assert len(wanted) > 20


def test_the_limit_stands_in_the_text() -> None:
    """Bound as a value, the one plan for all would be that of a tenth of the table."""
    for query in (listing(AuditQuery(limit=7)), sighting_list([new_id()], SightingQuery(limit=7))):
        written = str(query.compile(dialect=PGDialect_asyncpg()))  # type: ignore[no-untyped-call]
        assert written.rstrip().endswith("LIMIT 8")
