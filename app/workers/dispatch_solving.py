"""Carries out one batch of dispatch: reads, decides, writes. Run as a process of its own by ``workers.dispatch_batches``::

    python -m app.workers.dispatch_solving DISTRICT BATCH LEASE

So the arithmetic and its memory are not the server's, and its event loop goes on. The exit code says what became of it; an
interrupted batch is begun anew by whoever takes it up, and who was asked already is not asked again.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database, refusal_of
from app.core.errors import Conflict, LostRace, Unavailable
from app.domain.dispatch_batch import Decided, decide
from app.domain.dispatch_batches import BatchMode, ChoiceResult
from app.domain.dispatch_cost import told
from app.models import DispatchBatch
from app.services import dispatch_batches, dispatch_batches_apply, dispatch_batches_facts
from app.services.dispatch_batches import Claim
from app.services.dispatch_batches_apply import Asking, Plan
from app.services.dispatch_batches_facts import Seen
from app.services.dispatch_batches_orders import Look
from app.settings import Settings

WRITERS = 2
"""Connections that write at once."""
DONE, BROKEN, LATER = 0, 1, 3
"""Ended well or as a failure; could not even say so; to be tried again once the lease is over."""
_FAULT, _UNSOLVED = "系统内部错误", "代价过大，超出可求解的范围，请检查各项权重"
_log = structlog.get_logger()


def settle() -> None:
    """Nothing of a batch goes round in circles: looking for such garbage among its hundred thousand reasons only costs time."""
    gc.collect()
    gc.freeze()
    gc.disable()


def main() -> None:
    settle()
    district, batch, lease = sys.argv[1:]
    until = datetime.fromisoformat(lease)
    sys.exit(asyncio.run(_alone(Claim(int(district), UUID(batch), until, until))))


async def _alone(claimed: Claim) -> int:
    settings = Settings()
    database = Database(settings.database_url or "", settings.app_role, WRITERS)
    try:
        return await carry_out(database, claimed)
    finally:
        await database.engine.dispose()


async def carry_out(database: Database, claimed: Claim) -> int:
    """What our own fault stops ends in failure; what passes is tried again later."""
    try:
        await _go_through(database, claimed)
    except LostRace:
        _log.info("dispatch_batch_taken_over", batch_id=str(claimed.batch_id))
    except Exception as error:  # noqa: BLE001 - whatever it was stands in the batch and in the log
        if isinstance(error, (Conflict, PoolTimeout)) or isinstance(refusal_of(error), (Unavailable, Conflict)):
            _log.warning("dispatch_batch_interrupted", batch_id=str(claimed.batch_id), kind=type(error).__name__)
            return LATER
        _log.error("dispatch_batch_failed", batch_id=str(claimed.batch_id), kind=type(error).__name__)
        async with step(database, claimed) as session:
            await dispatch_batches.end(session, claimed, _UNSOLVED if isinstance(error, ArithmeticError) else _FAULT)
    return DONE


async def _go_through(database: Database, claimed: Claim) -> None:
    async with step(database, claimed) as session:
        batch = await dispatch_batches.held(session, claimed)
        asks = batch.mode is BatchMode.APPLY
        look = Look(claimed.district_id, batch.path, now(), asks=asks, every_way=batch.every_way)
        seen = await dispatch_batches_facts.read(session, await driver(session), look)
    decided = await asyncio.to_thread(decide, seen.batch, seen.weights)
    async with step(database, claimed) as session:
        batch = await dispatch_batches.held(session, claimed)
        await dispatch_batches.forget(session, batch)
        _note(batch, seen, decided)
    asking = Asking(seen, claimed.district_id, claimed.batch_id, now())
    all_plans = dispatch_batches_apply.plans(seen, decided, claimed.batch_id)
    rest = await ask(database, claimed, asking, all_plans) if asks else all_plans
    result = ChoiceResult.OVERTAKEN if asks else ChoiceResult.PROPOSED
    for some in dispatch_batches_apply.chunks(seen, iter(rest)):
        async with step(database, claimed) as session:
            await dispatch_batches.held(session, claimed)
            await dispatch_batches_apply.keep(await driver(session), asking, some, result)
    async with step(database, claimed) as session:
        await dispatch_batches.end(session, claimed)


async def ask(database: Database, claimed: Claim, asking: Asking, all_plans: Iterator[Plan]) -> list[Plan]:
    """Ask for the orders, some hundred a transaction; the plans nobody was asked for.

    Writers share the work: while one waits for the database, the next thinks of its reasons. They wait for each other only to say
    how far the batch is. No two have orders of one need, so neither passes over what the other holds.
    """
    rest: list[Plan] = []
    some, turn = dispatch_batches_apply.chunks(asking.seen, all_plans), asyncio.Lock()
    writers = [asyncio.create_task(_write(database, claimed, asking, some, turn, rest)) for _ in range(WRITERS)]
    try:
        await asyncio.gather(*writers)
    finally:
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    return rest


async def _write(
    database: Database,
    claimed: Claim,
    asking: Asking,
    chunks: Iterator[list[Plan]],
    turn: asyncio.Lock,
    rest: list[Plan],
) -> None:
    """Chunk after chunk. Whoever has lost the batch to another worker finds that out before committing."""
    for some in chunks:
        async with AsyncExitStack() as until_committed:
            async with database.transaction(claimed.district_id) as session:
                written = await dispatch_batches_apply.invite(await driver(session), asking, some)
                await until_committed.enter_async_context(turn)
                batch = await dispatch_batches.held(session, claimed)
                batch.invited_orders += written.orders
                batch.invited += written.people
                batch.overtaken += len(written.rest)
            claimed.move_on()
        rest += written.rest


def _note(batch: DispatchBatch, seen: Seen, decided: Decided) -> None:
    """What was looked at and decided, with those whom an earlier try has asked already."""
    batch.weights = told(seen.weights[0])
    batch.orders, batch.people = len(seen.batch.orders.ids) + batch.invited_orders, len(seen.batch.parties.ids)
    batch.places = int(seen.batch.orders.places.sum()) + batch.invited
    batch.chosen = decided.filled + batch.invited
    batch.cost_cm = decided.solution.value


@asynccontextmanager
async def step(database: Database, claimed: Claim) -> AsyncIterator[AsyncSession]:
    """One transaction; the claim moves on once it is committed."""
    async with database.transaction(claimed.district_id) as session:
        yield session
    claimed.move_on()


async def driver(session: AsyncSession) -> Any:
    """The driver's connection within the session's transaction and district: both begin with the session's first statement."""
    await session.execute(text("SELECT 1"))
    return (await (await session.connection()).get_raw_connection()).driver_connection


if __name__ == "__main__":
    main()
