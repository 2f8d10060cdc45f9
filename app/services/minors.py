"""People under 14: a guardian answers for them, and staff read their records only with an approval (未成年人网络保护条例)."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Forbidden
from app.domain.approvals import READ, READING, ApprovalState, Subject
from app.domain.consents import GivenBy
from app.domain.people import Actor, Relation
from app.models import Approval, Guardianship, Person

NOT_APPROVED = "未满十四周岁未成年人的档案，须经另一位管理员批准后方可查阅"
_NOT_IN_LISTS: dict[str, Any] = {
    "phone": None,
    "id_number": None,
    "birth_date": None,
    "address": None,
    "sex": None,
    "skills": [],
    "languages": [],
    "organization_id": None,
    "service_radius_m": None,
    "load_limit": None,
}


async def guards(session: AsyncSession, guardian_id: UUID, person: Person) -> bool:
    """Whether somebody answers for this person now: as a guardian, and only while they are under 14."""
    return guardian_id in await guardians_of(session, person)


async def guardians_of(session: AsyncSession, minor: Person) -> list[UUID]:
    """Who answers for this person now; nobody for whoever is no minor."""
    if not minor.minor:
        return []
    current = (Guardianship.minor_id == minor.id, Guardianship.ended_at.is_(None))
    return list(await session.scalars(select(Guardianship.guardian_id).where(*current).order_by(Guardianship.id)))


async def relations_to(session: AsyncSession, actor: Actor, person: Person) -> frozenset[Relation]:
    """SUBJECT for the person themselves and for the guardian of a minor; nothing for anybody else."""
    if actor.client:
        return frozenset()
    own = actor.person_id == person.id or await guards(session, actor.person_id, person)
    return frozenset({Relation.SUBJECT}) if own else frozenset()


async def gives(session: AsyncSession, actor: Actor, person: Person) -> GivenBy | None:
    """As what the actor may consent for this person; None when they may not, as a minor for themselves."""
    if actor.client:
        return None
    if await guards(session, actor.person_id, person):
        return GivenBy.GUARDIAN
    return GivenBy.PERSON if actor.person_id == person.id and not person.minor else None


async def wards_of(session: AsyncSession, guardian_id: UUID) -> list[UUID]:
    """The minors somebody answers for now."""
    ward = and_(Person.district_id == Guardianship.district_id, Person.id == Guardianship.minor_id)
    rows = select(Person.id).join(Guardianship, ward)
    own = (Guardianship.guardian_id == guardian_id, Guardianship.ended_at.is_(None), Person.minor)
    return list(await session.scalars(rows.where(*own)))


async def may_read(session: AsyncSession, actor: Actor, person: Person) -> bool:
    """Whether the record of this person is open to the actor, as far as their being a minor goes."""
    if not person.minor or await relations_to(session, actor, person):
        return True
    approved = await session.scalar(
        select(Approval.id)
        .where(
            Approval.subject == Subject.PERSON,
            Approval.subject_id == person.id,
            Approval.action == READ,
            Approval.asked_by == actor.person_id,
            Approval.state == ApprovalState.GRANTED,
            Approval.decided_at > now() - READING,
        )
        .limit(1)
    )
    return approved is not None


async def must_be_approved(session: AsyncSession, actor: Actor, person: Person) -> None:
    """403 for whoever has no approval to read this minor's record; the call is noted as being about them either way."""
    actor.trace.person_id = person.id
    if not await may_read(session, actor, person):
        raise Forbidden(NOT_APPROVED)


def in_list(person: Person, shown: dict[str, Any]) -> dict[str, Any]:
    """How a person shows in a list: of a minor the masked name and no more than is needed to find them."""
    return shown | {name: value for name, value in _NOT_IN_LISTS.items() if name in shown} if person.minor else shown
