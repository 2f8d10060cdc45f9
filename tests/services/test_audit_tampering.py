"""Whoever changes the audit trail behind the app's back is found, and where (I12)."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.ids import new_id
from app.domain.audit_chain import FIELDS
from app.services import audit_anchors
from app.workers.audit_command import report
from tests.services.audit_trails import ENTRIES, Trail, entry_set, unguarded

Tamper = Callable[[asyncpg.Connection, "Trail"], Awaitable[Any]]


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "caller = 'anonymous'",
        "actor_id = gen_random_uuid()",
        "sign_in_id = gen_random_uuid()",
        "address = '192.0.2.8'",
        "operation = 'order_accept'",
        "outcome = 'denied'",
        "status = 200",
        "subject_id = gen_random_uuid()",
        "person_id = gen_random_uuid()",
        "minor_id = gen_random_uuid()",
        "opened = '{phone}'",
        "purpose = 'visit'",
        "why = '—'",
        'data = \'{"minutes": 91, "b": [1, 2.5, null]}\'',
    ],
)
async def test_any_edit_is_found_where_it_is(whole: Trail, intruder: asyncpg.Connection, change: str) -> None:
    async with unguarded(intruder):
        await entry_set(intruder, whole, 7, change)
    ((position, words),) = await whole.faults()
    assert position == 7
    assert "do not fit" in words


async def _delete_entry(connection: asyncpg.Connection, trail: Trail) -> None:
    await connection.execute("DELETE FROM audit_entries WHERE id = $1", await trail.entry(5))


async def _delete_link(connection: asyncpg.Connection, trail: Trail) -> None:
    await connection.execute("DELETE FROM audit_links WHERE id = $1", await trail.entry(5))


async def _delete_both(connection: asyncpg.Connection, trail: Trail) -> None:
    entry = await trail.entry(5)
    await connection.execute("DELETE FROM audit_entries WHERE id = $1", entry)
    await connection.execute("DELETE FROM audit_links WHERE id = $1", entry)


async def _delete_and_close_up(connection: asyncpg.Connection, trail: Trail) -> None:
    await _delete_both(connection, trail)
    for position in range(6, ENTRIES + 1):
        await connection.execute(
            "UPDATE audit_links SET position = position - 1 WHERE district_id = $1 AND position = $2",
            trail.district,
            position,
        )


async def _delete_the_beginning(connection: asyncpg.Connection, trail: Trail) -> None:
    ids = [entry for position, entry in await trail.links() if position <= 3]
    await connection.execute("DELETE FROM audit_entries WHERE id = ANY($1)", ids)
    await connection.execute("DELETE FROM audit_links WHERE id = ANY($1)", ids)


async def _swap(connection: asyncpg.Connection, trail: Trail) -> None:
    """Two entries change places: their ids stay where they were, all else is exchanged."""
    third, ninth = await trail.entry(3), await trail.entry(9)
    columns = [name for name in FIELDS if name not in {"district_id", "id"}]
    said = f"SELECT id, ({', '.join(columns)})::text AS rest FROM audit_entries WHERE id = ANY($1)"  # noqa: S608
    before = {row["id"]: row["rest"] for row in await connection.fetch(said, [third, ninth])}
    assert before[third] != before[ninth]
    await connection.execute(
        f"UPDATE audit_entries AS a SET {', '.join(f'{name} = b.{name}' for name in columns)} FROM audit_entries AS b"  # noqa: S608
        " WHERE (a.id = $1 AND b.id = $2) OR (a.id = $2 AND b.id = $1)",
        third,
        ninth,
    )
    after = {row["id"]: row["rest"] for row in await connection.fetch(said, [third, ninth])}
    assert after == {third: before[ninth], ninth: before[third]}


async def _swap_links(connection: asyncpg.Connection, trail: Trail) -> None:
    third, ninth, away = await trail.entry(3), await trail.entry(9), new_id()
    for new, old in ((away, third), (third, ninth), (ninth, away)):
        await connection.execute("UPDATE audit_links SET id = $1 WHERE id = $2", new, old)


async def _insert_entry(connection: asyncpg.Connection, trail: Trail) -> None:
    await connection.execute(
        "INSERT INTO audit_entries SELECT (e).* FROM (SELECT jsonb_populate_record(e, jsonb_build_object('id', $2::text))"
        " AS e FROM audit_entries AS e WHERE id = $1) AS copy",
        await trail.entry(4),
        str(new_id()),
    )


async def _insert_link(connection: asyncpg.Connection, trail: Trail) -> None:
    entry = new_id()
    await connection.execute(
        "INSERT INTO audit_entries SELECT (e).* FROM (SELECT jsonb_populate_record(e, jsonb_build_object('id', $2::text))"
        " AS e FROM audit_entries AS e WHERE id = $1) AS copy",
        await trail.entry(4),
        str(entry),
    )
    await connection.execute(
        "INSERT INTO audit_links (district_id, id, position, hash) VALUES ($1, $2, $3, sha256('guess'))",
        trail.district,
        entry,
        ENTRIES + 1,
    )


async def _cut_off(connection: asyncpg.Connection, trail: Trail) -> None:
    ids = [entry for position, entry in await trail.links() if position > 8]
    await connection.execute("DELETE FROM audit_entries WHERE id = ANY($1)", ids)
    await connection.execute("DELETE FROM audit_links WHERE id = ANY($1)", ids)


async def _cut_off_and_grow_again(connection: asyncpg.Connection, trail: Trail) -> None:
    await _cut_off(connection, trail)
    await trail.note(ENTRIES)
    await trail.link()


async def _take_all(connection: asyncpg.Connection, trail: Trail) -> None:
    for table in ("audit_entries", "audit_links"):
        await connection.execute(f"DELETE FROM {table} WHERE district_id = $1", trail.district)  # noqa: S608


TAMPERING: list[tuple[Tamper, list[tuple[int | None, str]]]] = [
    (_delete_entry, [(5, "the entry is missing")]),
    (_delete_link, [(5, "link 5 is missing"), (None, "in no chain")]),
    (_delete_both, [(5, "link 5 is missing")]),
    (_delete_and_close_up, [(5, "do not fit"), (12, "the end is cut off: link 12")]),
    (_delete_the_beginning, [(1, "links 1 to 3 are missing")]),
    (_swap, [(3, "do not fit"), (9, "do not fit")]),
    (_swap_links, [(3, "do not fit"), (9, "do not fit")]),
    (_insert_entry, [(None, "in no chain")]),
    (_insert_link, [(13, "do not fit")]),
    (_cut_off, [(9, "the end is cut off: links 9 to 12")]),
    (_cut_off_and_grow_again, [(12, "made anew")]),
    (_take_all, [(1, "the end is cut off: links 1 to 12")]),
]


@pytest.mark.parametrize(("tamper", "found"), TAMPERING, ids=lambda value: getattr(value, "__name__", "").strip("_"))
async def test_tampering_is_found(
    whole: Trail, intruder: asyncpg.Connection, tamper: Tamper, found: list[tuple[int | None, str]]
) -> None:
    async with unguarded(intruder):
        await tamper(intruder, whole)
    faults = await whole.faults()
    assert len(faults) == len(found), faults
    for (position, words), (where, part) in zip(faults, found, strict=True):
        assert position == where
        assert part in words
    assert "FAULTS" in report([await whole.examined()])[0]


async def test_a_beginning_taken_away_is_not_an_archived_one(
    whole: Trail, owner: Database, intruder: asyncpg.Connection
) -> None:
    """What was archived is said by the anchor, which the database's owner cannot write."""
    async with unguarded(intruder):
        await _delete_the_beginning(intruder, whole)
    assert await whole.faults() == [(1, "links 1 to 3 are missing")]
    (whole.folder / audit_anchors.FILE).unlink()
    assert await whole.faults() == [(1, "links 1 to 3 are missing")]


@pytest.mark.parametrize("table", ["audit_entries", "audit_links"])
async def test_not_even_the_owner_changes_the_trail(whole: Trail, intruder: asyncpg.Connection, table: str) -> None:
    column = "why" if table == "audit_entries" else "hash"
    for statement in (
        f"UPDATE {table} SET {column} = {column} WHERE district_id = {whole.district}",  # noqa: S608 - names written here
        f"DELETE FROM {table} WHERE district_id = {whole.district}",  # noqa: S608
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
            await intruder.execute(statement)
    assert await whole.faults() == []


async def test_the_app_role_only_adds(whole: Trail) -> None:
    for statement in ("UPDATE audit_entries SET why = ''", "DELETE FROM audit_entries", "DELETE FROM audit_links"):
        with pytest.raises(Exception, match="permission denied"):
            async with whole.database.transaction(whole.district) as session:
                await session.execute(text(statement))
