"""Who answers for a level above a place now."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.levels import ROLE_OF, Level, answering
from app.domain.people import Role
from app.domain.places import ancestors
from app.models import Grant
from app.services.access import in_force


async def people_at(session: AsyncSession, path: str, *levels: Level) -> set[UUID]:
    """Whoever answers for these levels; for one that nobody answers for, the next above."""
    above = (Grant.role.in_(ROLE_OF.values()), Grant.path.in_(ancestors(path)), in_force(now()))
    holders: dict[Role, set[UUID]] = {}
    for role, person_id in await session.execute(select(Grant.role, Grant.person_id).where(*above)):
        holders.setdefault(role, set()).add(person_id)
    return {person for level in levels for person in answering(holders, level)}
