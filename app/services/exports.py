"""Everything that is kept of a person, in clear for themselves or a minor's guardian; for staff only to answer their request."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, inspect, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import Forbidden, Gone, RuleBroken
from app.domain import access
from app.domain.hours import Account as HourAccount
from app.domain.limits import EXPORT
from app.domain.people import Actor, Relation
from app.domain.rights import RightsKind, RightsState
from app.models import Account, HourEntry, Person, RightsRequest
from app.schemas.exports import ExportQuery
from app.services import minors, people_merged, rate_limits, subjects
from app.services.exports_section import Section
from app.services.exports_sections import SECTIONS
from app.services.exports_xlsx import workbook

MOST_ROWS = 5_000
"""Of one section; the newest are shown."""


async def mine(session: AsyncSession, database: Database, actor: Actor, sealer: Sealer) -> dict[str, Any]:
    """Everything about the caller."""
    actor.checked.add(access.SELF)
    subject = await subjects.load(session, actor, None, "people:export")
    return await _everything(session, database, actor, sealer, subject.person, "own_export")


async def of_person(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, person_id: UUID, query: ExportQuery
) -> dict[str, Any]:
    """Everything about somebody: for their guardian, or for staff who answer their request for access."""
    subject = await subjects.load(session, actor, person_id, "people:export")
    if Relation.SUBJECT in subject.parties:
        return await _everything(session, database, actor, sealer, subject.person, "own_export")
    asked = select(RightsRequest.asked_by).where(
        RightsRequest.id == query.request_id,
        RightsRequest.person_id == person_id,
        RightsRequest.kind == RightsKind.ACCESS,
        RightsRequest.state == RightsState.RECEIVED,
    )
    asked_by = await session.scalar(asked)
    if asked_by is None:
        raise RuleBroken("只能为答复此人正在办理的查阅请求而导出", field="request_id")
    if asked_by == actor.person_id:
        raise Forbidden("请求由您代为登记，须由另一位管理员办理")
    await minors.must_be_approved(session, actor, subject.person)
    actor.trace.why = str(query.request_id)
    return await _everything(session, database, actor, sealer, subject.person, "access_request")


async def as_xlsx(found: dict[str, Any]) -> bytes:
    """The same as a workbook, a sheet a section; written in a thread, as it takes the processor."""
    return await asyncio.to_thread(workbook, found)


async def _everything(
    session: AsyncSession, database: Database, actor: Actor, sealer: Sealer, person: Person, purpose: str
) -> dict[str, Any]:
    if person.secret is None:
        raise Gone()
    await rate_limits.spend(database, sealer, actor.district_id, EXPORT, f"{actor.person_id}/{person.id}")
    accounts = list(await session.scalars(select(Account.id).where(Account.person_id == person.id)))
    records = await people_merged.ids_of(session, person.id)
    sections = [
        await _section(session, sealer, person, accounts if section.by_account else records, section)
        for section in SECTIONS
    ]
    actor.trace.purpose = purpose
    actor.trace.opened = sorted({f"{section.name}.{field}" for section in SECTIONS for field in section.sealed})
    totals = {
        "recorded_minutes": await _balance(session, records, HourAccount.RECORDED),
        "confirmed_minutes": await _balance(session, records, HourAccount.CONFIRMED),
    }
    return {"person_id": person.id, "made_at": now(), "totals": totals, "sections": sections}


async def _section(
    session: AsyncSession, sealer: Sealer, person: Person, owners: Sequence[UUID], section: Section
) -> dict[str, Any]:
    """``owners``: the accounts, or the records, whose rows are the person's. What is sealed has moved with the secret it needs."""
    model = section.model
    ids = [person.id] if section.sealed and not section.by_account else owners
    query = select(model).where(section.theirs(ids)).order_by(model.id.desc()).limit(MOST_ROWS + 1)
    rows = (await session.scalars(query)).all()
    return {
        "name": section.name,
        "title": section.title,
        "columns": section.fields,
        "rows": [_row(sealer, person, section, row) for row in rows[:MOST_ROWS]],
        "truncated": len(rows) > MOST_ROWS,
    }


def _row(sealer: Sealer, person: Person, section: Section, row: Any) -> dict[str, Any]:
    return {field: _value(sealer, person, section, row, field) for field in section.fields}


def _value(sealer: Sealer, person: Person, section: Section, row: Any, field: str) -> Any:
    if section.said and field == section.said[0]:
        return section.typed(row)
    if field in section.sealed:
        return _opened(sealer, person, row, f"{field}_sealed")
    return _plain(getattr(row, field))


def _opened(sealer: Sealer, person: Person, row: Any, column: str) -> str | None:
    box = getattr(row, column)
    if not box:
        return None
    table: str = inspect(type(row)).local_table.name
    return sealer.open(box, row.district_id, table, column, row.id, person.secret)


def _plain(value: Any) -> Any:
    """A value that JSON and a cell can hold."""
    if isinstance(value, Range):
        return [_plain(value.lower), _plain(value.upper)]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


async def _balance(session: AsyncSession, records: Sequence[UUID], account: HourAccount) -> int:
    """Minutes on one account of the person, under any of their records: what came in less what went out."""
    total: int | None = await session.scalar(
        select(
            func.sum(HourEntry.minutes)
            .filter(HourEntry.credit == account)
            .op("-")(func.coalesce(func.sum(HourEntry.minutes).filter(HourEntry.debit == account), 0))
        ).where(HourEntry.person_id.in_(records))
    )
    return int(total or 0)
