"""Facts of health and care: recorded on a basis, listed as being there, opened one by one, destroyed for good.

The kind alone says something of somebody's health: it is sealed as the text is.
Withdrawing the consent destroys them (``consents_withdraw``), erasing the person too. Helpers of an order never see them.
"""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import Forbidden, Gone, NotFound, RuleBroken, StaleVersion
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain.consents import LegalBasis, Purpose
from app.domain.limits import PERSON_UNMASK
from app.domain.people import Actor
from app.domain.sensitive import OpenPurpose, may_open_care
from app.models import CareFact, Person
from app.schemas.care_facts import CareFactCreate, CareFactQuery, CareFactUnmask, CareFactUpdate
from app.services import consents, minors, people, rate_limits, subjects
from app.services.outbox import publish
from app.services.people_unmask import state_why
from app.services.places import paged

OPENED = "care_fact"
"""What the audit trail calls what a fact says."""
_Field = Literal["kind", "text"]


async def page(session: AsyncSession, actor: Actor, query: CareFactQuery) -> Page[CareFact]:
    """Which facts are recorded of a person, newest first; what they are is opened one by one."""
    person = (await subjects.load(session, actor, query.person_id, "care-facts:list")).person
    await minors.must_be_approved(session, actor, person)
    rows = select(CareFact).where(CareFact.person_id == person.id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(CareFact.id < after)
    return paged((await session.scalars(rows.order_by(CareFact.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def read(session: AsyncSession, actor: Actor, fact_id: UUID) -> CareFact:
    fact, person = await _load(session, actor, fact_id, "care-facts:read")
    await minors.must_be_approved(session, actor, person)
    return fact


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, form: CareFactCreate) -> CareFact:
    """Record a fact; 422 without the person's consent for it."""
    person = (await people.hold(session, actor, form.person_id, "care-facts:create")).person
    basis = await consents.require_basis(session, person, Purpose.HEALTH)
    if form.consent_id not in {None, basis.id}:
        raise RuleBroken("不是此刻有效的同意", field="consent_id")
    fact = CareFact(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        consent_id=basis.id,
        recorded_by=actor.person_id,
        version=1,
        created_at=now(),
        updated_at=now(),
    )
    _write(sealer, fact, person, "kind", form.kind)
    _write(sealer, fact, person, "text", form.text)
    session.add(fact)
    publish(session, "person", person, "record_care", actor=actor, data={"care_fact_id": str(fact.id)})
    await session.flush()
    return fact


async def update(
    session: AsyncSession, actor: Actor, sealer: Sealer, fact_id: UUID, version: int, form: CareFactUpdate
) -> CareFact:
    """Correct a fact."""
    fact, person = await _load(session, actor, fact_id, "care-facts:update", lock=True)
    if fact.version != version:
        raise StaleVersion()
    await consents.require_basis(session, person, Purpose.HEALTH)
    if "kind" in form.model_fields_set:
        _write(sealer, fact, person, "kind", form.kind)
    if "text" in form.model_fields_set:
        _write(sealer, fact, person, "text", form.text)
    fact.version += 1
    fact.updated_at = now()
    data = {"care_fact_id": str(fact.id), "fields": sorted(form.model_fields_set)}
    publish(session, "person", person, "correct_care", actor=actor, data=data)
    return fact


async def delete(session: AsyncSession, actor: Actor, fact_id: UUID) -> None:
    """Destroy a fact: its row goes, not only its mark."""
    fact, person = await _load(session, actor, fact_id, "care-facts:delete", lock=True)
    await session.delete(fact)
    publish(session, "person", person, "forget_care", actor=actor, data={"care_fact_id": str(fact.id)})


async def unmask(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, fact_id: UUID, form: CareFactUnmask
) -> dict[str, Any]:
    """Kind and text of one fact, for a purpose. In an emergency a consent that asks to be renewed does not stand in the way;
    what was recorded in an emergency is opened for no other purpose.
    """
    fact, person = await _load(session, actor, fact_id, "care-facts:unmask")
    actor.trace.purpose = form.purpose.value
    if not may_open_care(actor.roles_at(person.path), form.purpose):
        raise Forbidden("以此用途，您的角色不能查看健康与照护信息")
    if person.secret is None:
        raise Gone()
    await minors.must_be_approved(session, actor, person)
    if form.purpose is not OpenPurpose.EMERGENCY:
        basis = await consents.require_basis(session, person, Purpose.HEALTH)
        if basis.basis is LegalBasis.EMERGENCY:
            raise Forbidden("因紧急情况登记的信息只能用于紧急情况")
    await rate_limits.spend(database, sealer, actor.district_id, PERSON_UNMASK, str(actor.person_id))
    state_why(actor, sealer, person, form.purpose, form.why)
    actor.trace.opened = [OPENED]
    kind = sealer.open(fact.kind_sealed, *_cell(fact, "kind"), person.secret)
    text = sealer.open(fact.text_sealed, *_cell(fact, "text"), person.secret)
    return {"id": fact.id, "person_id": person.id, "kind": kind, "purpose": form.purpose, "text": text}


async def _load(
    session: AsyncSession, actor: Actor, fact_id: UUID, permission: str, *, lock: bool = False
) -> tuple[CareFact, Person]:
    """A fact with its person, who is locked first; 404 for whoever does not see them."""
    person_id = await session.scalar(select(CareFact.person_id).where(CareFact.id == fact_id))
    if person_id is None:
        actor.checked.add(permission)
        raise NotFound()
    subject = await subjects.load(session, actor, person_id, permission, lock=lock)
    query = select(CareFact).where(CareFact.id == fact_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    fact = await session.scalar(query)
    if fact is None:
        raise NotFound()
    return fact, subject.person


def _write(sealer: Sealer, fact: CareFact, person: Person, field: _Field, value: str) -> None:
    setattr(fact, f"{field}_sealed", sealer.seal(value, *_cell(fact, field), person.secret))


def _cell(fact: CareFact, field: _Field) -> tuple[int, str, str, UUID]:
    return fact.district_id, "care_facts", f"{field}_sealed", fact.id
