"""The audit trail: one entry for each call that changed or opened something, or was denied (I12)."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.audit import Caller, Outcome, Trace
from app.domain.people import Actor
from app.models import AuditEntry, AuditWaiting


def add(
    session: AsyncSession,
    district_id: int,
    operation: str,
    outcome: Outcome,
    *,
    actor: Actor | None = None,
    caller: Caller | None = None,
    address: str | None = None,
    status: int | None = None,
    subject_id: UUID | None = None,
    trace: Trace | None = None,
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry in the session's transaction. ``data`` is JSON, never a sensitive value."""
    said = trace or (actor.trace if actor else Trace())
    entry = AuditEntry(
        district_id=district_id,
        id=new_id(),
        at=now(),
        caller=caller or _caller_of(actor),
        actor_id=actor.person_id if actor else None,
        sign_in_id=actor.sign_in_id if actor else None,
        address=address,
        operation=operation,
        outcome=outcome,
        status=status,
        subject_id=subject_id,
        person_id=said.person_id,
        opened=list(said.opened),
        purpose=said.purpose,
        why=said.why,
        data=data or {},
    )
    session.add(entry)
    session.add(AuditWaiting(district_id=district_id, id=entry.id))
    return entry


def _caller_of(actor: Actor | None) -> Caller:
    if actor is None:
        return Caller.ANONYMOUS
    return Caller.CLIENT if actor.client else Caller.PERSON
