"""What time does to clocks: warned, overdue, one level up; and counting again what was counted by another calendar.

Each is one row in one transaction: a worker that is killed has done nothing, and the next finds the row as due as it was. Of
two workers the second waits for the lock and finds the row moved on.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.domain.clocks import CLOCK, OPEN, ClockAction, ClockKind, ClockSubject, Mark, due_step
from app.domain.workdays import announced
from app.models import Clock, Order
from app.services.clocks import SYSTEM, change, count_of, note, ruler, told
from app.services.office_hours import hours_of
from app.services.outbox import publish

_MARKS = {ClockAction.WARN: Mark.WARN, ClockAction.OVERDUE: Mark.OVERDUE, ClockAction.ESCALATE: Mark.ESCALATE}


async def look(session: AsyncSession, clock_id: UUID) -> None:
    """Take the step that has come due; 409 when none has, or somebody else took it."""
    clock, moment = await _locked(session, clock_id), now()
    paused = clock.paused_at is not None or clock.state not in OPEN
    action = None if paused else due_step(clock.state, moment, clock.due_at, clock.next_at)
    if action is None:
        raise Conflict("时间未到")
    step, source = CLOCK.decide(clock.state, action, SYSTEM), clock.state
    clock.state = step.target
    clock.level += action is not ClockAction.WARN
    clock.next_at = await _next(session, clock)
    note(session, clock, _MARKS[action], action.value, moment)
    target = clock.state.value
    publish(session, CLOCK.noun, clock, action.value, actor=None, source=source.value, target=target, data=told(clock))


async def _next(session: AsyncSession, clock: Clock) -> datetime | None:
    return count_of(clock).next_at(ruler(clock, await hours_of(session)), clock.state, clock.level)


async def recount(session: AsyncSession, clock_id: UUID) -> None:
    """Count again by the calendar as it is known now; the order's deadline moves along."""
    subject = (await session.execute(select(Clock.subject, Clock.subject_id).where(Clock.id == clock_id))).one()
    order = await _order(session, subject.subject_id) if subject.subject is ClockSubject.ORDER else None
    clock = await _locked(session, clock_id)
    awaited = clock.awaits_year is not None and clock.awaits_year <= announced()
    if clock.state not in OPEN or not (clock.stale or awaited):
        raise Conflict("已重新计算")
    cause = "office_hours" if clock.stale else "notice"
    change(session, clock, await hours_of(session), Mark.RECOUNT, cause, actor=None)
    if order is not None and clock.kind is ClockKind.RESOLVE:
        order.due_at = clock.due_at


async def _order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Orders are locked before their clocks."""
    found: Order | None = await session.scalar(select(Order).where(Order.id == order_id).with_for_update())
    return found


async def _locked(session: AsyncSession, clock_id: UUID) -> Clock:
    rows = select(Clock).where(Clock.id == clock_id).with_for_update().execution_options(populate_existing=True)
    clock: Clock | None = await session.scalar(rows)
    if clock is None:
        raise NotFound()
    return clock
