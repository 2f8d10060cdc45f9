"""Writing into the hours ledger: one row is one debit → credit pair and is never changed."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import CheckMethod
from app.domain.catalogue import terms_of
from app.domain.hours import FLOW, EntryKind, Source, minutes_between
from app.domain.people import Actor
from app.models import Assignment, Event, HourEntry, Order, OutboxRow
from app.services import audit


def record_service(
    session: AsyncSession, order: Order, assignment: Assignment, actor: Actor | None
) -> HourEntry | None:
    """The minutes between check-in and check-out; nothing under a minute, nor for what is not volunteering (令第67号 §19)."""
    if assignment.checked_in_at is None or assignment.checked_out_at is None or assignment.person_id is None:
        return None
    minutes = minutes_between(assignment.checked_in_at, assignment.checked_out_at)
    if minutes < 1 or not terms_of(order.terms).volunteering:
        return None
    methods = {assignment.check_in_method, assignment.check_out_method}
    return add_entry(
        session,
        order,
        actor,
        kind=EntryKind.RECORD,
        person_id=assignment.person_id,
        assignment_id=assignment.id,
        minutes=minutes,
        served_from=assignment.checked_in_at,
        served_until=assignment.checked_out_at,
        source=Source.WITNESSED if CheckMethod.ORGANIZER in methods else Source.MACHINE,
    )


def add_entry(session: AsyncSession, order: Any, actor: Actor | None, *, kind: EntryKind, **columns: Any) -> HourEntry:
    """Append one entry with its event. ``order`` gives district, path and community; the record's id is the aggregate."""
    debit, credit = columns.pop("accounts", None) or FLOW[kind]
    entry = HourEntry(
        district_id=order.district_id,
        id=new_id(),
        kind=kind,
        order_id=columns.pop("order_id", None) or order.id,
        path=order.path,
        community_id=order.community_id,
        debit=debit,
        credit=credit,
        entered_by=actor.person_id if actor else None,
        created_at=now(),
        **columns,
    )
    session.add(entry)
    _publish(session, entry)
    return entry


def _publish(session: AsyncSession, entry: HourEntry) -> None:
    """A record is event 1 of its own history; confirming is 2, reversing the last."""
    seq = {EntryKind.RECORD: 1, EntryKind.CONFIRM: 2, EntryKind.REVERSE: 3}[entry.kind]
    if entry.kind is EntryKind.REVERSE and entry.debit.value == "recorded":
        seq = 2
    event = Event(
        district_id=entry.district_id,
        id=new_id(),
        aggregate="hour",
        aggregate_id=entry.record_id or entry.id,
        seq=seq,
        action=entry.kind.value,
        source=entry.debit.value,
        target=entry.credit.value,
        actor_id=entry.entered_by,
        path=entry.path,
        data={"person_id": str(entry.person_id), "order_id": str(entry.order_id), "minutes": entry.minutes},
        at=entry.created_at,
    )
    session.add(event)
    session.add(OutboxRow(district_id=entry.district_id, id=event.id))
    audit.changed(session, event.aggregate, entry, event.action, by_system=entry.entered_by is None)
