"""Consents as they are shown: one's own, or, for staff, a person's."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.core.paging import Page, id_after
from app.domain.consents import PURPOSE_NAMES, LegalBasis, lapsed, speaks_for, suffices
from app.domain.people import Actor
from app.models import Consent, Person, PrivacyNotice
from app.schemas.consents import ConsentQuery, ConsentRead
from app.services import consents, minors, subjects
from app.services.places import paged

_FIELDS = tuple(name for name in ConsentRead.model_fields if name not in {"purpose_name", "in_force"})


async def present(session: AsyncSession, person: Person, rows: Sequence[Consent]) -> list[dict[str, Any]]:
    """The fields of ConsentReads, all of one person's."""
    ids = {row.notice_id for row in rows if row.notice_id}
    told = await session.execute(select(PrivacyNotice.id, PrivacyNotice.number).where(PrivacyNotice.id.in_(ids)))
    numbers = {row.id: row.number for row in told}
    needed = {purpose: await consents.renewing(session, purpose) for purpose in {row.purpose for row in rows}}
    shown = []
    for row in rows:
        fields = {name: getattr(row, name) for name in _FIELDS}
        given = numbers.get(row.notice_id, 0) if row.notice_id else 0
        covered = row.basis is not LegalBasis.CONSENT or suffices(given, needed[row.purpose])
        covered = covered and speaks_for(row.given_by, row.basis, minor=person.minor)
        counts = covered and row.withdrawn_at is None and not lapsed(row.basis, row.given_at, now())
        shown.append(fields | {"purpose_name": PURPOSE_NAMES[row.purpose], "in_force": counts})
    return shown


async def page(session: AsyncSession, actor: Actor, query: ConsentQuery) -> Page[dict[str, Any]]:
    """A person's consents, newest first."""
    subject = await subjects.load(session, actor, query.person_id, "consents:list")
    await minors.must_be_approved(session, actor, subject.person)
    rows = select(Consent).where(Consent.person_id == subject.person.id)
    if query.purpose is not None:
        rows = rows.where(Consent.purpose == query.purpose)
    if query.standing:
        rows = rows.where(Consent.withdrawn_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Consent.id < after)
    found = await session.scalars(rows.order_by(Consent.id.desc()).limit(query.limit + 1))
    cut: Page[Consent] = paged(found.all(), query.limit)
    return Page(await present(session, subject.person, cut.items), cut.next_cursor)


async def load(
    session: AsyncSession, actor: Actor, consent_id: UUID, permission: str, *, lock: bool = False
) -> tuple[Consent, subjects.Subject]:
    """A consent with its person; 404 unless it is the actor's own, their ward's, or of somebody at their place.

    Person before consent: one sequence of locks, so that giving and withdrawing never wait for each other in a ring.
    """
    person_id = await session.scalar(select(Consent.person_id).where(Consent.id == consent_id))
    if person_id is None:
        actor.checked.add(permission)
        raise NotFound()
    subject = await subjects.load(session, actor, person_id, permission, lock=lock)
    query = select(Consent).where(Consent.id == consent_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one(), subject


async def read(session: AsyncSession, actor: Actor, consent_id: UUID) -> dict[str, Any]:
    consent, subject = await load(session, actor, consent_id, "consents:read")
    await minors.must_be_approved(session, actor, subject.person)
    return (await present(session, subject.person, [consent]))[0]


async def one(session: AsyncSession, consent: Consent) -> dict[str, Any]:
    """After a change of it."""
    person = (await session.scalars(select(Person).where(Person.id == consent.person_id))).one()
    return (await present(session, person, [consent]))[0]
