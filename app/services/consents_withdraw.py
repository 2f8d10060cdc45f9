"""Taking consent back: one call without a reason, and in the same transaction whatever followed from the consent ends."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.people import UNIT_ROLES, Actor, PartyStatus, Relation, Role
from app.models import CareFact, Consent, PartyMembership, Person, Volunteer
from app.schemas.consents import ConsentRefuseMatching, ConsentWithdraw
from app.services import consents, consents_give, grants_holders, minors, people_roles, privacy_notices, subjects
from app.services.consents_read import load
from app.services.outbox import publish

_Consequence = Callable[[AsyncSession, Actor, Person], Awaitable[None]]


async def withdraw(session: AsyncSession, actor: Actor, consent_id: UUID, _: ConsentWithdraw) -> Consent:
    """Take a consent back; 409 when it is taken back already. What was lawful before stays lawful."""
    consent, subject = await load(session, actor, consent_id, "consents:withdraw", lock=True)
    if consent.withdrawn_at is not None:
        raise Conflict("已撤回")
    if consent.basis is not LegalBasis.CONSENT and Relation.SUBJECT in subject.parties:
        raise Forbidden("此项处理不以同意为依据，不能撤回；可以提出更正或删除")
    await end(session, actor, subject.person, consent)
    return consent


async def end(session: AsyncSession, actor: Actor, person: Person, consent: Consent) -> None:
    """The end of a basis with all that follows from it."""
    consent.withdrawn_at = now()
    consent.withdrawn_by = actor.person_id
    publish(session, "consent", consent, "withdraw", actor=actor, data={"person_id": str(person.id)})
    if (consequence := _CONSEQUENCES.get(consent.purpose)) is not None:
        await consequence(session, actor, person)


async def refuse_matching(session: AsyncSession, actor: Actor, form: ConsentRefuseMatching) -> Consent:
    """Refuse to be chosen by the system: a consent taken back, whether or not it was ever given.

    Matching goes on the service's own basis until the person says no (个人信息保护法: automatic decisions are open to refusal).
    """
    subject = await subjects.load(session, actor, form.person_id, "consents:refuse_matching", lock=True)
    person = subject.person
    consents_give.must_live(person)
    there = await consents.standing(session, person.id, Purpose.MATCHING)
    if there is None:
        there = await _refusal(session, actor, person)
    await end(session, actor, person, there)
    return there


async def _refusal(session: AsyncSession, actor: Actor, person: Person) -> Consent:
    if await _refuses(session, person.id):
        raise Conflict("已拒绝自动匹配")
    notice = await privacy_notices.current_for(session, Purpose.MATCHING)
    given_by = await minors.gives(session, actor, person)
    return consents_give.add(
        session,
        actor,
        person,
        purpose=Purpose.MATCHING,
        basis=LegalBasis.CONSENT,
        notice_id=notice.id,
        given_by=given_by or GivenBy.STAFF,
        evidence=None if given_by else "代为登记：拒绝自动匹配",
        given_at=now(),
    )


async def _refuses(session: AsyncSession, person_id: UUID) -> bool:
    ever = select(Consent.id).where(Consent.person_id == person_id, Consent.purpose == Purpose.MATCHING).limit(1)
    return await session.scalar(ever) is not None


async def _forget_care(session: AsyncSession, actor: Actor, person: Person) -> None:
    """Facts of health and care are destroyed, not hidden."""
    gone = await session.scalars(delete(CareFact).where(CareFact.person_id == person.id).returning(CareFact.id))
    if gone.all():
        publish(session, "person", person, "forget_care", actor=actor)


async def _leave_volunteering(session: AsyncSession, actor: Actor, person: Person) -> None:
    """No longer a volunteer; hours that were served stay in the books (令第67号)."""
    volunteer = await session.get(Volunteer, (person.district_id, person.id), with_for_update=True)
    if volunteer is not None and volunteer.left_at is None:
        volunteer.left_at = volunteer.updated_at = now()
        volunteer.version += 1
    await people_roles.end(session, actor, person, Role.VOLUNTEER)
    publish(session, "person", person, "leave_volunteering", actor=actor)


async def forget_membership(session: AsyncSession, actor: Actor | None, person: Person) -> None:
    """No longer known as a party member; what was done as one stays in orders and hours."""
    await session.execute(delete(PartyMembership).where(PartyMembership.id == person.id))
    charges = await grants_holders.charges_of(session, person.id, now())
    if person.party_status is PartyStatus.REGISTERED or not any(charge.role in UNIT_ROLES for charge in charges):
        person.organization_id = None
    person.party_status = PartyStatus.NONE
    await people_roles.end(session, actor, person, Role.PARTY_MEMBER)
    publish(session, "person", person, "forget_membership", actor=actor)


_CONSEQUENCES: dict[Purpose, _Consequence] = {
    Purpose.HEALTH: _forget_care,
    Purpose.VOLUNTEERING: _leave_volunteering,
    Purpose.PARTY: forget_membership,
}
"""Matching and sharing need none: dispatch and ``consents.disclose`` look at the consent itself."""
