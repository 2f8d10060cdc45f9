"""Unmasking: sensitive fields of one person, in clear, for a purpose. Each call leaves one audit entry and nothing else."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import Forbidden, Gone
from app.domain.limits import PERSON_UNMASK
from app.domain.people import Actor
from app.domain.sensitive import FIELD_NAMES, OpenPurpose, barred, openable
from app.models import Person
from app.schemas.people_unmask import PersonUnmask
from app.services import minors, people_seal, rate_limits, reasons, subjects


async def unmask(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, person_id: UUID, form: PersonUnmask
) -> dict[str, Any]:
    """The fields asked for, or a refusal: 404 out of sight, 403 for this role, purpose or minor, 410 erased, 429 too many."""
    person = (await subjects.load(session, actor, person_id, "people:unmask")).person
    actor.trace.purpose = form.purpose.value
    if refused := barred(actor.roles_at(person.path), form.purpose, form.fields):
        names = "、".join(FIELD_NAMES[field] for field in refused)
        raise Forbidden(f"以此用途，您的角色不能查看：{names}", fields=[field.value for field in refused])
    if person.erased_at is not None:
        raise Gone()
    await minors.must_be_approved(session, actor, person)
    await rate_limits.spend(database, sealer, actor.district_id, PERSON_UNMASK, str(actor.person_id))
    state_why(actor, sealer, person, form.purpose, form.why)
    asked = list(dict.fromkeys(form.fields))
    actor.trace.opened = [field.value for field in asked]
    opened = [{"field": f, "value": people_seal.opened(sealer, person, f.value)} for f in asked]
    return {"person_id": person.id, "purpose": form.purpose, "opened": opened}


def state_why(actor: Actor, sealer: Sealer, person: Person, purpose: OpenPurpose, why: str) -> None:
    """Note the reason for the audit trail, or 422.

    Refused is only what the actor may open anyway: otherwise guesses could be tried here. Counted before.
    """
    known = openable(actor.roles_at(person.path), purpose)
    reasons.state(actor, sealer, why, person, field="why", fields=known)
