"""The verbs of clocks: start, pause, resume, meet, stop, extend, set another limit. Whoever calls holds the subject's row.

Clocks are locked after what they are about. Reading is one thing (``timing``), changing another: the verbs wait for nothing,
so that a step of a subject takes its clocks along in its own write.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.core.ids import new_id
from app.domain.clocks import (
    CLOCK,
    OPEN,
    ClockAction,
    ClockKind,
    ClockState,
    ClockSubject,
    Count,
    Limit,
    Mark,
    recounted,
)
from app.domain.clocks_trace import running_spans
from app.domain.people import Actor, Relation
from app.domain.work_time import HOUSE_HOURS, NOTHING, Measure, OfficeHours, measure, notice_awaited
from app.models import Clock, ClockMark, Order
from app.models.base import literal_in
from app.services.office_hours import hours_of
from app.services.outbox import publish

SYSTEM = frozenset({Relation.SYSTEM})
_OPEN = literal_in("clocks.state", OPEN)
_ENDS = {ClockAction.MEET: Mark.MEET, ClockAction.STOP: Mark.STOP}


@dataclass(slots=True)
class Timing:
    """The clocks of one subject that have not ended, and the office hours they go by."""

    clocks: list[Clock] = field(default_factory=list)
    hours: OfficeHours = HOUSE_HOURS

    def open(self, kind: ClockKind) -> Clock | None:
        return next((clock for clock in self.clocks if clock.kind is kind and clock.state in OPEN), None)


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a clock is about, and where."""

    subject: ClockSubject
    id: UUID
    district_id: int
    path: str
    community_id: UUID | None
    grid_id: UUID | None
    round: int = 1


async def timing(session: AsyncSession, subject_id: UUID) -> Timing:
    """The open clocks of a subject, locked, for a verb that holds the subject already."""
    rows = select(Clock).where(Clock.subject_id == subject_id, text(_OPEN)).order_by(Clock.id)
    locked = rows.with_for_update().execution_options(populate_existing=True)
    return Timing(list(await session.scalars(locked)), await hours_of(session))


def ruler(clock: Clock, hours: OfficeHours) -> Measure:
    return measure(clock.unit, hours, clock.started_at)


def count_of(clock: Clock) -> Count:
    return Count(clock.limit_time + clock.extended_time, clock.left_time, clock.counted_from)


def start(
    session: AsyncSession, times: Timing, bearer: Bearer, kind: ClockKind, limit: Limit, cause: str, at: datetime
) -> Clock:
    """A new clock that runs from now; the one that runs already, where there is one."""
    if (running := times.open(kind)) is not None:
        return running
    clock = Clock(
        **started(bearer, kind, limit, times.hours, at),
        id=new_id(),
        state=ClockState.RUNNING,
    )
    session.add(clock)
    times.clocks.append(clock)
    note(session, clock, Mark.START, cause, at, time=limit.time, unit=limit.unit, source=limit.source)
    return clock


def started(bearer: Bearer, kind: ClockKind, limit: Limit, hours: OfficeHours, at: datetime) -> dict[str, Any]:
    """The columns of a clock that starts, but for its key and state."""
    gauge, count = measure(limit.unit, hours, at), Count(limit.time, limit.time, at)
    due_at = count.due_at(gauge)
    return {
        "district_id": bearer.district_id,
        "kind": kind,
        "subject": bearer.subject,
        "subject_id": bearer.id,
        "round": bearer.round,
        "path": bearer.path,
        "community_id": bearer.community_id,
        "grid_id": bearer.grid_id,
        "level": 0,
        "unit": limit.unit,
        "limit_time": limit.time,
        "source": limit.source,
        "extended_time": NOTHING,
        "left_time": limit.time,
        "counted_from": at,
        "started_at": at,
        "warn_at": count.warned_at(gauge),
        "due_at": due_at,
        "next_at": count.warned_at(gauge),
        "awaits_year": notice_awaited(limit.unit, due_at),
        "stale": False,
        "version": 0,
        "updated_at": at,
    }


def note(session: AsyncSession, clock: Clock, mark: Mark, cause: str, at: datetime, **columns: Any) -> None:
    """A line of the clock's own record."""
    row = {"district_id": clock.district_id, "clock_id": clock.id, "mark": mark, "cause": cause, "at": at}
    session.add(ClockMark(id=new_id(), **row, **columns))


def pause(session: AsyncSession, times: Timing, kind: ClockKind, cause: str, at: datetime) -> None:
    """Let it stand still, whatever is left."""
    clock = times.open(kind)
    if clock is None or clock.paused_at is not None:
        return
    clock.left_time = count_of(clock).left_at(ruler(clock, times.hours), at)
    clock.counted_from = clock.paused_at = clock.updated_at = at
    clock.next_at = None
    note(session, clock, Mark.PAUSE, cause, at)


def resume(session: AsyncSession, times: Timing, kind: ClockKind, cause: str, at: datetime) -> None:
    """Let it run on with what was left."""
    clock = times.open(kind)
    if clock is None or clock.paused_at is None:
        return
    clock.counted_from = clock.updated_at = at
    clock.paused_at = None
    set_times(clock, times.hours)
    note(session, clock, Mark.RESUME, cause, at)


def meet(session: AsyncSession, times: Timing, kind: ClockKind, cause: str, at: datetime) -> bool:
    """What it was for is done; whether there was one to meet."""
    return _end(session, times, kind, ClockAction.MEET, cause, at)


def stop(session: AsyncSession, times: Timing, kind: ClockKind, cause: str, at: datetime) -> bool:
    """What it was for need not be done any more."""
    return _end(session, times, kind, ClockAction.STOP, cause, at)


def _end(session: AsyncSession, times: Timing, kind: ClockKind, action: ClockAction, cause: str, at: datetime) -> bool:
    clock = times.open(kind)
    if clock is None:
        return False
    clock.state = CLOCK.decide(clock.state, action, SYSTEM).target
    clock.ended_at = clock.updated_at = at
    clock.next_at = clock.paused_at = None
    note(session, clock, _ENDS[action], cause, at)
    return True


def set_times(clock: Clock, hours: OfficeHours) -> None:
    """When it warns, is due and climbs, from what is left. What has passed already keeps its moment.

    Where a shorter limit leaves nothing of one that would have gone on, it is due from then on.
    """
    gauge, count = ruler(clock, hours), count_of(clock)
    if clock.left_time > NOTHING or clock.due_at > clock.counted_from:
        clock.due_at = count.due_at(gauge)
        clock.warn_at = count.warned_at(gauge)
    paused = clock.paused_at is not None
    clock.next_at = None if paused else count.next_at(gauge, clock.state, clock.level)
    clock.awaits_year = notice_awaited(clock.unit, clock.due_at)
    clock.stale = False


def change(
    session: AsyncSession,
    clock: Clock,
    hours: OfficeHours,
    mark: Mark,
    cause: str,
    *,
    actor: Actor | None,
    source_id: UUID | None = None,
    time: timedelta | None = None,
    source: str | None = None,
) -> None:
    """After its limit or the calendar has changed: its times, the state they make, a mark and an event."""
    at, gauge, before = now(), ruler(clock, hours), clock.state
    after = recounted(before, count_of(clock), gauge, at)
    if after is not before and after in CLOCK.decide(before, ClockAction.RECOUNT, SYSTEM).targets:
        clock.state, clock.level = after, 0
    set_times(clock, hours)
    note(session, clock, mark, cause, at, time=time, unit=clock.unit, source=source, reference_id=source_id)
    data = told(clock) | {"cause": cause}
    target = clock.state.value
    publish(session, CLOCK.noun, clock, mark.value, actor=actor, source=before.value, target=target, data=data)


def told(clock: Clock) -> dict[str, Any]:
    """What an event says of a clock."""
    return {
        "kind": clock.kind.value,
        "subject": clock.subject.value,
        "subject_id": str(clock.subject_id),
        "level": clock.level,
        "due_at": clock.due_at.isoformat(),
    }


async def extend(
    session: AsyncSession,
    order: Order,
    minutes: int,
    cause: str = "extension",
    *,
    actor: Actor | None = None,
    source_id: UUID | None = None,
) -> Clock:
    """More time for the work on an order whose row the caller holds; the order's deadline moves with it.

    ``minutes`` in the measure of its clock: of one in working days 1,440 a day, of one in working minutes minutes of office
    hours. ``source_id`` is the row that grants it; ``cause`` a code of ``domain.clocks.CAUSES``. 409 when the work is done.
    """
    times, more = await timing(session, order.id), timedelta(minutes=minutes)
    clock = lengthen(session, times, ClockKind.RESOLVE, more, cause, actor=actor, source_id=source_id)
    order.due_at = clock.due_at
    return clock


def lengthen(
    session: AsyncSession,
    times: Timing,
    kind: ClockKind,
    time: timedelta,
    cause: str,
    *,
    actor: Actor | None = None,
    source_id: UUID | None = None,
) -> Clock:
    """More time for a clock of any subject. 409 when none of this kind runs."""
    clock = times.open(kind)
    if clock is None:
        raise Conflict("没有正在计时的时限")
    clock.extended_time += time
    clock.left_time += time
    change(session, clock, times.hours, Mark.EXTEND, cause, actor=actor, source_id=source_id, time=time)
    return clock


async def relimit(
    session: AsyncSession, times: Timing, kind: ClockKind, limit: Limit, *, actor: Actor | None, cause: str
) -> Clock | None:
    """Another limit: what was used and paused stays used and paused, extensions stay granted. None without such a clock.

    In another unit, what was used is counted in that unit, from the start, without the pauses.
    """
    clock = times.open(kind)
    if clock is None:
        return None
    used = clock.limit_time + clock.extended_time - clock.left_time
    if limit.unit is not clock.unit:
        clock.counted_from, clock.unit = clock.paused_at or now(), limit.unit
        used = await _used(session, clock, times.hours)
    clock.left_time = limit.time + clock.extended_time - used
    clock.limit_time, clock.source = limit.time, limit.source
    change(session, clock, times.hours, Mark.RELIMIT, cause, actor=actor, time=limit.time, source=limit.source)
    return clock


async def _used(session: AsyncSession, clock: Clock, hours: OfficeHours) -> timedelta:
    """What has counted until ``counted_from``, in the clock's unit."""
    rows = select(ClockMark.at, ClockMark.mark).where(ClockMark.clock_id == clock.id).order_by(ClockMark.id)
    marks = [(row.at, row.mark) for row in await session.execute(rows)]
    gauge = ruler(clock, hours)
    return sum((gauge.between(*span) for span in running_spans(marks, clock.counted_from)), NOTHING)
