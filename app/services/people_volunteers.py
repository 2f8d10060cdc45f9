"""Volunteers: registered by themselves, or with their consent by the organization (民政部令第67号 §5 and §6)."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, NotFound, RuleBroken
from app.domain.consents import GivenBy, Purpose
from app.domain.people import Actor, Role
from app.models import Consent, Person, Volunteer
from app.schemas.people_volunteers import PersonLeaveVolunteering, PersonVolunteer
from app.services import categories, certificates, consents, minors, people, people_roles, people_seal
from app.services.outbox import publish
from app.services.people_volunteers_fields import must_be_complete

_MASKED: tuple[people_seal.SealedField, ...] = ("name", "birth_date", "id_number", "phone")


async def read(session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID) -> dict[str, Any]:
    """The eight fields, masked; 404 for somebody who never was a volunteer."""
    person = await people.load(session, actor, person_id, "people:read_volunteer")
    row = await session.get(Volunteer, (person.district_id, person.id))
    if row is None:
        raise NotFound()
    await minors.must_be_approved(session, actor, person)
    return await _present(session, sealer, person, row)


async def _present(session: AsyncSession, sealer: Sealer, person: Person, row: Volunteer) -> dict[str, Any]:
    shown: dict[str, Any] = {name: people_seal.masked(sealer, person, name) for name in _MASKED}
    for name in ("categories", "entered_by", "consent_id", "registered_at", "left_at"):
        shown[name] = getattr(row, name)
    return shown | {
        "person_id": person.id,
        "sex": person.sex,
        "living_area": (await people_roles.community_of(session, person)).name,
        "skills": person.skills,
        "certified_skills": sorted(await certificates.certified_skills(session, person.id)),
        "version": person.version,
    }


async def register(
    session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, form: PersonVolunteer
) -> dict[str, Any]:
    """Become a volunteer, or one again after leaving. 422 lists what is missing of the eight fields."""
    person = (await people.hold(session, actor, person_id, "people:volunteer")).person
    row = await session.get(Volunteer, (person.district_id, person.id))
    if row is not None and row.left_at is None:
        raise Conflict("此人已是志愿者")
    await categories.must_be_services(session, list(form.categories))
    has_skills = form.skills is not None or bool(person.skills)
    must_be_complete(person, skills=has_skills, categories=bool(form.categories))
    by, consent = await _entered_by(session, actor, person, form)
    if form.skills is not None:
        person.skills = [skill.value for skill in form.skills]
    row = _written(session, person, row)
    row.categories = sorted(set(form.categories))
    row.entered_by, row.consent_id = by, consent.id if consent else None
    row.registered_at, row.left_at = now(), None
    await people_roles.give(session, actor, person, Role.VOLUNTEER)
    data = {"categories": row.categories, "entered_by": by.value}
    publish(session, "person", person, "volunteer", actor=actor, data=data)
    await session.flush()
    return await _present(session, sealer, person, row)


def _written(session: AsyncSession, person: Person, row: Volunteer | None) -> Volunteer:
    """The row to write: a new one, or the one from before."""
    if row is None:
        row = Volunteer(district_id=person.district_id, id=person.id, created_at=now())
        session.add(row)
    else:
        row.version += 1
        row.updated_at = now()
    return row


async def _entered_by(
    session: AsyncSession, actor: Actor, person: Person, form: PersonVolunteer
) -> tuple[GivenBy, Consent | None]:
    """Who registers: the volunteer, the guardian, or staff; the latter two name the consent they act on."""
    by = await minors.gives(session, actor, person) or GivenBy.STAFF
    if by is GivenBy.PERSON:
        return by, None
    if form.consent_id is None:
        raise RuleBroken("由他人录入须注明同意（令第67号第六条）", field="consent_id")
    consent = await consents.require_basis(session, person, Purpose.VOLUNTEERING)
    if consent.id != form.consent_id:
        raise RuleBroken("所注明的不是此人现行有效的同意", field="consent_id")
    return by, consent


async def leave(
    session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, form: PersonLeaveVolunteering
) -> dict[str, Any]:
    """Nobody is kept (志愿服务条例 §25): the role ends, the record and the hours stay."""
    person = (await people.hold(session, actor, person_id, "people:leave_volunteering")).person
    row = await session.get(Volunteer, (person.district_id, person.id))
    if row is None or row.left_at is not None:
        raise Conflict("此人现在不是志愿者")
    row = _written(session, person, row)
    row.left_at = now()
    await people_roles.end(session, actor, person, Role.VOLUNTEER)
    data = {"words": form.words} if form.words else {}
    publish(session, "person", person, "leave_volunteering", actor=actor, data=data)
    await session.flush()
    return await _present(session, sealer, person, row)
