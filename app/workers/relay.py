"""The relay: gives every committed event its place in the feed, and tells the people it concerns.

One relay at a time works on a district (an advisory lock held for the transaction), so that positions grow in the order in
which they become visible. Events of one aggregate commit in the order of their numbers, and are sorted by them here.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import text

from app.core.db import Database
from app.services.notices import tell
from app.services.relaying import relay_batch

_PAUSE_SECONDS = 0.3
_BATCH = 100
"""Few enough that requests in the same process hardly wait for a batch."""
_log = structlog.get_logger()


async def run(database: Database, stop: asyncio.Event) -> None:
    """Relay until told to stop."""
    await every(_PAUSE_SECONDS, stop, lambda: in_each_district(database, relay_district))


async def every(seconds: float, stop: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Work, rest, repeat; a failure is logged and tried again, since what was not committed is still there."""
    while not stop.is_set():
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a worker outlives a restart of the database
            _log.warning("worker_failed", kind=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue


async def in_each_district(database: Database, work: Callable[[Database, int], Awaitable[None]]) -> None:
    async with database.sessions.begin() as session:
        districts = list(await session.scalars(text("SELECT id FROM districts ORDER BY id")))
    for district_id in districts:
        try:
            await work(database, district_id)
        except Exception as error:  # noqa: BLE001 - one district's trouble is not the others'
            _log.warning("district_failed", district=district_id, kind=type(error).__name__)


async def relay_district(database: Database, district_id: int) -> None:
    """Everything that waits, batch by batch; each batch is one transaction."""
    more = True
    while more:
        async with database.transaction(district_id) as session:
            events = await relay_batch(session, district_id, _BATCH)
            await tell(session, events)
            more = len(events) == _BATCH
