"""The records that live on in one: ledgers and trails are never rewritten, so whoever sums them up asks for all of these."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Person


async def ids_of(session: AsyncSession, person_id: UUID) -> Sequence[UUID]:
    """A person's own record and all that were merged into it. Merging keeps it one step deep."""
    own = or_(Person.id == person_id, Person.merged_into_id == person_id)
    return (await session.scalars(select(Person.id).where(own).order_by(Person.id))).all() or [person_id]


async def rows_of(session: AsyncSession, column: Any, person_id: UUID) -> ColumnElement[bool]:
    """Rows of a ledger that name the person under any of their records."""
    ids = await ids_of(session, person_id)
    found: ColumnElement[bool] = column == ids[0] if len(ids) == 1 else column.in_(ids)
    return found
