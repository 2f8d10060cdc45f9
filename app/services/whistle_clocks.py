"""Clocks of the limits of a call: begun with it, met by its steps, stopped by a dispute; and what is told when one is late.

Each telling is one transaction that locks the call, looks at the clock again, and moves ``next_at`` on: nothing is told twice,
however many workers look.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.core.ids import new_id
from app.domain.whistle_calls import (
    CALL,
    OF_DEPARTMENT,
    Task,
    Told,
    due_of,
    next_at,
    next_told,
    rungs,
    warned_at,
)
from app.domain.whistle_types import Limits, limits_of
from app.models import Whistle, WhistleCall, WhistleClock
from app.services.office_hours import hours_of
from app.services.outbox import publish
from app.services.whistles_case import told

_of_call = and_(WhistleCall.district_id == WhistleClock.district_id, WhistleCall.id == WhistleClock.call_id)
_of_whistle = and_(Whistle.district_id == WhistleCall.district_id, Whistle.id == WhistleCall.whistle_id)


async def clocks_of(session: AsyncSession, calls: Iterable[UUID]) -> dict[UUID, list[WhistleClock]]:
    """Call → its clocks, in the order of their tasks."""
    found: dict[UUID, list[WhistleClock]] = {call_id: [] for call_id in calls}
    order = list(Task).index
    for clock in await session.scalars(select(WhistleClock).where(WhistleClock.call_id.in_(found))):
        found[clock.call_id].append(clock)
    return {call_id: sorted(clocks, key=lambda clock: order(clock.task)) for call_id, clocks in found.items()}


async def begin(
    session: AsyncSession, call: WhistleCall, limits: Limits, moment: datetime, tasks: Iterable[Task] = OF_DEPARTMENT
) -> None:
    """Run these clocks from now; what ran before begins anew."""
    there = {clock.task: clock for clock in (await clocks_of(session, [call.id]))[call.id]}
    hours = await hours_of(session)
    for task in tasks:
        clock = there.get(task)
        if clock is None:
            clock = WhistleClock(district_id=call.district_id, id=new_id(), call_id=call.id, task=task)
            session.add(clock)
        clock.started_at, clock.due_at = moment, due_of(task, moment, limits, hours)
        clock.told, clock.next_at = Told.NOBODY, warned_at(moment, clock.due_at)
        clock.met_at = clock.stopped_at = None


async def meet(session: AsyncSession, call: WhistleCall, task: Task, moment: datetime) -> None:
    """What the limit was for is done, in time or late."""
    clock = await _running(session, call, task)
    clock.met_at, clock.next_at = moment, None


async def due_at(session: AsyncSession, call: WhistleCall, task: Task) -> datetime:
    return (await _running(session, call, task)).due_at


async def _running(session: AsyncSession, call: WhistleCall, task: Task) -> WhistleClock:
    rows = await session.scalars(
        select(WhistleClock)
        .where(WhistleClock.call_id == call.id, WhistleClock.task == task)
        .execution_options(populate_existing=True)
    )
    return rows.one()


async def stop(session: AsyncSession, call: WhistleCall, moment: datetime) -> None:
    """Whatever still runs no longer counts."""
    for clock in (await clocks_of(session, [call.id]))[call.id]:
        if clock.met_at is None and clock.stopped_at is None:
            clock.stopped_at, clock.next_at = moment, None


async def count_again(session: AsyncSession) -> None:
    """Office hours of days to come have changed: what is not due yet is due by them, and warned of by them."""
    running = (WhistleClock.met_at.is_(None), WhistleClock.stopped_at.is_(None), WhistleClock.due_at > now())
    rows = select(WhistleClock, Whistle.limits).join(WhistleCall, _of_call).join(Whistle, _of_whistle).where(*running)
    ordered = rows.order_by(WhistleCall.id, WhistleClock.id)
    held = ordered.with_for_update(of=(WhistleCall, WhistleClock)).execution_options(populate_existing=True)
    hours = await hours_of(session)
    for clock, limits in (await session.execute(held)).all():
        clock.due_at = due_of(clock.task, clock.started_at, limits_of(limits), hours)
        clock.next_at = clock.due_at if clock.told is Told.WARNED else warned_at(clock.started_at, clock.due_at)


async def tell(session: AsyncSession, clock_id: UUID) -> None:
    """Warn before a limit, and after it tell the next rung, once each."""
    call, clock = await _held(session, clock_id)
    moment = now()
    if clock.next_at is None or clock.next_at > moment:
        raise Conflict("时间未到，或已告知")
    whistle = (await session.scalars(select(Whistle).where(Whistle.id == call.whistle_id))).one()
    ladder = rungs(
        clock.task, whistle.level, grid=whistle.grid_id is not None, community=whistle.community_id is not None
    )
    step = next_told(clock.told, ladder, overdue=moment >= clock.due_at)
    if step is None:
        clock.next_at = None
        return
    clock.told = step
    limits, hours = limits_of(whistle.limits or {}), await hours_of(session)
    clock.next_at = next_at(step, ladder, clock.due_at, moment, limits, hours)
    action = "warn" if step is Told.WARNED else "overdue"
    data = told(call) | {"task": clock.task.value, "told": step.value, "due_at": clock.due_at.isoformat()}
    publish(session, CALL.noun, call, action, actor=None, data=data | {"first": step.value == ladder[0].value})


async def _held(session: AsyncSession, clock_id: UUID) -> tuple[WhistleCall, WhistleClock]:
    """The call, then the clock as it is under its lock."""
    clock = (await session.scalars(select(WhistleClock).where(WhistleClock.id == clock_id))).one()
    held = select(WhistleCall).where(WhistleCall.id == clock.call_id)
    call = (await session.scalars(held.with_for_update().execution_options(populate_existing=True))).one()
    await session.refresh(clock)
    return call, clock
