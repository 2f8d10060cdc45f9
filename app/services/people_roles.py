"""Roles that follow from what somebody is: resident, volunteer, party member.

They are given and ended along with the fact. Roles of staff never are: those are given by people (``app.services.grants``).
The person is locked by the caller.
"""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.people import Actor, Role
from app.models import Grant, Person, Place
from app.services import grants_end
from app.services.outbox import publish
from app.services.places import place_of


async def community_of(session: AsyncSession, person: Person) -> Place:
    """Where such a role stands: the community they live in, or the place itself above the communities."""
    return await place_of(session, person.community_id or person.place_id)


async def give(session: AsyncSession, actor: Actor, person: Person, role: Role) -> None:
    """Give a role at the person's community, from now on; nothing happens when they hold it there already.

    A grant that was to begin or to end later is replaced: what somebody is now counts.
    """
    home, moment = await community_of(session, person), now()
    for grant in await _unfinished(session, person, role):
        if grant.place_id != home.id:
            continue
        if grant.starts_at <= moment and grant.ends_at is None:
            return
        await grants_end.end(session, grant, moment, actor)
        await session.flush()
    grant = new_grant(actor, person, role, home)
    session.add(grant)
    publish(session, "grant", grant, "create", actor=actor, data=grants_end.told(grant))
    await session.flush()


def new_grant(actor: Actor | None, person: Person, role: Role, place: Place) -> Grant:
    """A grant without an event yet; by nobody when somebody registers themselves, since nobody gives to themselves."""
    return Grant(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        role=role,
        place_id=place.id,
        path=place.path,
        place_kind=place.kind.value,
        starts_at=now(),
        granted_by=actor.person_id if actor and actor.person_id != person.id else None,
        version=0,
        created_at=now(),
    )


async def end(session: AsyncSession, actor: Actor | None, person: Person, role: Role) -> None:
    """End the role wherever the person holds it."""
    moment = now()
    for grant in await _unfinished(session, person, role):
        await grants_end.end(session, grant, moment, actor)
    await session.flush()


async def _unfinished(session: AsyncSession, person: Person, role: Role) -> list[Grant]:
    unfinished = or_(Grant.ends_at.is_(None), Grant.ends_at > now())
    own = (Grant.person_id == person.id, Grant.role == role, Grant.substitution_id.is_(None), unfinished)
    return list(await session.scalars(select(Grant).where(*own).order_by(Grant.id).with_for_update()))
