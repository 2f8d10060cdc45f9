"""Linking the audit trail: what waits is put into its district's chain, and the chain is read from its beginning.

One linker at a time works on a district (an advisory lock held for the transaction); links and the waiting rows they take away
are one transaction, so that a killed linker leaves neither a gap nor an entry in two places. Entries are linked in the order of
their ids among those that wait: what was committed late comes later, and nothing is left out.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit_chain import FIELDS, GENESIS, Anchor, Mark, canonical, link

_LOCK = 0x5A52
"""First half of the advisory lock's key; the district is the second."""
_PREFETCH = 2_000
_ENTRY = ", ".join("e.data::text AS data" if name == "data" else f"e.{name}" for name in FIELDS)
_ALONE = text("SELECT pg_try_advisory_xact_lock(:lock, :district)")
_HEAD = text("SELECT position, hash FROM audit_links WHERE district_id = :district ORDER BY position DESC LIMIT 1")
_AT = text("SELECT hash FROM audit_links WHERE district_id = :district AND position = :position")
_OLDER = text("""
SELECT l.position > 1 OR e.id IS NULL OR e.at < :moment
FROM audit_links AS l LEFT JOIN audit_entries AS e ON e.district_id = l.district_id AND e.id = l.id
WHERE l.district_id = :district ORDER BY l.position LIMIT 1""")
_WAITING = text(f"""
SELECT {_ENTRY}, EXISTS (SELECT FROM audit_links AS l WHERE l.district_id = w.district_id AND l.id = w.id) AS linked
FROM audit_waiting AS w JOIN audit_entries AS e ON e.district_id = w.district_id AND e.id = w.id
WHERE w.district_id = :district ORDER BY w.id LIMIT :limit""")  # noqa: S608 - column names
_LINK = text("""
INSERT INTO audit_links (district_id, id, position, hash)
SELECT :district, given.id, given.position, given.hash
FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS bigint[]), CAST(:hashes AS bytea[])) AS given (id, position, hash)""")
_DONE = text("DELETE FROM audit_waiting WHERE district_id = :district AND id = ANY(CAST(:ids AS uuid[]))")


async def link_batch(session: AsyncSession, key: bytes, district_id: int, limit: int) -> int:
    """Link up to ``limit`` of the entries that wait, and say how many were taken; 0 also while another linker is at work here."""
    where = {"district": district_id}
    if not await session.scalar(_ALONE, where | {"lock": _LOCK}):
        return 0
    waiting = (await session.execute(_WAITING, where | {"limit": limit})).mappings().all()
    if not waiting:
        return 0
    head = await newest(session, district_id) or Mark(0, GENESIS)
    links = _linked(key, head, [row for row in waiting if not row["linked"]])
    columns = {
        "ids": [entry_id for entry_id, _ in links],
        "positions": [mark.position for _, mark in links],
        "hashes": [mark.hash for _, mark in links],
    }
    await session.execute(_LINK, where | columns)
    await session.execute(_DONE, where | {"ids": [row["id"] for row in waiting]})
    return len(waiting)


def _linked(key: bytes, head: Mark, entries: list[Any]) -> list[tuple[UUID, Mark]]:
    found, last = [], head
    for entry in entries:
        last = Mark(last.position + 1, link(key, last.hash, canonical(_read(entry))))
        found.append((entry["id"], last))
    return found


def _read(row: Any) -> dict[str, Any]:
    """A row of ``_ENTRY``, in which the JSON is a text whatever the driver makes of it."""
    entry = {name: row[name] for name in FIELDS}
    entry["data"] = orjson.loads(entry["data"])
    return entry


async def newest(session: AsyncSession, district_id: int) -> Mark | None:
    """The end of the chain."""
    row = (await session.execute(_HEAD, {"district": district_id})).first()
    return Mark(row.position, row.hash) if row else None


async def had_links_before(session: AsyncSession, district_id: int, moment: datetime) -> bool:
    """Whether the chain is older: its first link is of an entry from before, or has been taken out."""
    return bool(await session.scalar(_OLDER, {"district": district_id, "moment": moment}))


async def hash_at(session: AsyncSession, district_id: int, position: int) -> bytes | None:
    found: bytes | None = await session.scalar(_AT, {"district": district_id, "position": position})
    return found


@dataclass(frozen=True, slots=True)
class Linked:
    """A link with its entry, which may be gone."""

    mark: Mark
    entry_id: UUID
    entry: dict[str, Any] | None


async def links(connection: asyncpg.Connection, district_id: int, until: int | None = None) -> AsyncIterator[Linked]:
    """The chain from its first link, up to a position. In the caller's transaction, which shows one moment of it."""
    query = f"""
SELECT l.position, l.hash, l.id AS link_id, {_ENTRY}
FROM audit_links AS l LEFT JOIN audit_entries AS e ON e.district_id = l.district_id AND e.id = l.id
WHERE l.district_id = $1 AND l.position <= coalesce($2, 9223372036854775807) ORDER BY l.position"""  # noqa: S608 - column names
    async for row in connection.cursor(query, district_id, until, prefetch=_PREFETCH):
        entry = _read(row) if row["id"] is not None else None
        yield Linked(Mark(row["position"], row["hash"]), row["link_id"], entry)


async def end_of(connection: asyncpg.Connection, district_id: int, anchor: Anchor | None) -> tuple[Mark, bytes | None]:
    """The newest link of a chain that has one, and the hash at the position its anchor names."""
    position = anchor.newest.position if anchor else 0
    (row,) = await connection.fetch(
        """
SELECT position, hash, (SELECT hash FROM audit_links WHERE district_id = $1 AND position = $2) AS anchored
FROM audit_links WHERE district_id = $1 ORDER BY position DESC LIMIT 1""",
        district_id,
        position,
    )
    return Mark(row["position"], row["hash"]), row["anchored"]


@dataclass(frozen=True, slots=True)
class Unlinked:
    """An entry in no chain: it waits, or nothing will ever link it."""

    entry_id: UUID
    at: datetime
    waits: bool


async def unlinked(connection: asyncpg.Connection, district_id: int) -> list[Unlinked]:
    rows = await connection.fetch(
        """
SELECT e.id, e.at, w.id IS NOT NULL AS waits FROM audit_entries AS e
LEFT JOIN audit_links AS l ON l.district_id = e.district_id AND l.id = e.id
LEFT JOIN audit_waiting AS w ON w.district_id = e.district_id AND w.id = e.id
WHERE e.district_id = $1 AND l.id IS NULL ORDER BY e.id""",
        district_id,
    )
    return [Unlinked(row["id"], row["at"], row["waits"]) for row in rows]
