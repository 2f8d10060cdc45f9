"""Takes away what signing in leaves behind and nobody asks for any more: full buckets, old challenges, tokens, sign-ins."""

import asyncio

from app.core.db import Database
from app.services import challenges, rate_limits, sign_ins
from app.services.tokens_password import NOWHERE
from app.workers.relay import every, in_each_district

_PAUSE_SECONDS = 60.0


async def run(database: Database, stop: asyncio.Event) -> None:
    """Sweep until told to stop."""
    await every(_PAUSE_SECONDS, stop, lambda: _everywhere(database))


async def _everywhere(database: Database) -> None:
    await in_each_district(database, sweep)
    async with database.transaction(NOWHERE) as session:
        await rate_limits.sweep(session, NOWHERE)


async def sweep(database: Database, district_id: int) -> None:
    async with database.transaction(district_id) as session:
        await rate_limits.sweep(session, district_id)
        await challenges.sweep(session, district_id)
        await sign_ins.sweep(session, district_id)
