"""The records that live on in one: ledgers and trails are never rewritten, so whoever sums them up asks for all of these."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.models import Person
from app.services import people_seal


async def ids_of(session: AsyncSession, person_id: UUID) -> Sequence[UUID]:
    """A person's own record and all that were merged into it. Merging keeps it one step deep."""
    own = or_(Person.id == person_id, Person.merged_into_id == person_id)
    return (await session.scalars(select(Person.id).where(own).order_by(Person.id))).all() or [person_id]


async def drop_phones(session: AsyncSession, sealer: Sealer, person: Person) -> None:
    """Numbers that stayed with merged records: once the person's number is corrected, those are nobody's they know of."""
    kept = select(Person).where(Person.merged_into_id == person.id, Person.phone_index.is_not(None)).with_for_update()
    for record in await session.scalars(kept):
        people_seal.put(sealer, record, "phone", None)
    await session.flush()


async def rows_of(session: AsyncSession, column: Any, person_id: UUID) -> ColumnElement[bool]:
    """Rows of a ledger that name the person under any of their records."""
    ids = await ids_of(session, person_id)
    found: ColumnElement[bool] = column == ids[0] if len(ids) == 1 else column.in_(ids)
    return found
