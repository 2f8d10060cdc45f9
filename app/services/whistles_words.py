"""Words of whistles taken out of rows that stay: what it was about, what was said with each step. States, times, ratings stay."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.domain.retention import SPENT, Kind
from app.domain.whistles import WHISTLE
from app.models import Whistle, WhistleCall
from app.services.erasure_rows import GONE
from app.services.retention_periods import BATCH, before, run

_KEPT_FULL = ("dispute_duty", "ruling_words", "result")
"""Where the database asks for words."""
_EMPTIED = ("dispute_words", "contact_words", "evidence", "rating_words", "rating_back_words")


async def blank(session: AsyncSession, ids: Sequence[UUID], word: str = GONE) -> list[UUID]:
    """Of these whistles and their calls; the ids of all."""
    whistles = update(Whistle).where(Whistle.id.in_(ids))
    silent = {"title": word, "words": word, "decision_words": null()}
    await run(session, whistles.values(silent | {"cancel_reason": _instead(Whistle.cancel_reason, word)}))
    said: dict[str, Any] = dict.fromkeys(_EMPTIED, null())
    said |= {name: _instead(getattr(WhistleCall, name), word) for name in _KEPT_FULL}
    calls = update(WhistleCall).where(WhistleCall.whistle_id.in_(ids)).values(said).returning(WhistleCall.id)
    found = await session.scalars(calls.execution_options(synchronize_session=False))
    return [*ids, *found]


def _instead(column: Any, word: str) -> Any:
    """Nothing where nothing was said."""
    return case((column.is_(None), null()), else_=literal(word))


async def of_orders(session: AsyncSession, orders: Sequence[UUID], word: str = GONE) -> list[UUID]:
    """Of the whistles on these orders, whose words may tell of whoever asked; the ids of them and their calls."""
    return await blank(
        session, list(await session.scalars(select(Whistle.id).where(Whistle.order_id.in_(orders)))), word
    )


async def spent(session: AsyncSession, _: Sealer) -> int:
    """Of whistles that ended long ago."""
    over = Whistle.ended_at < before(Kind.WHISTLE_WORDS)
    old = select(Whistle.id).where(Whistle.state.in_(WHISTLE.final), Whistle.title.not_in((SPENT, GONE)), over)
    ids = list(await session.scalars(old.limit(BATCH).with_for_update(skip_locked=True)))
    await blank(session, ids, SPENT)
    return len(ids)
