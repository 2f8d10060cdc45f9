"""Whom the quality loop concerns: those who answer for the place, and of what is late those above them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.people import Role
from app.domain.places import ancestors
from app.domain.project_suggestions import SUGGESTION
from app.domain.revisits import REVISIT
from app.models import Event, Grant
from app.services.access import in_force
from app.services.notices_rights import community_of

AGGREGATES = frozenset({REVISIT.noun, SUGGESTION.noun})
_WORDS = {
    "open": "有一个办结的工单须回访，请安排承办人以外的人",
    "overdue": "有一次回访已逾期，请尽快回访",
    "suggest": "同一地点反复出现同类需求，建议研究立项（未诉先办）",
}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """The community of what begins; of what is late the subdistrict too. What came of it is told with the order."""
    if (words := _WORDS.get(event.action)) is None:
        return "", set()
    people: set[UUID | None] = {*await community_of(session, event.path)}
    if event.action == "overdue":
        people |= await _above(session, event.path)
    return words, people


async def _above(session: AsyncSession, path: str) -> set[UUID | None]:
    held = select(Grant.person_id).where(
        Grant.role == Role.SUBDISTRICT_ADMIN, Grant.path.in_(ancestors(path)), in_force(now())
    )
    return set(await session.scalars(held))
