"""The person a call is about: themselves, their guardian, or staff of the place they live in."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden, NotFound
from app.domain import access
from app.domain.people import Actor, Parties
from app.models import Person
from app.services import minors


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with what the actor is to them."""

    person: Person
    parties: Parties


async def load(
    session: AsyncSession, actor: Actor, person_id: UUID | None, permission: str, *, lock: bool = False
) -> Subject:
    """The person, by default the actor; 404 for whoever does not see them, 403 for whoever does and may not.

    The 404 is that of a missing row: rows about a person are hidden by it, and nobody is to learn that they are there.
    The call's audit entry says that it was about them.
    """
    query = select(Person).where(Person.id == (person_id or actor.person_id))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    person = await session.scalar(query)
    actor.checked.add(permission)
    if person is None:
        raise NotFound()
    parties = actor.roles_at(person.path) | await minors.relations_to(session, actor, person)
    actor.trace.person_id = person.id
    if not access.may(permission, parties):
        if access.may("people:read", parties):
            raise Forbidden()
        raise NotFound()
    return Subject(person, parties)
