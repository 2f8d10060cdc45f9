"""Seeds a district's rows in one transaction: all of them, or none."""

import asyncio
from collections.abc import Callable

import asyncpg

from app.core.crypto import Sealer
from app.core.database_url import plain
from app.core.db import Database
from app.core.keys import field_keys
from app.core.passwords import hash_password
from app.services.seeding import Progress, SeedReport, seed_district
from app.services.seeding_accounts import DEMO_PASSWORD
from app.settings import ROOT, Settings

SEEDS = ROOT / "seeds"


def seed(url: str, settings: Settings, code: int, progress: Progress) -> SeedReport:
    """Bring in a district from its files. Twice changes nothing. Not to be called where an event loop runs.

    Raises SeedRefused for a file that is missing or wrong.
    """
    return asyncio.run(_seed(url, settings, code, progress))


async def _seed(url: str, settings: Settings, code: int, progress: Progress) -> SeedReport:
    development = settings.environment == "development"
    demo = await hash_password(DEMO_PASSWORD) if development else None
    sealer = Sealer(*field_keys(settings))
    database = Database(url, role=None, pool_size=1, keys=sealer.numbers)
    try:
        async with database.transaction(code) as session:
            return await seed_district(
                session, code, sealer=sealer, demo_password_hash=demo, root=SEEDS, progress=progress
            )
    finally:
        await database.close()


def bring_district(url: str, settings: Settings, say: Callable[[str], None]) -> None:
    """Seed the district of the settings, unless it is there: what people changed since is left alone."""
    code = settings.seed_district
    if seeded(url, code):
        return
    say(f"first start: bringing in district {code:06d}")

    def told(table: str, done: int, total: int) -> None:
        if done == total:
            say(f"{table}: {total:,}")

    seed(url, settings, code, told)


def demo_logins(url: str, code: int) -> frozenset[str]:
    """The demo accounts that can sign in; empty for a database without them."""

    async def ask() -> frozenset[str]:
        connection = await asyncpg.connect(plain(url))
        try:
            async with connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL app.district = '{code:d}'")
                found = await connection.fetch("SELECT login FROM accounts WHERE demo AND district_id = $1", code)
                return frozenset(row["login"] for row in found)
        finally:
            await connection.close()

    return asyncio.run(ask())


def seeded(url: str, code: int) -> bool:
    """Is the district there, with its lexicon, which came later than the rest?"""

    async def ask() -> bool:
        connection = await asyncpg.connect(plain(url))
        try:
            async with connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL app.district = '{code:d}'")
                found = "SELECT EXISTS (SELECT FROM lexicon_entries WHERE district_id = $1)"
                return bool(await connection.fetchval(found, code))
        finally:
            await connection.close()

    return asyncio.run(ask())
