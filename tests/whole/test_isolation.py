"""I10: raw SQL, run as the role that requests run as, neither reads nor writes across districts, nor without one."""
# ruff: noqa: S608 - the names of tables are the models' own

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions import InsufficientPrivilegeError
from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import now
from app.core.database_url import plain
from app.core.db import Database
from app.core.ids import new_id
from app.models import Import, ImportFile, ImportReject
from app.settings import Settings
from app.workers import relay
from tests.stories.steps import accepted_need, act, started, submitted, taken
from tests.whole.catalogue import TENANT
from tests.whole.full_district import fill
from tests.worlds import World


@pytest.fixture
async def raw(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A bare connection with the rights of a request, and no district."""
    connection = await asyncpg.connect(plain(settings.database_url or ""), server_settings={"role": settings.app_role})
    yield connection
    await connection.close()


@pytest.fixture
async def full(world: World, owner: Database, app: FastAPI) -> World:
    """A district with rows in every tenant table."""
    order = await started(world)
    await act(world, "member1", order, "suspend", reason="weather", words="大雨")
    master, need = await accepted_need(world), await submitted(world, "resident2")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/merge", json={"into_id": master["id"]})
    await _add_import(world, owner)
    await _add_hours(world)
    async with owner.transaction(world.district_id) as session:
        await fill(session, world)
    await relay.relay_district(app.state.database, world.district_id)
    return world


async def _add_import(world: World, owner: Database) -> None:
    key: dict[str, Any] = {"district_id": world.district_id}
    where = {"community_id": world.places["community"], "path": world.paths["community"]}
    async with owner.transaction(world.district_id) as session:
        file = Import(**key, **where, id=new_id(), file_name="a.csv", created_at=now(), updated_at=now())
        session.add(file)
        await session.flush()
        session.add(ImportFile(**key, id=file.id, content=b"x"))
        session.add(ImportReject(**key, id=new_id(), import_id=file.id, row_number=1, code="bad_time", reason="时间"))


async def _add_hours(world: World) -> None:
    order = await taken(world, "member2")
    start = now() - timedelta(hours=2)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people["member2"]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=1)).isoformat(),
        "evidence": "签字表",
    }
    await world.ok("grid", "POST", "/v1/hours", json=form)


async def _enter(raw: asyncpg.Connection, world: World | None) -> None:
    await raw.execute(f"SET app.district = '{world.district_id if world else ''}'")


async def _counts(raw: asyncpg.Connection, world: World, table: str) -> int:
    return int(await raw.fetchval(f'SELECT count(*) FROM "{table}" WHERE district_id = $1', world.district_id))


async def test_i10_a_district_sees_its_own_rows_and_no_others(
    raw: asyncpg.Connection, full: World, other_world: World
) -> None:
    await _enter(raw, full)
    own = {table: await _counts(raw, full, table) for table in TENANT}
    assert {table for table, found in own.items() if not found} == set(), "every table must have rows to be hidden"
    for stranger in (other_world, None):
        await _enter(raw, stranger)
        assert {table: n for table in TENANT if (n := await _counts(raw, full, table))} == {}


async def test_i10_without_a_district_nothing_is_there(raw: asyncpg.Connection, full: World) -> None:
    for table in TENANT:
        assert await raw.fetchval(f'SELECT count(*) FROM "{table}"') == 0, table
    await _enter(raw, full)
    assert await raw.fetchval("SELECT count(*) FROM needs") > 0
    await raw.execute("RESET app.district")
    assert await raw.fetchval("SELECT count(*) FROM needs") == 0


async def _tried(raw: asyncpg.Connection, statement: str, *arguments: Any) -> str:
    """How many rows it touched, or why it was refused; nothing of it stays."""
    transaction = raw.transaction()
    await transaction.start()
    try:
        return str((await raw.execute(statement, *arguments)).split()[-1])
    except InsufficientPrivilegeError as refused:
        return "row" if "row-level security" in str(refused) else "grant"
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("entered", [True, False], ids=["other district", "no district"])
async def test_i10_nobody_changes_anothers_rows(
    raw: asyncpg.Connection, full: World, other_world: World, entered: bool
) -> None:
    await _enter(raw, other_world if entered else None)
    for table in TENANT:
        for statement in (
            f'UPDATE "{table}" SET district_id = district_id WHERE district_id = $1',
            f'DELETE FROM "{table}" WHERE district_id = $1',
        ):
            assert await _tried(raw, statement, full.district_id) in {"0", "grant"}, statement


async def test_i10_nobody_writes_into_another_district(
    raw: asyncpg.Connection, full: World, other_world: World, database_url: str
) -> None:
    connection = await asyncpg.connect(plain(database_url))
    try:
        copies = {table: (await connection.fetch(_one(table), full.district_id))[0] for table in TENANT}
    finally:
        await connection.close()
    for stranger in (other_world, None):
        await _enter(raw, stranger)
        for table, row in copies.items():
            assert await _tried(raw, _insert(table, row), *row.values()) == "row", table


def _one(table: str) -> str:
    return f'SELECT * FROM "{table}" WHERE district_id = $1 LIMIT 1'


def _insert(table: str, row: asyncpg.Record) -> str:
    columns = ", ".join(f'"{name}"' for name in row.keys())  # noqa: SIM118 - a record iterates over its values
    return f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join(f"${i + 1}" for i in range(len(row)))})'


async def test_i10_a_row_cannot_be_moved_out(raw: asyncpg.Connection, full: World, other_world: World) -> None:
    await _enter(raw, full)
    for table in TENANT:
        answer = await _tried(raw, f'UPDATE "{table}" SET district_id = $1', other_world.district_id)
        assert answer in {"row", "grant"}, table


async def test_i10_the_database_refuses_a_link_across_districts(
    database_url: str, full: World, other_world: World
) -> None:
    """Even the owner, whom no policy may bind, cannot: the foreign keys carry the district."""
    connection = await asyncpg.connect(plain(database_url))
    try:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "UPDATE needs SET place_id = $1 WHERE district_id = $2",
                other_world.places["home1"],
                full.district_id,
            )
    finally:
        await connection.close()


KEPT = ("events", "hour_entries", "audit_entries", "audit_links", "disclosures", "privacy_notices")


async def test_i10_what_is_written_stays_written(raw: asyncpg.Connection, full: World) -> None:
    """Events, hours, the audit trail, notices and what was passed on are only added to."""
    await _enter(raw, full)
    for table in KEPT:
        assert await _tried(raw, f"DELETE FROM {table}") == "grant"
        assert await _tried(raw, f"UPDATE {table} SET district_id = district_id") == "grant"
        assert await _tried(raw, f"TRUNCATE {table} CASCADE") == "grant"


LOCKED = {"audit_waiting": "UPDATE", "consents": "DELETE", "grants": "DELETE", "rights_requests": "DELETE"}


@pytest.mark.parametrize("table", LOCKED)
async def test_i10_what_only_moves_on_is_never_taken_away(raw: asyncpg.Connection, full: World, table: str) -> None:
    await _enter(raw, full)
    verb = f"UPDATE {table} SET id = id" if LOCKED[table] == "UPDATE" else f"DELETE FROM {table}"
    assert await _tried(raw, verb) == "grant"


async def test_i10_a_coordinate_finds_no_grid_of_another_district(
    raw: asyncpg.Connection, full: World, other_world: World
) -> None:
    async def grid_seen_by(world: World) -> UUID | None:
        await _enter(raw, world)
        found: UUID | None = await raw.fetchval("SELECT grid_at($1, 111.65, 40.82)", full.district_id)
        return found

    assert await grid_seen_by(full) == full.places["grid"]
    assert await grid_seen_by(other_world) is None


async def test_i10_a_connection_forgets_the_district_it_was_lent_for(settings: Settings, full: World) -> None:
    """However it comes back: committed, rolled back, or never used although it was lent."""
    database = Database(settings.database_url or "", settings.app_role, pool_size=1)
    needs = text("SELECT count(*) FROM needs")
    for end in ("commit", "rollback", "unused"):
        with suppress(ZeroDivisionError):
            async with database.transaction(full.district_id) as session:
                if end == "unused":
                    lent = await session.connection()
                    assert not lent.closed
                else:
                    assert (await session.scalar(needs) or 0) > 0
                if end == "rollback":
                    raise ZeroDivisionError
        async with database.sessions.begin() as session:
            assert await session.scalar(needs) == 0, end
    await database.close()
