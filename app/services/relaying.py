"""Claiming events from the outbox and giving them their position in the feed."""

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Event, OutboxRow

_LOCK = 0x5A51
"""First half of the advisory lock's key; the district is the second."""


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
    events = sorted(await session.scalars(query), key=lambda event: (event.at, event.aggregate_id, event.seq))
    if not events:
        return []
    positions = list(
        await session.scalars(
            text("SELECT nextval('outbox_position') FROM generate_series(1, :count)"), {"count": len(events)}
        )
    )
    await session.execute(
        update(OutboxRow),
        [
            {"district_id": district_id, "id": event.id, "position": position}
            for event, position in zip(events, positions, strict=True)
        ],
    )
    return events
