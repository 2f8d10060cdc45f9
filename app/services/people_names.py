"""Names of people, opened and masked: 王*华."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.models import Person
from app.services.people_seal import ERASED_NAME, masked

_NAMED = (Person.district_id, Person.id, Person.name_sealed, Person.secret)


async def names_of(session: AsyncSession, sealer: Sealer, people: Collection[UUID]) -> dict[UUID, str]:
    """Person → masked name; 已注销 for the erased."""
    if not people:
        return {}
    rows = await session.execute(select(*_NAMED).where(Person.id.in_(people)))
    return {row.id: masked(sealer, row, "name") or ERASED_NAME for row in rows}
