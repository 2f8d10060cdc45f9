"""Taking away what its period is over for (app.domain.retention), a small batch at a time. Says how many rows it dealt with."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Select, and_, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.crypto import Sealer
from app.domain.consents import EMERGENCY_LASTS, LegalBasis, Purpose
from app.domain.profiles import is_minor
from app.domain.retention import Kind
from app.models import (
    Assignment,
    CareFact,
    Consent,
    Import,
    ImportFile,
    ImportReject,
    Notice,
    PartyMembership,
    Person,
    PrivacyNotice,
    Volunteer,
)
from app.services import retention_words, retention_words_work, whistles_words
from app.services.consents_withdraw import forget_membership
from app.services.outbox import publish
from app.services.people_identity import birth_date
from app.services.retention_periods import BATCH, agreed_at, before, promised_before, run

_Job = Callable[[AsyncSession, Sealer], Awaitable[int]]


async def _notices(session: AsyncSession, _: Sealer) -> int:
    old = select(Notice.id).where(Notice.created_at < before(Kind.NOTICES)).order_by(Notice.id).limit(BATCH)
    return await run(session, delete(Notice).where(Notice.id.in_(old)))


async def _import_files(session: AsyncSession, _: Sealer) -> int:
    """Files whose import never came to an end."""
    left = and_(Import.district_id == ImportFile.district_id, Import.id == ImportFile.id)
    old = select(ImportFile.id).join(Import, left).where(Import.created_at < before(Kind.IMPORT_FILES)).limit(BATCH)
    return await run(session, delete(ImportFile).where(ImportFile.id.in_(old)))


async def _import_rejects(session: AsyncSession, _: Sealer) -> int:
    of = and_(Import.district_id == ImportReject.district_id, Import.id == ImportReject.import_id)
    over = Import.finished_at < before(Kind.IMPORT_REJECTS)
    old = select(ImportReject.id).join(Import, of).where(over).limit(BATCH)
    return await run(session, delete(ImportReject).where(ImportReject.id.in_(old)))


async def _care_facts(session: AsyncSession, _: Sealer) -> int:
    """Facts of people without a basis for them: none stands, or an emergency that is over, or one that a notice asked to renew too
    long ago.
    """
    asked = (
        select(func.coalesce(func.max(PrivacyNotice.number), 0))
        .where(
            PrivacyNotice.purpose == Purpose.HEALTH,
            PrivacyNotice.renews,
            PrivacyNotice.effective_at <= before(Kind.CARE_FACTS),
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
            or_(
                Consent.basis == LegalBasis.STATUTORY_DUTY,
                and_(Consent.basis == LegalBasis.EMERGENCY, Consent.given_at > now() - EMERGENCY_LASTS),
                and_(Consent.basis == LegalBasis.CONSENT, PrivacyNotice.number >= asked),
            ),
        )
        .correlate(Person)
        .exists()
    )
    has_facts = exists().where(CareFact.district_id == Person.district_id, CareFact.person_id == Person.id)
    people = await _held(session, select(Person).where(has_facts, ~basis))
    for person in people:
        publish(session, "person", person, "forget_care", actor=None)
    await session.execute(delete(CareFact).where(CareFact.person_id.in_([person.id for person in people])))
    return len(people)


async def _care_facts_unused(session: AsyncSession, _: Sealer) -> int:
    """Facts that have been kept as long as people were told, and neither corrected nor agreed to anew."""
    used = func.greatest(CareFact.updated_at, agreed_at(Purpose.HEALTH, CareFact.person_id))
    over = used < promised_before(Kind.CARE_FACTS_UNUSED, CareFact.person_id)
    theirs = exists().where(CareFact.district_id == Person.district_id, CareFact.person_id == Person.id, over)
    people = await _held(session, select(Person).where(theirs.correlate(Person)))
    for person in people:
        publish(session, "person", person, "forget_care", actor=None)
    await run(session, delete(CareFact).where(CareFact.person_id.in_([person.id for person in people]), over))
    return len(people)


async def _memberships(session: AsyncSession, _: Sealer) -> int:
    """Members nobody has heard of for as long as they were told: as if they had left."""
    asked = select(func.max(Assignment.updated_at)).where(Assignment.person_id == Person.id).correlate(Person)
    agreed = agreed_at(Purpose.PARTY, Person.id)
    used = func.greatest(PartyMembership.updated_at, agreed, asked.scalar_subquery())
    over = used < promised_before(Kind.MEMBERSHIPS, Person.id)
    mine = and_(PartyMembership.district_id == Person.district_id, PartyMembership.id == Person.id)
    people = await _held(session, select(Person).join(PartyMembership, mine).where(over))
    for person in people:
        await forget_membership(session, None, person)
    return len(people)


async def _volunteers(session: AsyncSession, _: Sealer) -> int:
    """What was recorded of those who left, but for their hours."""
    over = Volunteer.left_at < promised_before(Kind.VOLUNTEERS, Person.id)
    mine = and_(Volunteer.district_id == Person.district_id, Volunteer.id == Person.id)
    people = await _held(session, select(Person).join(Volunteer, mine).where(over))
    await run(session, delete(Volunteer).where(Volunteer.id.in_([person.id for person in people])))
    for person in people:
        publish(session, "person", person, "forget_volunteer", actor=None)
    return len(people)


async def _held(session: AsyncSession, query: Select[Person]) -> Sequence[Person]:
    """A batch of people, locked before the rows that hang on them; who is being changed is left for the next hour."""
    held = query.limit(BATCH).with_for_update(key_share=True, skip_locked=True, of=Person)
    return (await session.scalars(held)).all()


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
    Kind.ASKER_NAMES: retention_words.asker_names,
    Kind.NEED_WORDS: retention_words.need_words,
    Kind.APPROVAL_WORDS: retention_words.approval_words,
    Kind.RIGHTS_WORDS: retention_words.rights_words,
    Kind.SIGN_UP_WORDS: retention_words.sign_up_words,
    Kind.MATCH_WORDS: retention_words_work.match_words,
    Kind.RESOURCE_WORDS: retention_words_work.resource_words,
    Kind.BOOKING_WORDS: retention_words_work.booking_words,
    Kind.ACTIVITY_WORDS: retention_words_work.activity_words,
    Kind.PROJECT_WORDS: retention_words_work.project_words,
    Kind.MEETING_WORDS: retention_words_work.meeting_words,
    Kind.WHISTLE_WORDS: whistles_words.spent,
    Kind.CARE_FACTS: _care_facts,
    Kind.CARE_FACTS_UNUSED: _care_facts_unused,
    Kind.MEMBERSHIPS: _memberships,
    Kind.VOLUNTEERS: _volunteers,
    Kind.CHOICES: retention_words.choices,
    Kind.READING_REQUESTS: retention_words.reading_requests,
    Kind.MINORS: _minors,
}
"""One for each rule of the table that the retention job keeps."""
