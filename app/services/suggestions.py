"""Which kind of service a text asks for, as the lexicon, the catalogue and the community's latest needs say."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import access
from app.domain.lexicon import Lexicon
from app.domain.needs import NeedState
from app.domain.people import Actor
from app.domain.suggestions import Kind, Neighbour, Suggestion, learn, suggest
from app.models import Category, Need
from app.services import lexicon as lexicons
from app.services.needs_case import load

_LATEST = 200
"""So many of the community's latest needs are looked at; their titles alone."""
_DECIDED = (NeedState.ACCEPTED, NeedState.IN_SERVICE, NeedState.MET, NeedState.CLOSED, NeedState.PLANNED)


async def for_text(session: AsyncSession, community_id: UUID | None, title: str, details: str) -> list[Suggestion]:
    """The likeliest kinds with reasons, best first."""
    words = await lexicons.of(session, community_id)
    model = learn(words, await _kinds(session))
    return suggest(words, model, title, details, await _neighbours(session, words, community_id))


async def _kinds(session: AsyncSession) -> tuple[Kind, ...]:
    """What may be asked for now."""
    ours = (Category.terms.is_not(None), Category.retired.is_(False))
    rows = select(Category.code, Category.name, Category.description).where(*ours).order_by(Category.code)
    return tuple(Kind(*row) for row in await session.execute(rows))


async def _neighbours(session: AsyncSession, words: Lexicon, community_id: UUID | None) -> list[Neighbour]:
    """What the community accepted among its latest needs."""
    latest = (
        select(Need.category, Need.title, Need.state)
        .where(Need.community_id == community_id)
        .order_by(Need.id.desc())
        .limit(_LATEST)
    )
    rows = [row for row in await session.execute(latest) if row.category and row.state in _DECIDED]
    return [Neighbour(row.category, words.grams(row.title)) for row in rows]


async def for_need(session: AsyncSession, actor: Actor, need_id: UUID) -> list[Suggestion]:
    """For whoever decides about a need: what its own words say."""
    case = await load(session, actor, need_id, "needs:suggestions", lock=False)
    access.require(actor, "needs:suggestions", case.need.path)
    return await for_text(session, case.need.community_id, case.need.title, case.need.details[:2_000])
