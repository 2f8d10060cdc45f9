"""One district's chain in a test, and somebody who owns the database and has not the key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.core.keys import audit_keys
from app.domain.audit import Caller, Outcome
from app.models import AuditEntry, AuditLink
from app.services import audit, audit_anchors
from app.settings import Settings
from app.workers.audit import anchor, link_district
from app.workers.audit_command import Examined, verify
from tests.worlds import World

ENTRIES = 12


class Trail:
    """One district's chain in a test."""

    def __init__(self, world: World, database: Database, settings: Settings, folder: Path) -> None:
        self.district, self.database, self.folder = world.district_id, database, folder
        self.settings = settings.model_copy(update={"data_dir": folder})
        self.keys = audit_keys(self.settings)

    async def note(self, count: int = 1, **said: Any) -> list[UUID]:
        async with self.database.transaction(self.district) as session:
            entries = [
                audit.add(session, self.district, "order_take", Outcome.DONE, caller=Caller.SYSTEM, **said)
                for _ in range(count)
            ]
        return [entry.id for entry in entries]

    async def link(self, batch: int = 5) -> None:
        await link_district(self.database, self.keys[0], self.district, batch)

    async def anchor(self) -> None:
        await anchor(self.database, self.keys, self.folder / audit_anchors.FILE, self.district)

    async def links(self) -> list[tuple[int, UUID]]:
        async with self.database.transaction(self.district) as session:
            rows = await session.execute(select(AuditLink.position, AuditLink.id).order_by(AuditLink.position))
            return [(row.position, row.id) for row in rows]

    async def entry(self, position: int) -> UUID:
        return dict(await self.links())[position]

    async def examined(self, **settings: Any) -> Examined:
        at = self.settings.model_copy(update=settings)
        (found,) = await asyncio.to_thread(verify, str(at.database_url), at, self.district, None, untold)
        return found

    async def faults(self) -> list[tuple[int | None, str]]:
        return [(fault.position, fault.words) for fault in (await self.examined()).faults]


def untold(_: str, __: int, ___: int) -> None:
    pass


@asynccontextmanager
async def unguarded(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Without the triggers: the owner can take them away."""
    for table in ("audit_entries", "audit_links"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        for table in ("audit_entries", "audit_links"):
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def entry_set(connection: asyncpg.Connection, trail: Trail, position: int, change: str) -> None:
    entry = await trail.entry(position)
    done = await connection.execute(f"UPDATE audit_entries SET {change} WHERE id = $1", entry)  # noqa: S608 - written below
    assert done == "UPDATE 1"


def old_entry(district: int, entry_id: UUID, minutes: int) -> AuditEntry:
    entry = AuditEntry(district_id=district, id=entry_id, caller=Caller.SYSTEM, operation="x.y", outcome=Outcome.DONE)
    entry.at = now() - timedelta(minutes=minutes)
    entry.opened, entry.data = [], {}
    return entry
