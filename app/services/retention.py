"""Taking away what its period is over for (app.domain.retention), a small batch at a time. Says how many rows it dealt with."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.domain.approvals import ApprovalState, Subject
from app.domain.consents import LegalBasis, Purpose
from app.domain.profiles import is_minor
from app.domain.retention import Kind, period_of
from app.models import (
    Approval,
    CareFact,
    Consent,
    Import,
    ImportFile,
    ImportReject,
    Need,
    Notice,
    Person,
    PrivacyNotice,
)
from app.services.outbox import publish
from app.services.people_identity import birth_date, today

BATCH = 500
_Job = Callable[[AsyncSession, Sealer], Awaitable[int]]


def _before(kind: Kind) -> datetime:
    """What happened before this has been kept long enough."""
    return now() - period_of(kind)


async def _run(session: AsyncSession, statement: Delete | Update) -> int:
    result: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)


async def _notices(session: AsyncSession, _: Sealer) -> int:
    old = select(Notice.id).where(Notice.created_at < _before(Kind.NOTICES)).order_by(Notice.id).limit(BATCH)
    return await _run(session, delete(Notice).where(Notice.id.in_(old)))


async def _import_files(session: AsyncSession, _: Sealer) -> int:
    """Files whose import never came to an end."""
    left = and_(Import.district_id == ImportFile.district_id, Import.id == ImportFile.id)
    old = select(ImportFile.id).join(Import, left).where(Import.created_at < _before(Kind.IMPORT_FILES)).limit(BATCH)
    return await _run(session, delete(ImportFile).where(ImportFile.id.in_(old)))


async def _import_rejects(session: AsyncSession, _: Sealer) -> int:
    of = and_(Import.district_id == ImportReject.district_id, Import.id == ImportReject.import_id)
    over = Import.finished_at < _before(Kind.IMPORT_REJECTS)
    old = select(ImportReject.id).join(Import, of).where(over).limit(BATCH)
    return await _run(session, delete(ImportReject).where(ImportReject.id.in_(old)))


async def _asker_names(session: AsyncSession, _: Sealer) -> int:
    """Names of people who have no record of their own: after the need is closed for good nobody calls them."""
    over = func.coalesce(Need.closed_at, Need.met_at) < _before(Kind.ASKER_NAMES)
    old = select(Need).where(Need.asker_name_sealed.is_not(None), over).limit(BATCH).with_for_update(skip_locked=True)
    needs = (await session.scalars(old)).all()
    for need in needs:
        need.asker_name_sealed = None
        publish(session, "need", need, "forget_asker", actor=None)
    return len(needs)


async def _care_facts(session: AsyncSession, _: Sealer) -> int:
    """Facts of people without a basis for them: none stands, or one that a notice asked to renew too long ago."""
    asked = (
        select(func.coalesce(func.max(PrivacyNotice.number), 0))
        .where(
            PrivacyNotice.purpose == Purpose.HEALTH,
            PrivacyNotice.renews,
            PrivacyNotice.effective_at <= _before(Kind.CARE_FACTS),
        )
        .scalar_subquery()
    )
    told = and_(PrivacyNotice.district_id == Consent.district_id, PrivacyNotice.id == Consent.notice_id)
    basis = (
        select(Consent.id)
        .outerjoin(PrivacyNotice, told)
        .where(
            Consent.district_id == Person.district_id,
            Consent.person_id == Person.id,
            Consent.purpose == Purpose.HEALTH,
            Consent.withdrawn_at.is_(None),
            or_(Consent.basis != LegalBasis.CONSENT, PrivacyNotice.number >= asked),
        )
        .correlate(Person)
        .exists()
    )
    has_facts = exists().where(CareFact.district_id == Person.district_id, CareFact.person_id == Person.id)
    query = select(Person).where(has_facts, ~basis).limit(BATCH).with_for_update(key_share=True, skip_locked=True)
    people = (await session.scalars(query)).all()
    for person in people:
        publish(session, "person", person, "forget_care", actor=None)
    await session.execute(delete(CareFact).where(CareFact.person_id.in_([person.id for person in people])))
    return len(people)


async def _reading_requests(session: AsyncSession, _: Sealer) -> int:
    """Why somebody wished to read a minor's record. That they did stays."""
    old = select(Approval.id).where(
        Approval.subject == Subject.PERSON,
        Approval.state != ApprovalState.PENDING,
        Approval.decided_at < _before(Kind.READING_REQUESTS),
        Approval.form != {},
    )
    emptied = update(Approval).where(Approval.id.in_(old.limit(BATCH))).values(form={}, words=None)
    return await _run(session, emptied)


async def _minors(session: AsyncSession, sealer: Sealer) -> int:
    """Whoever has turned fourteen answers for themselves from that day on. Birth dates are sealed, so all minors are looked at."""
    day, grown = today(), 0
    query = (
        select(Person).where(Person.minor, Person.erased_at.is_(None)).with_for_update(key_share=True, skip_locked=True)
    )
    for person in (await session.scalars(query)).all():
        born = birth_date(sealer, person)
        if born is not None and not is_minor(born, day):
            person.minor = False
            publish(session, "person", person, "come_of_age", actor=None)
            grown += 1
        if grown == BATCH:
            break
    return grown


JOBS: dict[Kind, _Job] = {
    Kind.NOTICES: _notices,
    Kind.IMPORT_FILES: _import_files,
    Kind.IMPORT_REJECTS: _import_rejects,
    Kind.ASKER_NAMES: _asker_names,
    Kind.CARE_FACTS: _care_facts,
    Kind.READING_REQUESTS: _reading_requests,
    Kind.MINORS: _minors,
}
"""One for each rule of the table that the retention job keeps."""
