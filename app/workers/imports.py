"""Carries out imports: from the files that came over HTTP, and for the command line.

Each batch is one transaction: needs, events, rejects, progress and the renewed lease. So a killed worker's import is taken up
by another at the row where it stood, and nothing is lost or done twice. Reading a file takes processor time, hence a thread.
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import structlog
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.clock import now
from app.core.crypto import SealBroken, Sealer
from app.core.db import Database, refusal_of
from app.core.errors import Conflict, LostRace, Unavailable
from app.domain.imports import FileRefused
from app.domain.imports_rows import Message, Reject
from app.models import Import
from app.services import imports
from app.services.imports import BATCH_LEASE, Claim
from app.services.imports_read import MessageFile
from app.services.imports_write import Aim, NewNeed, Progress, advance, prepare, write, write_rejects
from app.workers.relay import every, in_each_district

BATCH = 1_000
_PAUSE_SECONDS = 1.0
_log = structlog.get_logger()

Told = Callable[[int, list[Reject]], None]
"""Told after each batch how many rows are done, and which of the batch were rejected."""


async def run(database: Database, sealer: Sealer, stop: asyncio.Event) -> None:
    """Take up imports until told to stop."""
    await every(
        _PAUSE_SECONDS,
        stop,
        lambda: in_each_district(database, lambda _, district_id: take_up(database, sealer, stop, district_id)),
    )


async def take_up(database: Database, sealer: Sealer, stop: asyncio.Event, district_id: int) -> None:
    """Every import of the district that waits or was left by a worker that has gone."""
    while not stop.is_set():
        async with database.transaction(district_id) as session:
            claimed = await imports.claim(session)
        if claimed is None:
            return
        try:
            await _carry_out(database, sealer, stop, claimed)
        except LostRace:
            _log.info("import_taken_over", import_id=str(claimed.aim.import_id))


async def _carry_out(database: Database, sealer: Sealer, stop: asyncio.Event, claimed: Claim) -> None:
    """A file that cannot be read, or that our own fault stops, ends in failure; what passes is tried again later."""
    try:
        async with database.transaction(claimed.aim.district_id) as session:
            content = await imports.file_of(session, sealer, claimed.aim)
            if content is None:
                await imports.end_interrupted(session, claimed)
                return
        async with Opened(io.BytesIO(content)) as file:
            await go_through(database, sealer, stop, claimed, file, _untold)
    except FileRefused as refused:
        await _fail(database, claimed, refused.detail)
    except SealBroken:
        await _fail(database, claimed, "文件是用另一把密钥保存的，请重新上传")
    except Exception as error:
        if _passes(error):
            raise
        _log.error("import_failed", import_id=str(claimed.aim.import_id), kind=type(error).__name__)
        await _fail(database, claimed, "系统内部错误")


def _untold(_: int, __: list[Reject]) -> None:
    """Over HTTP, progress is what the import's row says."""


def _passes(error: Exception) -> bool:
    return isinstance(error, (Conflict, PoolTimeout)) or isinstance(refusal_of(error), (Unavailable, Conflict))


async def _fail(database: Database, claimed: Claim, reason: str) -> None:
    async with database.transaction(claimed.aim.district_id) as session:
        await imports.end(session, claimed, reason)


class Opened:
    """A message file, opened and closed in a thread. Raises FileRefused."""

    def __init__(self, file: BinaryIO) -> None:
        self._source = file

    async def __aenter__(self) -> MessageFile:
        self._file = await asyncio.to_thread(MessageFile, self._source)
        return self._file

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._file.close)


async def go_through(
    database: Database, sealer: Sealer, stop: asyncio.Event, claimed: Claim, file: MessageFile, told: Told
) -> Import | None:
    """Row after row to the end; None when told to stop before. Raises LostRace when another worker has taken over."""
    district_id, aim = claimed.aim.district_id, claimed.aim
    async with database.transaction(district_id) as session:
        await imports.opened(session, claimed, file.total)
    await asyncio.to_thread(file.skip, claimed.done_rows)
    while batch := await asyncio.to_thread(_read, file, aim, sealer):
        if stop.is_set():
            async with database.transaction(district_id) as session:
                await imports.let_go(session, claimed)
            return None
        rejects = await _write(database, claimed, batch)
        told(claimed.done_rows, rejects)
    async with database.transaction(district_id) as session:
        return await imports.end(session, claimed)


@dataclass(frozen=True, slots=True)
class _Batch:
    needs: list[NewNeed]
    rejects: list[Reject]


def _read(file: MessageFile, aim: Aim, sealer: Sealer) -> _Batch | None:
    """The next batch, ready to be written; None at the end of the file."""
    rows = file.batch(BATCH)
    messages = [row for row in rows if isinstance(row, Message)]
    rejects = [row for row in rows if isinstance(row, Reject)]
    return _Batch(prepare(aim, sealer, messages), rejects) if rows else None


async def _write(database: Database, claimed: Claim, batch: _Batch) -> list[Reject]:
    """One transaction; the claim moves on once it is committed. The rows of the batch that were rejected, in order."""
    aim, until = claimed.aim, now() + BATCH_LEASE
    async with database.transaction(aim.district_id) as session:
        created, taken = await write(session, aim, batch.needs)
        rejects = sorted(batch.rejects + taken, key=lambda reject: reject.row_number)
        await write_rejects(session, aim, rejects)
        progress = Progress(created, len(batch.needs) - created - len(taken), len(rejects))
        await advance(session, aim, progress, claimed.lease, until)
    claimed.lease, claimed.done_rows = until, claimed.done_rows + progress.done
    return rejects
