"""Obeys the retention table every hour: each batch is one transaction, and one process at a time works on a district."""

import asyncio

from sqlalchemy import func, select

from app.core.crypto import Sealer
from app.core.db import Database
from app.services.retention import JOBS
from app.services.retention_periods import BATCH
from app.workers.relay import every, in_each_district

_PAUSE_SECONDS = 3_600.0
_LOCK = 7_201
"""First half of the advisory lock's number; the district is the other."""


async def run(database: Database, sealer: Sealer, stop: asyncio.Event) -> None:
    """Keep the table until told to stop."""

    async def one(database: Database, district_id: int) -> None:
        await keep(database, sealer, district_id)

    await every(_PAUSE_SECONDS, stop, lambda: in_each_district(database, one))


async def keep(database: Database, sealer: Sealer, district_id: int) -> dict[str, int]:
    """Everything whose period is over in one district; how many rows of each kind. Nothing where another process is at it."""
    done = {kind.value: 0 for kind in JOBS}
    for kind, job in JOBS.items():
        dealt = BATCH
        while dealt == BATCH:
            async with database.transaction(district_id) as session:
                if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK, district_id))):
                    return done
                dealt = await job(session, sealer)
                done[kind.value] += dealt
    return done
