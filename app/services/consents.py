"""On what basis a person's data is used: looked up by every verb that needs one (I14).

Giving and withdrawing stand in ``consents_give`` and ``consents_withdraw``; this module only looks, so that the verbs that
need a basis can import it.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import RuleBroken
from app.core.ids import new_id
from app.domain.consents import PURPOSE_NAMES, LegalBasis, Purpose, lapsed, speaks_for, suffices
from app.domain.people import Actor
from app.models import Consent, Disclosure, Person, PrivacyNotice
from app.services.outbox import publish


async def standing(
    session: AsyncSession, person_id: UUID, purpose: Purpose, recipient_id: UUID | None = None
) -> Consent | None:
    """The basis that was given and not withdrawn, whether or not a newer notice asks anew."""
    return await session.scalar(
        select(Consent).where(
            Consent.person_id == person_id,
            Consent.purpose == purpose,
            Consent.recipient_id.is_(None) if recipient_id is None else Consent.recipient_id == recipient_id,
            Consent.withdrawn_at.is_(None),
        )
    )


async def in_force(
    session: AsyncSession, person_id: UUID, purpose: Purpose, recipient_id: UUID | None = None
) -> Consent | None:
    """The basis a person's data may be used on for this purpose now; None when there is none.

    A consent no longer counts once a notice that asks anew has taken effect, an emergency not after its days; of a minor
    only a guardian's consent counts.
    """
    found = await standing(session, person_id, purpose, recipient_id)
    if found is None or lapsed(found.basis, found.given_at, now()):
        return None
    if found.basis is not LegalBasis.CONSENT or found.notice_id is None:
        return found
    minor = await session.scalar(select(Person.minor).where(Person.id == person_id))
    if not speaks_for(found.given_by, found.basis, minor=bool(minor)):
        return None
    given = await session.scalar(select(PrivacyNotice.number).where(PrivacyNotice.id == found.notice_id))
    return found if suffices(given or 0, await renewing(session, purpose)) else None


async def renewing(session: AsyncSession, purpose: Purpose) -> int:
    """The newest version in force that asks for consent anew; 0 when none has taken effect."""
    newest = await session.scalar(
        select(func.max(PrivacyNotice.number)).where(
            PrivacyNotice.purpose == purpose, PrivacyNotice.renews, PrivacyNotice.effective_at <= now()
        )
    )
    return newest or 0


async def require_basis(
    session: AsyncSession, person: Person, purpose: Purpose, recipient_id: UUID | None = None
) -> Consent:
    """The basis; refuses when there is none, and for everyone who is erased."""
    found = await in_force(session, person.id, purpose, recipient_id)
    if found is None or person.erased_at is not None:
        who = "监护人" if person.minor else "本人"
        raise RuleBroken(f"须先取得{who}对“{PURPOSE_NAMES[purpose]}”的同意", purpose=purpose.value)
    return found


async def disclose(
    session: AsyncSession, actor: Actor, person: Person, client_id: UUID, kinds: list[str], subject_id: UUID
) -> Disclosure:
    """Note that something of a person is passed on to another system; refuses without their consent for that recipient.

    ``kinds``: which kinds of information, never the information itself. Kept at least three years (网络数据安全管理条例).
    """
    consent = await require_basis(session, person, Purpose.SHARING, client_id)
    row = Disclosure(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        client_id=client_id,
        consent_id=consent.id,
        kinds=sorted(kinds),
        subject_id=subject_id,
        at=now(),
    )
    session.add(row)
    data = {"client_id": str(client_id), "subject_id": str(subject_id), "kinds": row.kinds}
    publish(session, "consent", consent, "disclose", actor=actor, data=data)
    return row
