"""Giving consent, one purpose a call: by the person, by a minor's guardian, or recorded by staff from a signed sheet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain.consents import EMERGENCY_FOR, GivenBy, LegalBasis, Purpose, basis_open_to
from app.domain.people import Actor
from app.models import Client, Consent, Person
from app.schemas.consents import ConsentGive
from app.services import consents, minors, privacy_notices, subjects
from app.services.outbox import publish
from app.services.subjects import Subject


async def give(session: AsyncSession, actor: Actor, form: ConsentGive) -> Consent:
    """A basis for one purpose; 409 when there is one already. A consent to a notice that asks anew takes the old one's place."""
    subject = await subjects.load(session, actor, form.person_id, "consents:give", lock=True)
    must_live(subject.person)
    given_by, giver_id = await _given_by(session, actor, subject, form)
    await _check_recipient(session, form)
    moment = now()
    await _make_room(session, actor, subject.person, form, moment)
    return add(
        session,
        actor,
        subject.person,
        purpose=form.purpose,
        recipient_id=form.recipient_id,
        basis=form.basis,
        notice_id=await _notice(session, form),
        given_by=given_by,
        giver_id=giver_id,
        evidence=form.evidence if giver_id != actor.person_id or given_by is GivenBy.STAFF else None,
        given_at=moment,
    )


def must_live(person: Person) -> None:
    """Nothing is agreed for a record that is erased or lives on in another."""
    if person.erased_at is not None:
        raise Conflict("此人已注销")
    if person.merged_into_id is not None:
        raise Conflict("此档案已并入另一档案")


def add(session: AsyncSession, actor: Actor, person: Person, **columns: Any) -> Consent:
    """The row with its event, given by the actor if nobody else is named. Each call is for one purpose, so every consent
    stands by itself.
    """
    row = Consent(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        separate=True,
        path=person.path,
        created_at=columns["given_at"],
        **{"giver_id": actor.person_id} | columns,
    )
    session.add(row)
    publish(session, "consent", row, "give", actor=actor, data={"person_id": str(person.id)})
    return row


async def _given_by(session: AsyncSession, actor: Actor, subject: Subject, form: ConsentGive) -> tuple[GivenBy, UUID]:
    """As what it is given, and by whom; another basis than consent is for staff alone, and says why."""
    person = subject.person
    own = await minors.gives(session, actor, person)
    if form.basis is not LegalBasis.CONSENT:
        if own is not None or not basis_open_to(form.basis, actor.roles_at(person.path)):
            raise Forbidden("只有相应的工作人员可以依据同意以外的理由登记")
        if form.basis is LegalBasis.EMERGENCY and form.purpose not in EMERGENCY_FOR:
            raise RuleBroken("紧急情况不能作为此用途的依据", field="basis")
    elif own is not None:
        return own, actor.person_id
    if actor.person_id == person.id:
        raise RuleBroken("未满十四周岁须由监护人同意", field="person_id")
    if form.evidence is None:
        raise RuleBroken("由工作人员登记须注明签字表编号或理由", field="evidence")
    if person.minor and form.basis is LegalBasis.CONSENT:
        return GivenBy.GUARDIAN, await _who_signed(session, person, form)
    return GivenBy.STAFF, actor.person_id


async def _who_signed(session: AsyncSession, minor: Person, form: ConsentGive) -> UUID:
    """Whose signature is on the sheet: a guardian on record now. Where there is one only, they need not be named."""
    guardians = await minors.guardians_of(session, minor)
    if not guardians:
        raise RuleBroken("未满十四周岁须由监护人同意：请先核验并登记监护关系，再登记其签字", field="person_id")
    if form.guardian_id is None and len(guardians) == 1:
        return guardians[0]
    if form.guardian_id is None or form.guardian_id not in guardians:
        raise RuleBroken("请指明由哪位现任监护人签字", field="guardian_id")
    return form.guardian_id


async def _check_recipient(session: AsyncSession, form: ConsentGive) -> None:
    """Sharing names who receives it; nothing else does."""
    if (form.purpose is Purpose.SHARING) != (form.recipient_id is not None):
        raise RuleBroken("提供给其他系统须指明接收方，其他用途不填", field="recipient_id")
    if form.recipient_id is not None:
        there = select(Client.id).where(Client.id == form.recipient_id, Client.disabled_at.is_(None))
        if await session.scalar(there) is None:
            raise NotFound("没有这个接收方")


async def _notice(session: AsyncSession, form: ConsentGive) -> UUID | None:
    """The version agreed to: only the one in force."""
    if form.basis is not LegalBasis.CONSENT:
        return None
    notice = await privacy_notices.current_for(session, form.purpose)
    if form.notice_id != notice.id:
        raise RuleBroken("须同意此刻有效的告知书，请先阅读最新版本", field="notice_id")
    return notice.id


async def _make_room(session: AsyncSession, actor: Actor, person: Person, form: ConsentGive, moment: datetime) -> None:
    """409 while there is a basis in force; one that no longer suffices, or that nobody was asked about, makes way."""
    key = (person.id, form.purpose, form.recipient_id)
    there = await consents.standing(session, *key)
    if there is None:
        return
    asked_now = form.basis is LegalBasis.CONSENT and there.basis is not LegalBasis.CONSENT
    if not asked_now and await consents.in_force(session, *key) is not None:
        raise Duplicate("已有依据，不必重复")
    there.withdrawn_at, there.withdrawn_by = moment, actor.person_id
    publish(session, "consent", there, "supersede", actor=actor, data={"person_id": str(person.id)})
    await session.flush()
