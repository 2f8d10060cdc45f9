"""The hours ledger: read, supplement, confirm, reverse."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.catalogue import terms_of
from app.domain.hours import Account, EntryKind, HourStatus, Source, check_span, record_due_at, reversal_of
from app.domain.people import Actor, Relation
from app.models import HourEntry, ServiceWindow
from app.schemas.hours import HourConfirm, HourQuery, HourReverse, HourSupplement
from app.services import hours_work
from app.services.access import reads_all, under
from app.services.hours_record import add_entry, named
from app.services.people_merged import ids_of, rows_of
from app.services.places import paged


async def page(session: AsyncSession, actor: Actor, query: HourQuery) -> Page[dict[str, Any]]:
    """Records at the reader's places, newest first; of everyone else, their own."""
    access.require_anywhere(actor, "hours:list")
    grants = [] if query.mine else reads_all(actor)
    rows = select(HourEntry).where(HourEntry.kind == EntryKind.RECORD)
    own = await rows_of(session, HourEntry.person_id, actor.person_id)
    rows = rows.where(under(HourEntry, grants) if grants else own)
    if query.person_id is not None:
        rows = rows.where(await rows_of(session, HourEntry.person_id, query.person_id))
    if query.order_id is not None:
        rows = rows.where(HourEntry.order_id == query.order_id)
    if query.activity_id is not None:
        rows = rows.where(HourEntry.activity_id == query.activity_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(HourEntry.id < after)
    found = await session.scalars(rows.order_by(HourEntry.id.desc()).limit(query.limit + 1))
    records: Page[HourEntry] = paged(found.all(), query.limit)
    return Page(await present(session, records.items), records.next_cursor)


async def read(session: AsyncSession, actor: Actor, record_id: UUID) -> dict[str, Any]:
    return (await present(session, [await _record(session, actor, record_id, "hours:read")]))[0]


async def present(session: AsyncSession, records: Sequence[HourEntry]) -> list[dict[str, Any]]:
    """The fields of HourReads, with what later entries say about each record."""
    later = await session.scalars(select(HourEntry).where(HourEntry.record_id.in_([r.id for r in records])))
    follow_ups = {(entry.record_id, entry.kind): entry for entry in later}
    return [_shown(record, follow_ups) for record in records]


_SHOWN = (
    "id",
    "person_id",
    "order_id",
    "assignment_id",
    "activity_id",
    "sign_up_id",
    "minutes",
    "served_from",
    "served_until",
    "source",
)


def _shown(record: HourEntry, follow_ups: dict[tuple[UUID | None, EntryKind], HourEntry]) -> dict[str, Any]:
    confirmed = follow_ups.get((record.id, EntryKind.CONFIRM))
    reversed_ = follow_ups.get((record.id, EntryKind.REVERSE))
    due = record_due_at(record.served_until)
    return {name: getattr(record, name) for name in _SHOWN} | {
        "status": _status(confirmed, reversed_),
        "evidence": record.evidence,
        "entered_by": record.entered_by,
        "recorded_at": record.created_at,
        "record_due_at": due,
        "late": record.created_at > due,
        "confirmed_at": confirmed.created_at if confirmed else None,
        "reversed_at": reversed_.created_at if reversed_ else None,
        "reverse_reason": reversed_.reason if reversed_ else None,
    }


def _status(confirmed: HourEntry | None, reversed_: HourEntry | None) -> HourStatus:
    if reversed_ is not None:
        return HourStatus.REVERSED
    return HourStatus.CONFIRMED if confirmed is not None else HourStatus.RECORDED


async def balance(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    """The caller's own minutes, of merged records too: credits less debits of each account."""
    access.require_anywhere(actor, "hours:list")
    recorded, confirmed = (_sum(account) for account in (Account.RECORDED, Account.CONFIRMED))
    own = await rows_of(session, HourEntry.person_id, actor.person_id)
    row = (await session.execute(select(recorded, confirmed).where(own))).one()
    return {"person_id": actor.person_id, "recorded_minutes": row[0], "confirmed_minutes": row[1]}


def _sum(account: Account) -> Any:
    signed = case(
        (HourEntry.credit == account, HourEntry.minutes), (HourEntry.debit == account, -HourEntry.minutes), else_=0
    )
    return func.coalesce(func.sum(signed), 0)


async def _record(session: AsyncSession, actor: Actor, record_id: UUID, permission: str) -> HourEntry:
    query = select(HourEntry).where(HourEntry.id == record_id, HourEntry.kind == EntryKind.RECORD)
    record = await session.scalar(query)
    if record is None:
        raise NotFound()
    own = frozenset({Relation.HOLDER}) if await _is_own(session, actor, record) else frozenset()
    if not access.may("hours:read", actor.roles_at(record.path) | own):
        raise NotFound()
    access.require(actor, permission, record.path, own)
    return record


async def _is_own(session: AsyncSession, actor: Actor, record: HourEntry) -> bool:
    return record.person_id in await ids_of(session, actor.person_id)


async def supplement(session: AsyncSession, actor: Actor, form: HourSupplement) -> dict[str, Any]:
    """补录 for work on an order or in an activity, with evidence; it counts once a second person has confirmed it."""
    work = await hours_work.load(session, actor, form)
    access.require(actor, "hours:supplement", work.path)
    if form.person_id == actor.person_id:
        raise Forbidden("不能为自己补录时长")
    await hours_work.must_have_served(session, work, form.person_id)
    if not terms_of(work.terms).volunteering:
        raise RuleBroken("此类工作不属于志愿服务，不记时长（令第67号第十九条）")
    record = add_entry(
        session,
        work,
        actor,
        kind=EntryKind.RECORD,
        person_id=form.person_id,
        minutes=check_span(form.served_from, form.served_until, now()),
        served_from=form.served_from,
        served_until=form.served_until,
        source=Source.SUPPLEMENT,
        evidence=form.evidence,
        **named(work),
    )
    await session.flush()
    await _claim_time(session, record)
    return (await present(session, [record]))[0]


async def _claim_time(session: AsyncSession, record: HourEntry) -> None:
    """Nobody serves in two places at once: the exclusion constraint refuses an overlap."""
    window = ServiceWindow(
        district_id=record.district_id,
        id=new_id(),
        person_id=record.person_id,
        record_id=record.id,
        during=Range(record.served_from, record.served_until),
    )
    session.add(window)
    await session.flush()


async def confirm(session: AsyncSession, actor: Actor, record_id: UUID, form: HourConfirm) -> dict[str, Any]:
    """Confirm recorded minutes: by staff of the place, never by the person, a supplement never by who entered it."""
    record = await _record(session, actor, record_id, "hours:confirm")
    if await _is_own(session, actor, record):
        raise Forbidden("不能确认自己的时长")
    if record.source is Source.SUPPLEMENT and record.entered_by == actor.person_id:
        raise Forbidden("补录须由另一人确认")
    await _lock(session, record)
    status = (await present(session, [record]))[0]["status"]
    if status is not HourStatus.RECORDED:
        raise Conflict("该时长已确认或已冲正")
    _follow_up(session, record, actor, EntryKind.CONFIRM, reason=form.words)
    await session.flush()
    return (await present(session, [record]))[0]


async def reverse(session: AsyncSession, actor: Actor, record_id: UUID, form: HourReverse) -> dict[str, Any]:
    """Undo a record by an opposite entry, with a reason and by someone other than who entered it; the time is free again."""
    record = await _record(session, actor, record_id, "hours:reverse")
    if actor.person_id == record.entered_by or await _is_own(session, actor, record):
        raise Forbidden("冲正须由另一人批准")
    await _lock(session, record)
    status = (await present(session, [record]))[0]["status"]
    accounts = reversal_of(status)
    _follow_up(session, record, actor, EntryKind.REVERSE, reason=form.reason, accounts=accounts)
    await session.execute(delete(ServiceWindow).where(_window_of(record)))
    await session.flush()
    return (await present(session, [record]))[0]


def _window_of(record: HourEntry) -> ColumnElement[bool]:
    """The time it took up: of a supplement its own, else that of the check-in it was recorded from."""
    begun = func.lower(ServiceWindow.during) == record.served_from
    if record.assignment_id is not None:
        return and_(ServiceWindow.assignment_id == record.assignment_id, begun)
    if record.sign_up_id is not None:
        return and_(ServiceWindow.sign_up_id == record.sign_up_id, begun)
    return ServiceWindow.record_id == record.id


async def _lock(session: AsyncSession, record: HourEntry) -> None:
    """Two decisions about one record wait for each other. The row itself cannot be locked: nobody may update it."""
    number = int.from_bytes(record.id.bytes[8:], signed=True)
    await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _follow_up(session: AsyncSession, record: HourEntry, actor: Actor, kind: EntryKind, **columns: Any) -> None:
    add_entry(
        session,
        record,
        actor,
        kind=kind,
        order_id=record.order_id,
        activity_id=record.activity_id,
        person_id=record.person_id,
        assignment_id=record.assignment_id,
        sign_up_id=record.sign_up_id,
        record_id=record.id,
        minutes=record.minutes,
        served_from=record.served_from,
        served_until=record.served_until,
        source=record.source,
        evidence=record.evidence,
        **columns,
    )
