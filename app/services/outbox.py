"""Every change leaves one event: history and outbox row in the transaction of the change."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import StaleVersion
from app.core.ids import new_id
from app.domain.people import Actor
from app.models import Event, OutboxRow
from app.services import audit


class Aggregate(Protocol):
    """A row with a key, a path and a version."""

    district_id: Any
    id: Any
    path: Any
    version: Any
    updated_at: Any


def publish(
    session: AsyncSession,
    aggregate: str,
    row: Aggregate,
    action: str,
    *,
    actor: Actor | None,
    source: str | None = None,
    target: str | None = None,
    data: dict[str, Any] | None = None,
    noted: bool = True,
) -> Event:
    """Count the change on the row and write its event. ``actor`` None is the system; ``data`` is JSON, without secrets.

    What the system does leaves its own entry in the audit trail, unless not ``noted``: one of several steps of one thing.
    """
    row.version = (row.version or 0) + 1
    row.updated_at = now()
    if row.id is None:
        row.id = new_id()
    event = Event(
        district_id=row.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=row.version,
        action=action,
        source=source,
        target=target,
        actor_id=actor.person_id if actor else None,
        path=row.path,
        data=data or {},
        at=row.updated_at,
    )
    session.add(event)
    session.add(OutboxRow(district_id=row.district_id, id=event.id))
    audit.changed(session, aggregate, row, action, by_system=actor is None and noted)
    return event


async def hold(session: AsyncSession, row: Aggregate, version: int) -> None:
    """Lock a row for a change the client based on this version; 412 when it has changed since (I8)."""
    await session.refresh(row, with_for_update=True)
    if row.version != version:
        raise StaleVersion()


def changes(form_fields: dict[str, Any], secret: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The names of changed fields with their new values; of secret ones only the name."""
    return {
        name: None if name in secret else str(value) if isinstance(value, UUID) else value
        for name, value in form_fields.items()
    }
