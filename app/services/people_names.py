"""Names of people, opened and masked: 王*华."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.types import masked_name
from app.models import Person


async def names_of(session: AsyncSession, sealer: Sealer, people: Collection[UUID]) -> dict[UUID, str]:
    """Person → masked name."""
    if not people:
        return {}
    rows = await session.execute(
        select(Person.district_id, Person.id, Person.name_sealed, Person.secret).where(Person.id.in_(people))
    )
    return {
        person_id: masked_name(sealer.open(box, district_id, "people", "name_sealed", person_id, secret))
        for district_id, person_id, box, secret in rows
    }
