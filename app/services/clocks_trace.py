"""Why a clock is due when it is: its marks, the days that counted, and which law and notices say so."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.clocks import CAUSES, MARK_NAMES
from app.domain.clocks_trace import DayLine, Stretch, counted, day_lines, running_spans
from app.domain.people import Actor
from app.domain.work_time import Unit
from app.domain.workdays import DAY_KIND_NAMES
from app.models import Clock, ClockMark
from app.services import clocks_read
from app.services.clocks import count_of, ruler
from app.services.office_hours import hours_of


async def trace(session: AsyncSession, actor: Actor, clock_id: UUID) -> dict[str, Any]:
    """The fields of a ClockTraceRead, for whoever may see the clock."""
    clock = await clocks_read.read(session, actor, clock_id, "clocks:trace")
    rows = (await session.scalars(select(ClockMark).where(ClockMark.clock_id == clock_id).order_by(ClockMark.id))).all()
    until = clock.due_at if clock.ended_at is None else min(clock.ended_at, clock.due_at)
    spans = running_spans(((row.at, row.mark) for row in rows), until)
    lines = day_lines(ruler(clock, await hours_of(session)), spans)
    granted, used = count_of(clock).granted, counted(lines)
    return {
        "clock_id": clock.id,
        "kind": clock.kind,
        "unit": clock.unit,
        "due_at": clock.due_at,
        "granted_seconds": granted.total_seconds(),
        "counted_seconds": used.total_seconds(),
        "left_seconds": (granted - used).total_seconds(),
        "source": clock.source,
        "notices": _notices(clock, lines),
        "awaits_year": clock.awaits_year,
        "marks": [_mark(row) for row in rows],
        "days": [_day(line) for line in lines],
    }


def _notices(clock: Clock, lines: Sequence[DayLine]) -> list[str]:
    """The calendar's sources, each once; a clock of the clock's own minutes needs none."""
    named = [] if clock.unit is Unit.CLOCK_MINUTES else [line.day.notice for line in lines]
    return list(dict.fromkeys(notice for notice in named if notice is not None))


def _mark(row: ClockMark) -> dict[str, Any]:
    return {
        "at": row.at,
        "mark": row.mark,
        "words": f"{MARK_NAMES[row.mark]}：{CAUSES.get(row.cause, row.cause)}",
        "minutes": None if row.time is None else row.time // timedelta(minutes=1),
        "source": row.source,
        "reference_id": row.reference_id,
    }


def _day(line: DayLine) -> dict[str, Any]:
    return {
        "on": line.on,
        "kind": line.day.kind,
        "words": DAY_KIND_NAMES[line.day.kind],
        "occasion": line.day.occasion,
        "counted_seconds": line.counted.total_seconds(),
        "stretches": [_stretch(one) for one in line.stretches],
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    return {"starts_at": one.starts_at, "ends_at": one.ends_at, "counted": one.counted, "reason": one.reason}
