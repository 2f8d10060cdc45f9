"""Takes up batches of dispatch, and has each carried out by a process of its own (``workers.dispatch_solving``)."""

import asyncio
import contextlib
import os
import signal
import sys

import structlog

from app.core.db import Database
from app.services import dispatch_batches
from app.services.dispatch_batches import Claim
from app.settings import ROOT, Settings
from app.workers.relay import every, in_each_district

_PAUSE_SECONDS = 1.0
_SAID = {0, 3}
"""Exit codes of a process that has said itself what became of its batch: ``dispatch_solving.DONE`` and ``LATER``."""
_STOPPED = {None, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
"""Ended by an orderly stop: by us, or by whoever tells all processes at once."""
_log = structlog.get_logger()


async def run(database: Database, settings: Settings, stop: asyncio.Event) -> None:
    """Take up batches until told to stop."""
    await every(
        _PAUSE_SECONDS,
        stop,
        lambda: in_each_district(database, lambda _, district_id: take_up(database, settings, stop, district_id)),
    )


async def take_up(database: Database, settings: Settings, stop: asyncio.Event, district_id: int) -> None:
    """Every batch of the district that waits or was left by a worker that has gone."""
    while not stop.is_set():
        async with database.transaction(district_id) as session:
            claimed = await dispatch_batches.claim(session)
        if claimed is None:
            return
        code = await _carried_out(settings, stop, claimed)
        if code in _STOPPED:
            async with database.transaction(district_id) as session:
                await dispatch_batches.let_go(session, claimed)
        elif code not in _SAID:
            _log.error("dispatch_batch_broken", batch_id=str(claimed.batch_id), code=code)


async def _carried_out(settings: Settings, stop: asyncio.Event, claimed: Claim) -> int | None:
    """The process's exit code; None when it was ended since we are to stop."""
    words = [str(claimed.district_id), str(claimed.batch_id), claimed.lease.isoformat()]
    around = {"DATABASE_URL": settings.database_url or "", "SANSHUN_APP_ROLE": settings.app_role}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.workers.dispatch_solving", *words, cwd=ROOT, env=os.environ | around
    )
    ended, told = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await ended
    return None if stop.is_set() else process.returncode
