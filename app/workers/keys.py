"""``sanshun keys``: new field keys, sealing anew with the current one, and taking old ones away.

In this order, so that nobody meets a seal they cannot open: every server knows the new key; every server seals with it; rows
are sealed anew; the old key goes. Each command refuses when the step before it is not done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.crypto import Cipher, Sealer
from app.core.db import KEYS_IN_NAME, Database, refusal_of
from app.core.keys import drop_field_key, field_keys, kept_in_a_file, new_field_key
from app.core.start_errors import KeyMissing
from app.services import rotation
from app.services.rotation_columns import SEALED, SealedTable
from app.settings import Settings

BATCH = 200
_PASSES = 5
"""How often rows that somebody held are tried again."""
_OTHERS = text(
    "SELECT DISTINCT application_name FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE :name AND pid <> pg_backend_pid()"
)

Progress = Callable[[str, int, int], None]
Result = TypeVar("Result")


@dataclass(slots=True)
class RotationReport:
    key: int
    rows: dict[str, int] = field(default_factory=dict)
    """Table → rows sealed anew."""
    left: dict[str, int] = field(default_factory=dict)
    """Table → rows that could not be: a value that two rows have."""


def new_key(settings: Settings, cipher: str | None) -> str:
    """Make a key; what to tell whoever made it. Raises SettingsWrong."""
    entry = new_field_key(settings, Cipher(cipher or settings.field_cipher))
    number = entry.split(":")[0]
    if kept_in_a_file(settings):
        return f"Key {number} is the first of the ring now. Restart the server, then run 'sanshun keys rotate'."
    return entry


def rotate(url: str, settings: Settings, progress: Progress) -> RotationReport:
    """Seal everything anew with the current key. Not to be called where an event loop runs.

    Raises KeyMissing when a key is missing or a server does not know the current one.
    """
    return _run(_rotate(url, settings, progress))


def retire(url: str, settings: Settings, number: int) -> str:
    """Take a key away that nothing needs any more. Raises KeyMissing when something does, SettingsWrong."""
    return _run(_retire(url, settings, number))


def _run(work: Awaitable[Result]) -> Result:
    async def waited() -> Result:
        return await work

    try:
        return asyncio.run(waited())
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise refusal_of(error) or error from None


async def _rotate(url: str, settings: Settings, progress: Progress) -> RotationReport:
    sealer = Sealer(*field_keys(settings))
    owner = Database(url, role=None, pool_size=1)
    database = Database(url, settings.app_role, pool_size=1)
    try:
        await require_known(owner, sealer.current.number)
        return await rotate_districts(database, sealer, await _districts(owner), progress)
    finally:
        await database.close()
        await owner.close()


async def rotate_districts(
    database: Database, sealer: Sealer, districts: list[int], progress: Progress
) -> RotationReport:
    """The work itself, with the product's own role, district by district."""
    report = RotationReport(sealer.current.number)
    waiting = {district_id: await _begin(database, sealer, district_id) for district_id in districts}
    for sealed in SEALED:
        total = sum(rows[sealed.name] for rows in waiting.values())
        if total == 0:
            continue
        progress(sealed.name, 0, total)
        for district_id in districts:

            def told(count: int, name: str = sealed.name, total: int = total) -> None:
                report.rows[name] = report.rows.get(name, 0) + count
                progress(name, min(report.rows[name], total), total)

            if left := await _go_through(database, sealer, sealed, district_id, told):
                report.left[sealed.name] = report.left.get(sealed.name, 0) + left
    return report


async def _begin(database: Database, sealer: Sealer, district_id: int) -> dict[str, int]:
    """Table → rows to be done; noted in the audit trail when there are any."""
    async with database.transaction(district_id) as session:
        rows = {sealed.name: await rotation.waiting(session, sealed, sealer) for sealed in SEALED}
        if any(rows.values()):
            await rotation.note(session, district_id, sealer, {name: count for name, count in rows.items() if count})
    return rows


async def _go_through(
    database: Database, sealer: Sealer, sealed: SealedTable, district_id: int, told: Callable[[int], None]
) -> int:
    """From the first row to the last, again for rows that somebody held; how many are left in the end."""
    for turn in range(_PASSES):
        after = None
        while True:
            async with database.transaction(district_id) as session:
                batch = await rotation.reseal(session, sealed, sealer, after, BATCH, wait=turn > 0)
            if batch.last is None:
                break
            told(batch.written)
            after = batch.last
        async with database.transaction(district_id) as session:
            left = await rotation.waiting(session, sealed, sealer)
        if left == 0:
            break
    return left


async def _retire(url: str, settings: Settings, number: int) -> str:
    sealer = Sealer(*field_keys(settings))
    if number not in sealer.numbers:
        raise KeyMissing(f"There is no key {number}: the ring has {', '.join(map(str, sealer.numbers))}.")
    if number == sealer.current.number:
        raise KeyMissing(f"Key {number} is the one that seals: make another with 'sanshun keys new' first.")
    owner = Database(url, role=None, pool_size=1)
    database = Database(url, settings.app_role, pool_size=1)
    try:
        await require_known(owner, sealer.current.number)
        await require_unused(database, await _districts(owner), number)
    finally:
        await database.close()
        await owner.close()
    if kept_in_a_file(settings):
        drop_field_key(settings, number)
        return f"Key {number} is gone. Restart the server."
    return f"Nothing needs key {number} any more: take its entry out of SANSHUN_FIELD_KEY and restart the servers."


async def require_known(owner: Database, number: int) -> None:
    """Every process on this database seals with this key. Seen as the connecting user: the product's role sees no others."""
    async with owner.sessions.begin() as session:
        names = [str(name) for name in await session.scalars(_OTHERS, {"name": f"{KEYS_IN_NAME}%"})]
    rings = [name.removeprefix(KEYS_IN_NAME).split(",") for name in names]
    if any(str(number) not in ring for ring in rings):
        raise KeyMissing(f"A running server does not know key {number} yet: restart it, then run this again.")
    if any(ring[0] != str(number) for ring in rings):
        raise KeyMissing(
            f"A running server does not seal with key {number} yet: put it first, restart, run this again."
        )


async def require_unused(database: Database, districts: list[int], number: int) -> None:
    """Nothing that can still be opened needs this key."""
    for district_id in districts:
        async with database.transaction(district_id) as session:
            counts = {sealed.name: await rotation.using(session, sealed, number) for sealed in SEALED}
            counts["import_files"] = await rotation.files_using(session, number)
        if needed := ", ".join(f"{count:,} of {name}" for name, count in counts.items() if count):
            raise KeyMissing(
                f"Key {number} is still needed in district {district_id}: {needed}. Run 'sanshun keys rotate' first."
            )


async def _districts(owner: Database) -> list[int]:
    async with owner.sessions.begin() as session:
        return list(await session.scalars(text("SELECT id FROM districts ORDER BY id")))
