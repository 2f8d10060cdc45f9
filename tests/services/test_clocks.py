"""Clocks in the database: what time does to them, who comes second, what a killed worker leaves, and being counted again."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.core.errors import AppError, Conflict
from app.core.ids import new_id
from app.domain import workdays
from app.domain.clocks import CLOCK, OPEN, ClockAction, ClockKind, ClockState, Mark
from app.domain.work_time import HOUSE_HOURS
from app.models import Clock, ClockMark, Event, OfficeHours
from app.services import clocks, clocks_tick
from app.workers import clocks as worker
from app.workers import clocks_limits
from tests.services.rows_clocks import put_clock
from tests.worlds import World

S = ClockState


@pytest.fixture
async def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


async def put(owner: Database, world: World, state: ClockState, **more: Any) -> Clock:
    async with owner.transaction(world.district_id) as session:
        return await put_clock(session, world, state, new_id(), **more)


async def again(owner: Database, world: World, clock_id: UUID) -> Clock:
    async with owner.transaction(world.district_id) as session:
        return (await session.scalars(select(Clock).where(Clock.id == clock_id))).one()


async def told(owner: Database, world: World, clock_id: UUID) -> list[tuple[int, str, str | None]]:
    async with owner.transaction(world.district_id) as session:
        rows = await session.execute(
            select(Event.seq, Event.action, Event.target).where(Event.aggregate_id == clock_id).order_by(Event.seq)
        )
        return [(row.seq, row.action, row.target) for row in rows]


async def marks(owner: Database, world: World, clock_id: UUID) -> list[Mark]:
    async with owner.transaction(world.district_id) as session:
        rows = select(ClockMark.mark).where(ClockMark.clock_id == clock_id).order_by(ClockMark.id)
        return list(await session.scalars(rows))


async def due(database: Database, world: World) -> list[UUID]:
    """What a worker finds now."""
    found: list[UUID] = []
    async with database.transaction(world.district_id) as session:
        for rows, _ in clocks_limits.due():
            found += await session.scalars(rows)
    return found


async def test_a_clock_nobody_meets_is_warned_of_and_climbs_to_the_district(
    world: World, owner: Database, database: Database
) -> None:
    """Ten hours: warned of at 8, overdue at 10, up at 15, 20 and 25; each once, however often somebody looks."""
    clock = await put(owner, world, S.RUNNING, hours_ago=0)
    seen = []
    for hour in (7, 8, 9, 10, 14, 15, 20, 25, 99):
        with time_machine.travel(clock.started_at + timedelta(hours=hour, seconds=1), tick=False):
            await worker.tick(database, world.district_id)
            await worker.tick(database, world.district_id)
            row = await again(owner, world, clock.id)
        seen.append((hour, row.state, row.level))
    assert seen == [
        (7, S.RUNNING, 0),
        (8, S.WARNED, 0),
        (9, S.WARNED, 0),
        (10, S.OVERDUE, 1),
        (14, S.OVERDUE, 1),
        (15, S.ESCALATED, 2),
        (20, S.ESCALATED, 3),
        (25, S.ESCALATED, 4),
        (99, S.ESCALATED, 4),
    ]
    assert [seq for seq, _, _ in await told(owner, world, clock.id)] == [1, 2, 3, 4, 5]
    assert (await again(owner, world, clock.id)).next_at is None, "nobody looks at what has reached the top"


async def test_of_two_workers_one_does_it(world: World, owner: Database, database: Database) -> None:
    clock = await put(owner, world, S.WARNED, hours_ago=11)

    async def look() -> bool:
        try:
            async with database.transaction(world.district_id) as session:
                await clocks_tick.look(session, clock.id)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(*(look() for _ in range(4)))) == [False, False, False, True]
    await asyncio.gather(*(worker.tick(database, world.district_id) for _ in range(2)))
    assert await told(owner, world, clock.id) == [(1, "overdue", "overdue")]


async def test_a_worker_killed_in_the_middle_has_done_nothing(
    world: World, owner: Database, database: Database
) -> None:
    clock = await put(owner, world, S.WARNED, hours_ago=11)

    async def dies() -> None:
        async with database.transaction(world.district_id) as session:
            await clocks_tick.look(session, clock.id)
            await session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await dies()
    assert ((await again(owner, world, clock.id)).state, await told(owner, world, clock.id)) == (S.WARNED, [])
    assert clock.id in await due(database, world)
    await worker.tick(database, world.district_id)
    assert await told(owner, world, clock.id) == [(1, "overdue", "overdue")]


@pytest.mark.parametrize("state", S, ids=lambda state: state.value)
async def test_state_by_action(world: World, owner: Database, database: Database, state: ClockState) -> None:
    """Every state × what may happen to a clock, against the table: time, meeting and stopping it."""
    for action, move in ((ClockAction.MEET, clocks.meet), (ClockAction.STOP, clocks.stop)):
        clock = await put(owner, world, state)
        async with database.transaction(world.district_id) as session:
            times = await clocks.timing(session, clock.subject_id)
            done = move(session, times, ClockKind.RESOLVE, "report", now())
        targets = [step.target for step in CLOCK.steps if step.action is action and state in step.sources]
        assert done is bool(targets)
        assert (await again(owner, world, clock.id)).state is (targets[0] if targets else state)
    due_now = await put(owner, world, state, hours_ago=40)
    try:
        async with database.transaction(world.district_id) as session:
            await clocks_tick.look(session, due_now.id)
        moved = True
    except AppError:
        moved = False
    by_time = {S.RUNNING: S.OVERDUE, S.WARNED: S.OVERDUE, S.OVERDUE: S.ESCALATED, S.ESCALATED: S.ESCALATED}
    assert (moved, (await again(owner, world, due_now.id)).state) == (state in OPEN, by_time.get(state, state))


async def test_a_paused_clock_is_left_alone_and_runs_on_with_what_was_left(
    world: World, owner: Database, database: Database
) -> None:
    clock = await put(owner, world, S.RUNNING, hours_ago=4)
    async with database.transaction(world.district_id) as session:
        clocks.pause(session, await clocks.timing(session, clock.subject_id), ClockKind.RESOLVE, "suspend", now())
    with time_machine.travel(now() + timedelta(days=9), tick=False):
        assert clock.id not in await due(database, world)
        async with database.transaction(world.district_id) as session:
            times = await clocks.timing(session, clock.subject_id)
            clocks.pause(session, times, ClockKind.RESOLVE, "suspend", now())
            clocks.resume(session, times, ClockKind.RESOLVE, "resume", now())
        row = await again(owner, world, clock.id)
        assert abs(row.due_at - (now() + timedelta(hours=6))) < timedelta(seconds=5)
    assert await marks(owner, world, clock.id) == [Mark.START, Mark.PAUSE, Mark.RESUME], "paused twice is paused once"


async def test_more_time_takes_an_overdue_clock_back(world: World, owner: Database, database: Database) -> None:
    clock, reason = await put(owner, world, S.ESCALATED, hours_ago=16), new_id()
    async with database.transaction(world.district_id) as session:
        times, more = await clocks.timing(session, clock.subject_id), timedelta(hours=90)
        clocks.lengthen(session, times, ClockKind.RESOLVE, more, "extension", source_id=reason)
    row = await again(owner, world, clock.id)
    assert (row.state, row.level) == (S.RUNNING, 0)
    assert row.due_at == clock.due_at + timedelta(hours=90)
    assert row.next_at == clock.started_at + timedelta(hours=80)
    assert await told(owner, world, clock.id) == [(1, "extend", "running")]
    async with database.transaction(world.district_id) as session:
        with pytest.raises(Conflict):
            clocks.lengthen(
                session, await clocks.timing(session, new_id()), ClockKind.SIGN, timedelta(hours=1), "extension"
            )


async def test_a_shorter_limit_that_is_used_up_already_is_due_at_once(
    world: World, owner: Database, database: Database
) -> None:
    clock, moment = await put(owner, world, ClockState.RUNNING), now()
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Clock).where(Clock.id == clock.id))).one()
        row.counted_from, row.due_at, row.left_time = moment, moment + timedelta(days=6), -timedelta(hours=2)
        clocks.set_times(row, HOUSE_HOURS)
        assert (row.due_at, row.next_at) == (moment, moment)
    async with database.transaction(world.district_id) as session:
        await clocks_tick.look(session, clock.id)
    assert (await again(owner, world, clock.id)).state is ClockState.OVERDUE


async def test_one_clock_of_a_kind_runs_at_a_time(world: World, owner: Database) -> None:
    clock = await put(owner, world, S.RUNNING)
    with pytest.raises(Exception, match="uq_clocks_open"):
        await again_of(owner, world, clock)


async def again_of(owner: Database, world: World, clock: Clock) -> None:
    async with owner.transaction(world.district_id) as session:
        await put_clock(session, world, S.RUNNING, clock.subject_id)


async def count_as_working(session: AsyncSession, clock: Clock, **columns: Any) -> None:
    await session.execute(update(Clock).where(Clock.id == clock.id).values(**columns))


async def test_a_year_whose_notice_is_out_is_counted_again(
    world: World, owner: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was counted by the week waits for its year; what waits for another, or has ended, is left alone."""
    waits, other, over = [await put(owner, world, state) for state in (S.RUNNING, S.RUNNING, S.MET)]
    async with owner.transaction(world.district_id) as session:
        for clock, year in ((waits, 2027), (other, 2028), (over, 2027)):
            await count_as_working(session, clock, awaits_year=year, due_at=clock.due_at + timedelta(days=3))
    assert await due(database, world) == []
    monkeypatch.setattr(clocks_limits, "announced", lambda: 2027)
    monkeypatch.setattr(clocks_tick, "announced", lambda: 2027)
    monkeypatch.setattr(workdays, "announced", lambda: 2027)
    assert await due(database, world) == [waits.id]
    await worker.tick(database, world.district_id)
    row = await again(owner, world, waits.id)
    assert (row.due_at, row.awaits_year) == (waits.due_at, None)
    assert await told(owner, world, waits.id) == [(1, "recount", "running")]
    assert await due(database, world) == []


async def test_office_hours_that_change_move_what_is_counted_in_them(
    world: World, owner: Database, database: Database
) -> None:
    """Kept as rows by day; clocks of the clock's own minutes go on as they were."""
    plain = await put(owner, world, S.RUNNING)
    async with owner.transaction(world.district_id) as session:
        week = [[[540, 600]]] * 5 + [[], []]
        path = {"path": world.paths["district"], "set_by": world.people["district"], "version": 1}
        row = OfficeHours(district_id=world.district_id, id=new_id(), valid_from=date(2026, 1, 1), week=week, **path)
        session.add(row)
        await count_as_working(session, plain, stale=True)
    await worker.tick(database, world.district_id)
    found = await again(owner, world, plain.id)
    assert (found.stale, found.due_at) == (False, plain.due_at)
    assert (await marks(owner, world, plain.id))[-1] is Mark.RECOUNT
