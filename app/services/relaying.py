"""Claiming events from the outbox and giving them their position in the feed."""

from collections import defaultdict, deque
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Event, OutboxRow

_LOCK = 0x5A51
"""First half of the advisory lock's key; the district is the second."""


_PLACE = text(
    """UPDATE outbox SET position = given.position
    FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS bigint[])) AS given (id, position)
    WHERE outbox.district_id = :district AND outbox.id = given.id"""
)


def in_order(events: list[Event]) -> list[Event]:
    """By time, and within one aggregate by number, whatever the clocks of several hosts say (I9)."""
    numbered: dict[UUID, deque[Event]] = defaultdict(deque)
    for event in sorted(events, key=lambda event: event.seq):
        numbered[event.aggregate_id].append(event)
    return [numbered[event.aggregate_id].popleft() for event in sorted(events, key=lambda event: (event.at, event.id))]


async def relay_batch(session: AsyncSession, district_id: int, limit: int) -> list[Event]:
    """Up to ``limit`` waiting events, positions given; empty when another relay is at work here."""
    alone = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock, :district)"), {"lock": _LOCK, "district": district_id}
    )
    if not alone:
        return []
    query = (
        select(Event)
        .join(OutboxRow, (OutboxRow.district_id == Event.district_id) & (OutboxRow.id == Event.id))
        .where(OutboxRow.position.is_(None))
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(of=OutboxRow, skip_locked=True)
    )
    events = in_order(list(await session.scalars(query)))
    if not events:
        return []
    positions = list(
        await session.scalars(
            text("SELECT nextval('outbox_position') FROM generate_series(1, :count)"), {"count": len(events)}
        )
    )
    await session.execute(
        _PLACE, {"district": district_id, "ids": [event.id for event in events], "positions": positions}
    )
    return events


async def wait(session: AsyncSession, district_id: int) -> None:
    """Wait for a batch under way here; none begins before this transaction ends, so nothing is told in between."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(:lock, :district)"), {"lock": _LOCK, "district": district_id}
    )
