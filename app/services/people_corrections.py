"""What one member of staff does not correct alone: the phone somebody signs in with, and that a child is one.

Both protect the person. What is asked is that the person wants it (a request for correction, open) and that whoever wrote the
request down for them is somebody else. House rule.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people import Actor
from app.domain.rights import RightsKind, RightsState
from app.models import Person, RightsRequest
from app.services import minors


async def is_asked_for(session: AsyncSession, actor: Actor, person: Person) -> bool:
    """Whether there is an open request for correction that somebody other than the actor wrote down."""
    asked = select(RightsRequest.id).where(
        RightsRequest.person_id == person.id,
        RightsRequest.kind == RightsKind.CORRECTION,
        RightsRequest.state == RightsState.RECEIVED,
        RightsRequest.asked_by != actor.person_id,
    )
    return await session.scalar(asked.limit(1)) is not None


async def may_end_minority(session: AsyncSession, actor: Actor, person: Person) -> bool:
    """Whether the actor may correct a record so that a minor is none any more. Asked before it is written: who may read a
    minor's record is not asked of an adult's.
    """
    return await minors.may_read(session, actor, person) or await is_asked_for(session, actor, person)
