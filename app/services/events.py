"""The change feed and the history of one aggregate; a person's notices."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.core.paging import Page, id_after, position_after, position_cursor
from app.domain import access
from app.domain.people import Actor, Grant
from app.models import Event, Notice, OutboxRow
from app.schemas.events import EventQuery, EventRead, NoticeQuery
from app.services.access import READER_ROLES, under_path
from app.services.places import paged

_FIELDS = tuple(name for name in EventRead.model_fields if name != "position")


async def page(session: AsyncSession, actor: Actor, query: EventQuery) -> Page[dict[str, Any]]:
    """The feed of the reader's places, or the history of one aggregate."""
    grants = [g for g in access.require_anywhere(actor, "events:list") if g.role in READER_ROLES]
    if query.aggregate_id is not None:
        return await _history(session, grants, query.aggregate_id, query)
    return await _feed(session, grants, query)


async def _history(
    session: AsyncSession, grants: list[Grant], aggregate_id: UUID, query: EventQuery
) -> Page[dict[str, Any]]:
    """All changes of one aggregate by their number, at once after the commit."""
    rows = (
        select(Event, OutboxRow.position)
        .outerjoin(OutboxRow, (OutboxRow.district_id == Event.district_id) & (OutboxRow.id == Event.id))
        .where(Event.aggregate_id == aggregate_id, Event.seq > position_after(query.cursor), under_path(Event, grants))
        .order_by(Event.seq)
        .limit(query.limit + 1)
    )
    found = (await session.execute(rows)).all()
    items = [_shown(event, at) for event, at in found[: query.limit]]
    return Page(items, position_cursor(items[-1]["seq"]) if len(found) > query.limit else None)


def _shown(event: Event, position: int | None) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _FIELDS} | {"position": position}


async def _feed(session: AsyncSession, grants: list[Grant], query: EventQuery) -> Page[dict[str, Any]]:
    """Events in the order of the feed: oldest first, continued from a cursor for ever.

    Positions are given after the commit, by the relay, so that a reader who has seen position n has seen all before it.
    A page that is not full goes on from the newest position there was, so that a quiet place is not searched again.
    """
    after = position_after(query.cursor)
    top = await session.scalar(select(func.max(OutboxRow.position))) or 0
    rows = (
        select(Event, OutboxRow.position)
        .join(OutboxRow, (OutboxRow.district_id == Event.district_id) & (OutboxRow.id == Event.id))
        .where(OutboxRow.position > after, OutboxRow.position <= top, under_path(Event, grants))
        .order_by(OutboxRow.position)
        .limit(query.limit)
    )
    items = [_shown(event, at) for event, at in await session.execute(rows)]
    last = items[-1]["position"] if len(items) == query.limit else max(top, after)
    return Page(items, position_cursor(last) if last else None)


async def notices(session: AsyncSession, actor: Actor, query: NoticeQuery) -> Page[Notice]:
    """What the caller has been told, newest first."""
    access.require_anywhere(actor, "notices:list")
    rows = select(Notice).where(Notice.person_id == actor.person_id)
    if query.unread:
        rows = rows.where(Notice.read_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Notice.id < after)
    return paged((await session.scalars(rows.order_by(Notice.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def mark_read(session: AsyncSession, actor: Actor, notice_id: UUID) -> Notice:
    """Note that the caller has read it; reading again changes nothing."""
    access.require_anywhere(actor, "notices:mark")
    notice = await session.scalar(select(Notice).where(Notice.id == notice_id, Notice.person_id == actor.person_id))
    if notice is None:
        raise NotFound()
    notice.read_at = notice.read_at or now()
    return notice
