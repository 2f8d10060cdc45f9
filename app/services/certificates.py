"""Qualifications: entered by the person or staff, verified by somebody else, withdrawn with a reason."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.crypto import Sealer
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.catalogue import Skill
from app.domain.certificates import certified, counts
from app.domain.people import Actor
from app.models import Certificate, Order, Person
from app.schemas.certificates import (
    CertificateCreate,
    CertificateQuery,
    CertificateRead,
    CertificateVerify,
    CertificateWithdraw,
)
from app.services import minors, people, people_rows
from app.services.outbox import publish
from app.services.people_home import not_later_than_today
from app.services.places import paged

_FIELDS = tuple(name for name in CertificateRead.model_fields if name not in {"number", "counts"})
_OF_PERSON = people_rows.beside(Certificate, Person, "person_id")
Shown = tuple[Certificate, Person]
"""A certificate with its person, whose secret opens the number."""


def present(sealer: Sealer, shown: Shown) -> dict[str, Any]:
    certificate, person = shown
    more = {"number": _masked(sealer, certificate, person), "counts": counts(certificate, today())}
    return people_rows.fields(certificate, _FIELDS) | more


def _masked(sealer: Sealer, certificate: Certificate, person: Person) -> str | None:
    """The last two characters; nothing once the person is erased."""
    if certificate.number_sealed is None or person.secret is None:
        return None
    where = (person.district_id, "certificates", "number_sealed", certificate.id)
    number = sealer.open(certificate.number_sealed, *where, person.secret)
    return f"****{number[-2:]}" if len(number) > 5 else "****"


async def page(session: AsyncSession, actor: Actor, query: CertificateQuery) -> Page[Shown]:
    """Of the people at the reader's places, newest first; of everyone else, their own. A minor's only where they are asked for."""
    access.require_anywhere(actor, "certificates:list")
    rows = select(Certificate, Person).join(Person, _OF_PERSON)
    rows = rows.where(await people_rows.in_sight(session, actor, Certificate, Person))
    rows = rows.where(await people_rows.of_minors(session, actor, query.person_id))
    if query.person_id is not None:
        rows = rows.where(Certificate.person_id == query.person_id)
    if query.skill is not None:
        rows = rows.where(Certificate.skill == query.skill)
    if query.counts is not None:
        good = _counting(today())
        rows = rows.where(good if query.counts else ~good)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Certificate.id < after)
    found = (await session.execute(rows.order_by(Certificate.id.desc()).limit(query.limit + 1))).all()
    listed = paged([row.Certificate for row in found], query.limit)
    return Page([(row.Certificate, row.Person) for row in found[: query.limit]], listed.next_cursor)


def _counting(on: Any) -> ColumnElement[bool]:
    """``domain.certificates.counts`` for the database; a test holds both to the same answer."""
    return and_(
        Certificate.verified_at.is_not(None),
        Certificate.withdrawn_at.is_(None),
        Certificate.issued_on <= on,
        or_(Certificate.expires_on.is_(None), Certificate.expires_on >= on),
    )


def certified_by(on: Any) -> ScalarSelect[list[Skill]]:
    """Beside a person: the skills their certificates show on a day: a date, a bound parameter, or a day of an order beside them.
    NULL when there are none.
    """
    return (
        select(func.array_agg(Certificate.skill))
        .where(
            Certificate.district_id == Person.district_id,
            Certificate.person_id == Person.id,
            _counting(on),
        )
        .correlate(Person, Order)
        .scalar_subquery()
    )


async def certified_skills(session: AsyncSession, person_id: UUID) -> frozenset[Skill]:
    """What a person's certificates show today."""
    rows = await session.scalars(select(Certificate).where(Certificate.person_id == person_id))
    return certified(rows, today())


async def read(session: AsyncSession, actor: Actor, row_id: UUID) -> Shown:
    """One certificate; a minor's, with an approval."""
    found = await load(session, actor, row_id)
    await minors.must_be_approved(session, actor, found[1])
    return found


async def load(session: AsyncSession, actor: Actor, row_id: UUID, permission: str = "certificates:read") -> Shown:
    found = (
        await session.execute(select(Certificate, Person).join(Person, _OF_PERSON).where(Certificate.id == row_id))
    ).one_or_none()
    if found is None:
        raise NotFound()
    person: Person = found.Person
    await people_rows.require(session, actor, permission, "certificates:read", person, person.path)
    return found.Certificate, person


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, form: CertificateCreate) -> Shown:
    """Enter a certificate; it counts once somebody else has verified it."""
    person = (await people.hold(session, actor, form.person_id, "certificates:create")).person
    not_later_than_today(form.issued_on, "issued_on")
    if form.expires_on is not None and form.expires_on < form.issued_on:
        raise RuleBroken("有效期不能早于发证日期", field="expires_on")
    row = Certificate(
        district_id=person.district_id, id=new_id(), created_at=now(), **form.model_dump(exclude={"number"})
    )
    if form.number is not None:
        where = (person.district_id, "certificates", "number_sealed", row.id)
        row.number_sealed = sealer.seal(form.number, *where, person.secret)
    session.add(row)
    data = {"certificate_id": str(row.id), "skill": form.skill.value}
    publish(session, "person", person, "enter_certificate", actor=actor, data=data)
    await session.flush()
    return row, person


async def verify(session: AsyncSession, actor: Actor, row_id: UUID, form: CertificateVerify) -> Shown:
    """Say that the original was seen; nobody says it of their own."""
    row, person = await _hold(session, actor, row_id, "certificates:verify")
    if row.person_id == actor.person_id:
        raise Forbidden("不能核验自己的证书")
    if row.verified_at is not None or row.withdrawn_at is not None:
        raise Conflict("该证书已核验或已作废")
    row.verified_by, row.verified_at = actor.person_id, now()
    return await _changed(session, actor, row, person, "verify_certificate", form.words)


async def withdraw(session: AsyncSession, actor: Actor, row_id: UUID, form: CertificateWithdraw) -> Shown:
    """It no longer counts; that it once did can still be seen."""
    row, person = await _hold(session, actor, row_id, "certificates:withdraw")
    if row.withdrawn_at is not None:
        raise Conflict("该证书已作废")
    row.withdrawn_at = now()
    return await _changed(session, actor, row, person, "withdraw_certificate", form.words)


async def _hold(session: AsyncSession, actor: Actor, row_id: UUID, permission: str) -> Shown:
    row, _ = await load(session, actor, row_id, permission)
    return row, await people_rows.hold_person(session, row)


async def _changed(
    session: AsyncSession, actor: Actor, row: Certificate, person: Person, action: str, words: str | None
) -> Shown:
    people_rows.touch(row)
    data = {"certificate_id": str(row.id)} | ({"words": words} if words else {})
    publish(session, "person", person, action, actor=actor, data=data)
    await session.flush()
    return row, person
