"""Carries out batches of matching, some needs a transaction, so that nobody waits for a request and progress shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database, refusal_of
from app.core.errors import Conflict, LostRace, Unavailable
from app.domain.match_batches import rooms
from app.domain.matching_batch import best_set
from app.services import match_batches
from app.services.match_batches import Claim, Seen
from app.workers.relay import every, in_each_district

LOOKED, WRITTEN = 20, 50
"""Needs a transaction."""
_PAUSE_SECONDS = 1.0
_log = structlog.get_logger()


async def run(database: Database, stop: asyncio.Event) -> None:
    """Take up batches until told to stop."""
    await every(
        _PAUSE_SECONDS,
        stop,
        lambda: in_each_district(database, lambda _, district_id: take_up(database, stop, district_id)),
    )


async def take_up(database: Database, stop: asyncio.Event, district_id: int) -> None:
    """Every batch of the district that waits or was left by a worker that has gone."""
    while not stop.is_set():
        async with database.transaction(district_id) as session:
            claimed = await match_batches.claim(session)
        if claimed is None:
            return
        try:
            await _carry_out(database, stop, claimed)
        except LostRace:
            _log.info("match_batch_taken_over", batch_id=str(claimed.batch_id))


async def _carry_out(database: Database, stop: asyncio.Event, claimed: Claim) -> None:
    """What our own fault stops ends in failure; what passes is tried again later."""
    try:
        await _go_through(database, stop, claimed)
    except Exception as error:
        if isinstance(error, (Conflict, PoolTimeout)) or isinstance(refusal_of(error), (Unavailable, Conflict)):
            raise
        _log.error("match_batch_failed", batch_id=str(claimed.batch_id), kind=type(error).__name__)
        async with _step(database, claimed) as session:
            await match_batches.end(session, claimed, None, "系统内部错误")


async def _go_through(database: Database, stop: asyncio.Event, claimed: Claim) -> None:
    """Look at every need, find the best set, keep the proposals; let go when told to stop."""
    async with _step(database, claimed) as session:
        ids = await match_batches.open_needs(session, claimed)
    seen: list[Seen] = []
    for since in range(0, len(ids), LOOKED):
        async with _step(database, claimed) as session:
            if stop.is_set():
                await match_batches.let_go(session, claimed)
                return
            seen += await match_batches.look(session, claimed, ids[since : since + LOOKED])
    chosen, total = await asyncio.to_thread(_best, seen)
    for since in range(0, len(seen), WRITTEN):
        async with _step(database, claimed) as session:
            if stop.is_set():
                await match_batches.let_go(session, claimed)
                return
            await match_batches.write(session, claimed, seen[since : since + WRITTEN], chosen)
    async with _step(database, claimed) as session:
        await match_batches.end(session, claimed, (len(chosen), total))


def _best(seen: list[Seen]) -> tuple[dict[UUID, UUID], float]:
    """Need → resource, and what the scores of these come to."""
    scores = {(one.need_id, scored.resource_id): scored.score for one in seen for scored in one.ranked}
    chosen = best_set(scores, rooms(pair for one in seen for pair in one.pairs))
    return chosen, round(sum(scores[item] for item in chosen.items()), 6)


@asynccontextmanager
async def _step(database: Database, claimed: Claim) -> AsyncIterator[AsyncSession]:
    """One transaction; the claim moves on once it is committed."""
    async with database.transaction(claimed.district_id) as session:
        yield session
    claimed.lease = claimed.until
