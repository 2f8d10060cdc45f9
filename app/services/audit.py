"""The audit trail: one entry for each call that changed or opened something, or was denied (I12).

Calls of people and client systems are noted by the route, in the transaction of what they did; what happens without a call, by
whatever publishes its event. Within a call nothing else is noted: what the system does there follows from it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database, compile_hot
from app.core.ids import new_id
from app.core.log import scrubbed
from app.core.security import Identity
from app.domain.audit import Caller, Outcome, Trace
from app.domain.audit_chain import FIELDS
from app.domain.limits import DENIED_NOTED
from app.domain.people import Actor
from app.models import AuditEntry, AuditWaiting
from app.services import rate_limits

_log = structlog.get_logger()
_in_call: ContextVar[bool] = ContextVar("in_call", default=False)
_CHANGED = "changed"
_TYPES: dict[str, Any] = {
    "district_id": Integer(),
    "at": DateTime(timezone=True),
    "status": Integer(),
    "opened": ARRAY(Text()),
    "data": JSONB(),
} | dict.fromkeys(("id", "actor_id", "sign_in_id", "subject_id", "person_id", "minor_id"), Uuid())
_ENTRY = f"""entry AS (INSERT INTO audit_entries ({", ".join(FIELDS)})
  SELECT {", ".join(f":said_{name}" for name in FIELDS)} FROM districts WHERE id = :said_district_id"""  # noqa: S608 - column names
"""None in a district that is not there, which a token of other days may name."""
_WAITING = """ RETURNING district_id, id)
INSERT INTO audit_waiting (district_id, id) SELECT district_id, id FROM entry"""


def _hot(statement: Any) -> Any:
    said = (bindparam(f"said_{name}", type_=_TYPES.get(name, Text())) for name in FIELDS)
    return compile_hot(statement.bindparams(*said))


_ALONE = _hot(text(f"WITH {_ENTRY}{_WAITING}"))
"""An entry as a transaction of its own."""
_DENIED = _hot(
    rate_limits.statement(f"WITH {rate_limits.SPENT}, {_ENTRY} AND EXISTS (SELECT FROM spent){_WAITING} RETURNING id")
)
"""The same while there is one left of what is noted of such calls."""


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
        minor_id=said.minor_id,
        opened=list(said.opened),
        purpose=said.purpose,
        why=scrubbed(said.why) if said.why else None,
        data=data or {},
    )
    session.add(entry)
    session.add(AuditWaiting(district_id=district_id, id=entry.id))
    return entry


def _caller_of(actor: Actor | None) -> Caller:
    if actor is None:
        return Caller.ANONYMOUS
    return Caller.CLIENT if actor.client else Caller.PERSON


@contextmanager
def call() -> Iterator[None]:
    """While a call is answered, from its first byte to its last."""
    before = _in_call.set(True)
    try:
        yield
    finally:
        _in_call.reset(before)


def changed(session: AsyncSession, aggregate: str, row: Any, action: str, *, by_system: bool) -> None:
    """A change was published. The system's own, when no call brought it about, leaves its entry here."""
    session.info[_CHANGED] = True
    if by_system and not _in_call.get():
        operation = f"{aggregate}.{action}"
        add(session, row.district_id, operation, Outcome.DONE, caller=Caller.SYSTEM, subject_id=row.id)


def has_changed(session: AsyncSession) -> bool:
    """Whether anything was published in this session."""
    return _CHANGED in session.info


async def alone(database: Database, identity: Identity, operation: str, outcome: Outcome, **said: Any) -> None:
    """Note a call in a transaction of its own."""
    await database.hot(identity.district_id, _ALONE, **_said(identity, operation, outcome, **said))


def _said(
    identity: Identity,
    operation: str,
    outcome: Outcome,
    *,
    address: str | None,
    status: int,
    subject_id: UUID | None,
    trace: Trace,
) -> dict[str, Any]:
    """The values of an entry."""
    values = {
        "district_id": identity.district_id,
        "id": new_id(),
        "at": now(),
        "caller": (Caller.CLIENT if identity.client else Caller.PERSON).value,
        "actor_id": identity.person_id,
        "sign_in_id": identity.sign_in_id,
        "address": address,
        "operation": operation,
        "outcome": outcome.value,
        "status": status,
        "subject_id": subject_id,
        "person_id": trace.person_id,
        "minor_id": trace.minor_id,
        "opened": list(trace.opened),
        "purpose": trace.purpose,
        "why": scrubbed(trace.why) if trace.why else None,
        "data": "{}",
    }
    return {f"said_{name}": value for name, value in values.items()}


async def denied(
    database: Database, sealer: Sealer, identity: Identity, operation: str, *, trace: Trace, **said: Any
) -> None:
    """Note a denied call once all of it is rolled back; of very many by one caller, the first (DENIED_NOTED)."""
    asked = f"{identity.person_id}/{operation}"
    left = rate_limits.values_of(sealer, identity.district_id, DENIED_NOTED, asked)
    nothing_shown = Trace(trace.person_id, [], trace.purpose, trace.why)
    entry = _said(identity, operation, Outcome.DENIED, trace=nothing_shown, **said)
    if not await database.hot(identity.district_id, _DENIED, **left, **entry):
        _log.warning("denied_not_noted", operation=operation, person=str(identity.person_id))
