"""The lexicon of a place, put together: the district's words with the community's own on top."""

from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.lexicon import Entry, Lexicon, compiled
from app.models import LexiconEntry, Place

_MOST = 32
"""Lexicons kept in a process; one of three thousand words takes half a megabyte."""
_kept: dict[tuple[object, ...], Lexicon] = {}


async def of(session: AsyncSession, community_id: UUID | None) -> Lexicon:
    """The words that hold in a community; the district's alone when there is none.

    Reading three thousand rows takes longer than all that is done with them, so the result is kept until one of them changes:
    entries are never deleted, and each change counts their version up.
    """
    district = select(Place.id).where(Place.parent_id.is_(None)).scalar_subquery()
    ours = or_(LexiconEntry.place_id == district, LexiconEntry.place_id == community_id)
    stamp = select(district, func.count(), func.sum(LexiconEntry.version)).where(ours)
    key = (community_id, *(await session.execute(stamp)).one())
    if key not in _kept:
        found = await _read(session, ours, community_id)
        while len(_kept) >= _MOST:
            _kept.pop(next(iter(_kept)))
        _kept[key] = found
    return _kept[key]


async def _read(session: AsyncSession, ours: object, community_id: UUID | None) -> Lexicon:
    e = LexiconEntry
    columns = (e.term, e.category, e.weight, e.synonym_of, (e.place_id == community_id).label("local"), e.retired)
    rows = await session.execute(select(*columns).where(ours))  # type: ignore[arg-type]
    return compiled(Entry(*row) for row in rows)
