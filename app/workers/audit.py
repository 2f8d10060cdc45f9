"""The audit trail's linker: puts entries into their district's chain, and keeps the chain's end outside the database.

Anchors are written once a minute, to a file in the data folder and to the log; better still is a copy of either on another
machine. An anchor is only ever replaced by a later one of the same chain: where it no longer fits, it stays as it is for
``sanshun audit verify``, and the log says so.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from app.core.clock import now
from app.core.db import Database
from app.domain.audit_chain import Anchor, Mark
from app.services import audit_anchors, audit_chain
from app.workers.relay import every, in_each_district

_PAUSE_SECONDS = 1.0
_ANCHORED_EVERY = timedelta(minutes=1)
_NEW = timedelta(hours=1)
"""A chain that began this long ago has had an anchor."""
_BATCH = 200
"""Few enough that requests in the same process hardly wait for a batch."""
_log = structlog.get_logger()


async def run(database: Database, keys: list[bytes], folder: Path, stop: asyncio.Event) -> None:
    """Link and anchor until told to stop. The first key links."""
    due = now()

    async def work() -> None:
        nonlocal due
        await in_each_district(database, lambda _, district_id: link_district(database, keys[0], district_id))
        if due <= now():
            due = now() + _ANCHORED_EVERY
            await anchor(database, keys, folder / audit_anchors.FILE)

    await every(_PAUSE_SECONDS, stop, work)


async def link_district(database: Database, key: bytes, district_id: int, batch: int = _BATCH) -> None:
    """Everything that waits, batch by batch; each batch is one transaction."""
    more = True
    while more:
        async with database.transaction(district_id) as session:
            more = await audit_chain.link_batch(session, key, district_id, batch) == batch
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain ends, and what stands in it where its anchor was taken."""

    newest: Mark
    anchored: bytes | None
    lost: bool
    """The chain is not new, and has no anchor."""


async def anchor(database: Database, keys: list[bytes], path: Path, district: int | None = None) -> None:
    """Keep the end of every chain that has grown, or of one district's."""
    ends: dict[int, _End] = {}
    known = await asyncio.to_thread(audit_anchors.read, path)

    async def look(_: Database, district_id: int) -> None:
        before = known.get(district_id)
        async with database.transaction(district_id) as session:
            end = await audit_chain.newest(session, district_id)
            there = await audit_chain.hash_at(session, district_id, before.newest.position) if before else None
            old = before is None and await audit_chain.had_links_before(session, district_id, now() - _NEW)
        if end is not None or before is not None:
            ends[district_id] = _End(end or Mark(0, b""), there, lost=old)

    if district is None:
        await in_each_district(database, look)
    else:
        await look(database, district)
    await asyncio.to_thread(_keep, path, keys, known, ends)


def _keep(path: Path, keys: list[bytes], seen: dict[int, Anchor], ends: dict[int, _End]) -> None:
    """Replace the file when an anchor has moved on; other processes may have moved some on since we looked."""
    with audit_anchors.exclusive(path):
        anchors = audit_anchors.read(path)
        changed = False
        for district_id, found in ends.items():
            before, end = anchors.get(district_id), found.newest
            if before is not None and before == seen.get(district_id) and not _goes_on(before, keys, found.anchored):
                _log.error("audit_chain_broken", district=district_id, position=before.newest.position)
            elif before is None or (before == seen.get(district_id) and end.position > before.newest.position):
                if before is None and found.lost:
                    _log.warning("audit_anchor_lost", district=district_id, made_anew_at=end.position)
                archived = before.archived if before else None
                anchors[district_id] = Anchor.made(keys[0], district_id, end, archived)
                changed = True
                _log.info("audit_anchor", district=district_id, position=end.position, hash=end.hash.hex())
        if changed:
            audit_anchors.write(path, anchors.values())


def _goes_on(before: Anchor, keys: list[bytes], there: bytes | None) -> bool:
    """Whether the chain still holds what the anchor was taken of."""
    return before.fits(keys) and there == before.newest.hash
