"""The grams of resources' words, kept from one look to the next: making them takes ten times as long as comparing them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.lexicon import Lexicon
from app.models import Resource

_MOST = 100_000
"""Texts kept in a process; each takes some three hundred bytes."""
Grams = tuple[str, ...]
_kept: dict[tuple[Lexicon, UUID], tuple[int, Grams]] = {}


def any_ids(ids: Iterable[UUID | None]) -> Any:
    """One of these, as a single value: a value for each takes longer to plan than to find."""
    return any_(cast(literal(list(ids), ARRAY(Uuid)), ARRAY(Uuid)))


async def grams_of(session: AsyncSession, words: Lexicon, asked: Iterable[tuple[UUID, int]]) -> dict[UUID, Grams]:
    """Of resources, asked for by (id, version); only the texts of those that are new or have changed are read."""
    found: dict[UUID, Grams] = {}
    missing: list[UUID] = []
    for resource_id, version in asked:
        kept = _kept.get((words, resource_id))
        if kept is not None and kept[0] == version:
            found[resource_id] = kept[1]
        else:
            missing.append(resource_id)
    if missing:
        columns = (Resource.id, Resource.version, Resource.name, Resource.details)
        for row in await session.execute(select(*columns).where(Resource.id == any_ids(missing))):
            found[row.id] = tuple(words.grams(f"{row.name}\n{row.details or ''}"))
            _keep((words, row.id), (row.version, found[row.id]))
    return found


def _keep(key: tuple[Lexicon, UUID], made: tuple[int, Grams]) -> None:
    _kept.pop(key, None)
    while len(_kept) >= _MOST:
        _kept.pop(next(iter(_kept)))
    _kept[key] = made
