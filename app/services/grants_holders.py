"""The people whose authority is asked about or changed: what they hold, whether they are in sight, who is the same."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.domain import authority
from app.domain.authority import Charge
from app.domain.people import UNIT_ROLES, Actor, Role
from app.domain.people import Grant as ActorGrant
from app.models import Grant, Person
from app.services.access import in_force, under_path

_LONGEST_CHAIN = 10
"""Of records merged into records."""
NOBODY_HERE = "没有这个人"


def unfinished(moment: datetime) -> ColumnElement[bool]:
    """Grants that still have time to run, begun or not."""
    return or_(Grant.ends_at.is_(None), Grant.ends_at > func.greatest(moment, Grant.starts_at))


async def charges_of(session: AsyncSession, person_id: UUID, moment: datetime) -> list[Charge]:
    """What a person holds at a moment."""
    columns = (Grant.role, Grant.path, Grant.ends_at, Grant.lent_by)
    rows = await session.execute(select(*columns).where(Grant.person_id == person_id, in_force(moment)))
    return [Charge(row.role, row.path, row.ends_at, lent=row.lent_by is not None) for row in rows]


async def acting_for(session: AsyncSession, units: Iterable[UUID]) -> set[UUID]:
    """Whoever acts for one of these units now: who is told of what concerns it."""
    acts = exists().where(
        Grant.district_id == Person.district_id,
        Grant.person_id == Person.id,
        Grant.role.in_(UNIT_ROLES),
        in_force(now()),
    )
    return set(await session.scalars(select(Person.id).where(Person.organization_id.in_(list(units)), acts)))


async def carried_charges(session: AsyncSession, actor: Actor) -> list[Charge]:
    """What the actor holds now, as far as their way of signing in carries it."""
    carried = {(grant.role, grant.path) for grant in actor.grants}
    return [c for c in await charges_of(session, actor.person_id, now()) if (c.role, c.path) in carried]


async def role_beyond(
    session: AsyncSession, actor: Actor, people: Collection[UUID], roles: Collection[Role], and_also: Role | None = None
) -> Role | None:
    """Of these roles one that somebody holds or is to hold, and that the actor could not give there, or not ``and_also``.

    What decides in whose name somebody acts is changed only by those who could have made them act.
    """
    held = select(Grant.role, Grant.path).where(Grant.person_id.in_(people), Grant.role.in_(roles), unfinished(now()))
    charges = await carried_charges(session, actor)
    for role, path in await session.execute(held.order_by(Grant.id)):
        if not all(authority.givers(charges, wanted, path) for wanted in {role, and_also or role}):
            return role
    return None


async def hold_people(session: AsyncSession, *people: UUID) -> list[Person]:
    """Lock the people whose authority is about to change, in one sequence for all; 404 when one is gone."""
    query = select(Person).where(Person.id.in_(people), Person.erased_at.is_(None)).order_by(Person.id)
    rows = await session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    found = {person.id: person for person in rows}
    if found.keys() != set(people):
        raise NotFound(NOBODY_HERE)
    return [found[person_id] for person_id in people]


async def visible_person(session: AsyncSession, actor: Actor, person_id: UUID, holds: Sequence[ActorGrant]) -> Person:
    """Somebody who lives or holds a role under one of these grants, or the actor; 404 otherwise."""
    person = await session.scalar(select(Person).where(Person.id == person_id, Person.erased_at.is_(None)))
    if person is None:
        raise NotFound(NOBODY_HERE)
    if person_id != actor.person_id and not any(person.path.startswith(grant.path) for grant in holds):
        works = select(Grant.id).where(Grant.person_id == person_id, in_force(now()), under_path(Grant, holds)).limit(1)
        if await session.scalar(works) is None:
            raise NotFound(NOBODY_HERE)
    return person


async def same_person(session: AsyncSession, one: UUID, other: UUID) -> bool:
    """Whether two records are one person's: the same, or merged into the same."""
    return one == other or await _lives_on_in(session, one) == await _lives_on_in(session, other)


async def _lives_on_in(session: AsyncSession, person_id: UUID) -> UUID:
    for _ in range(_LONGEST_CHAIN):
        further = await session.scalar(select(Person.merged_into_id).where(Person.id == person_id))
        if further is None:
            break
        person_id = further
    return person_id
