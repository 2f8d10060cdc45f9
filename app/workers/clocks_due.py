"""How the clocks find what is due: ids of rows, each kind with the verb that deals with it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

BATCH = 200
Verb = Callable[[AsyncSession, UUID], Awaitable[object]]
Due = tuple[Select[UUID], Verb]


def ids_of(
    column: InstrumentedAttribute[UUID], literal: str, due: InstrumentedAttribute[Any], moment: datetime
) -> Select[UUID]:
    """Ids of due rows, longest due first; the state is a literal, so that the partial index on what runs serves."""
    return select(column).where(text(literal), due <= moment).order_by(due).limit(BATCH)
