"""Writing into the hours ledger: one row is one debit → credit pair and is never changed."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import CheckMethod
from app.domain.catalogue import terms_of
from app.domain.hours import FLOW, EntryKind, Source, minutes_between
from app.domain.people import Actor
from app.models import Activity, Assignment, Event, HourEntry, Order, OutboxRow, SignUp
from app.services import audit

Served = Assignment | SignUp
"""What somebody serves under: a place in an order, or a helper's in an activity."""


def record_service(
    session: AsyncSession, work: Order | Activity, served: Served, actor: Actor | None
) -> HourEntry | None:
    """The minutes between check-in and check-out; nothing under a minute, nor for what is not volunteering (令第67号 §19)."""
    if served.checked_in_at is None or served.checked_out_at is None or served.person_id is None:
        return None
    minutes = minutes_between(served.checked_in_at, served.checked_out_at)
    if minutes < 1 or not terms_of(work.terms).volunteering:
        return None
    methods = {served.check_in_method, served.check_out_method}
    return add_entry(
        session,
        work,
        actor,
        kind=EntryKind.RECORD,
        person_id=served.person_id,
        minutes=minutes,
        served_from=served.checked_in_at,
        served_until=served.checked_out_at,
        source=Source.WITNESSED if CheckMethod.ORGANIZER in methods else Source.MACHINE,
        **named(work),
        **{serving(served): served.id},
    )


def named(work: Order | Activity) -> dict[str, Any]:
    """The column of a ledger entry that says in what the minutes were served."""
    return {"activity_id" if isinstance(work, Activity) else "order_id": work.id}


def serving(served: Served) -> str:
    """The column that says under what."""
    return "sign_up_id" if isinstance(served, SignUp) else "assignment_id"


def add_entry(session: AsyncSession, at: Any, actor: Actor | None, *, kind: EntryKind, **columns: Any) -> HourEntry:
    """Append one entry with its event. ``at`` gives district, path and community; the record's id is the aggregate."""
    debit, credit = columns.pop("accounts", None) or FLOW[kind]
    entry = HourEntry(
        district_id=at.district_id,
        id=new_id(),
        kind=kind,
        path=at.path,
        community_id=at.community_id,
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
        data={"person_id": str(entry.person_id), **_service(entry), "minutes": entry.minutes},
        at=entry.created_at,
    )
    session.add(event)
    session.add(OutboxRow(district_id=entry.district_id, id=event.id))
    audit.changed(session, event.aggregate, entry, event.action, by_system=entry.entered_by is None)


def _service(entry: HourEntry) -> dict[str, str]:
    """In what it was served, for the event."""
    return {"order_id": str(entry.order_id)} if entry.order_id else {"activity_id": str(entry.activity_id)}
