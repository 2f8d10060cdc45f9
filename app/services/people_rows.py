"""Rows that say something of a person and lie where they live or work: which of them an actor sees."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.domain import access
from app.domain.people import Actor
from app.models import Person
from app.services import minors, people
from app.services.access import reads_all, under


async def own_people(session: AsyncSession, actor: Actor) -> list[UUID]:
    """The actor and the minors they answer for."""
    return [actor.person_id, *await minors.wards_of(session, actor.person_id)]


async def in_sight(session: AsyncSession, actor: Actor, model: Any, located: Any) -> ColumnElement[bool]:
    """Rows at the reader's places; of everyone else, those of their own people. ``located`` is joined to ``model``."""
    return or_(under(located, reads_all(actor)), model.person_id.in_(await own_people(session, actor)))


async def of_minors(session: AsyncSession, actor: Actor, person_id: UUID | None) -> ColumnElement[bool]:
    """What a list of rows joined to their people shows of minors: asked for one of them, all, to whoever may read the record; 403
    for whoever sees them and may not. Otherwise nothing but the actor's own people's.
    """
    person = await session.scalar(select(Person).where(Person.id == person_id)) if person_id else None
    if person is not None and access.may("people:read", actor.roles_at(person.path)):
        await minors.must_be_approved(session, actor, person)
        return true()
    return or_(~Person.minor, Person.id.in_(await own_people(session, actor)))


def beside(model: Any, other: Any, column: str) -> ColumnElement[bool]:
    """How a row is joined to the person or place it names."""
    return and_(other.district_id == model.district_id, other.id == getattr(model, column))


async def require(session: AsyncSession, actor: Actor, permission: str, read: str, person: Person, path: str) -> None:
    """404 for whoever may not even read the row at this path, 403 for whoever may not do this with it."""
    own = await minors.relations_to(session, actor, person)
    actor.checked.add(permission)
    if not access.may(read, actor.roles_at(path) | own):
        raise NotFound()
    actor.trace.person_id = person.id
    access.require(actor, permission, path, own)


async def hold_person(session: AsyncSession, row: Any) -> Person:
    """The person of a row that is to be changed, locked before the row itself, as every verb does."""
    query = select(Person).where(Person.id == row.person_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    person = (await session.scalars(locked)).one()
    people.must_live(person)
    await session.refresh(row, with_for_update=True)
    return person


def touch(row: Any) -> None:
    """Count a change of a row whose events are its person's."""
    row.version += 1
    row.updated_at = now()


def fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
