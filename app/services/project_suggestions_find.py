"""How a suggestion comes about: looked for whenever a need is accepted, by one count over an index."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.places import below
from app.domain.project_suggestions import COUNTED, REPEATED, SUGGESTION, WINDOW, cause
from app.models import Need, Place, ProjectSuggestion
from app.models.base import literal_in
from app.services.outbox import publish

_COUNTED = text(literal_in("needs.state", COUNTED))


async def look(session: AsyncSession, need: Need) -> None:
    """Suggest a project once enough needs of this kind were asked for at this place since it was last decided about them."""
    path = cause(need.path)
    if path is None or need.category is None:
        return
    place = await session.scalar(select(Place).where(Place.path == path))
    if place is None or place.community_id is None:
        return
    await _alone(session, place.id, need.category)
    since = max(now() - WINDOW, await _decided(session, place.id, need.category) or now() - WINDOW)
    alike = repeated(place.community_id, path, need.category, since)
    if (await session.scalar(select(func.count()).select_from(Need).where(*alike)) or 0) >= REPEATED:
        await _suggest(session, place, need.category, since)


async def _alone(session: AsyncSession, place_id: UUID, category: str) -> None:
    """Until the transaction ends: of needs accepted at the same moment each is counted by whoever comes after it."""
    number = func.hashtextextended(f"project-suggestions/{place_id}/{category}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(number)))


async def _decided(session: AsyncSession, place_id: UUID, category: str) -> datetime | None:
    """When something was last decided about such needs there."""
    here = (ProjectSuggestion.place_id == place_id, ProjectSuggestion.category == category)
    return await session.scalar(select(func.max(ProjectSuggestion.decided_at)).where(*here))


def repeated(
    community_id: Any, path: str, category: str, since: datetime, until: datetime | None = None
) -> list[ColumnElement[bool]]:
    """Needs of one kind at one place, asked for before something was decided about them (``until``)."""
    low, high = below(path)
    return [
        Need.community_id == community_id,
        Need.category == category,
        Need.asked_at >= since,
        *([] if until is None else [Need.asked_at < until]),
        Need.path >= low,
        Need.path < high,
        _COUNTED,
    ]


async def _suggest(session: AsyncSession, place: Place, category: str, since: datetime) -> None:
    """Once: whoever accepts another such need at the same moment finds it there."""
    moment = now()
    row = {
        "district_id": place.district_id,
        "id": new_id(),
        "place_id": place.id,
        "path": place.path,
        "community_id": place.community_id,
        "category": category,
        "state": SUGGESTION.initial,
        "since": since,
        "version": 0,
        "created_at": moment,
        "updated_at": moment,
    }
    made = (
        insert(ProjectSuggestion)
        .values(row)
        .on_conflict_do_nothing(
            index_elements=["district_id", "place_id", "category"], index_where=text("state = 'suggested'")
        )
    )
    suggestion = await session.scalar(made.returning(ProjectSuggestion))
    if suggestion is not None:
        told = {"category": category, "place_id": str(place.id)}
        publish(session, SUGGESTION.noun, suggestion, "suggest", actor=None, target=suggestion.state.value, data=told)
