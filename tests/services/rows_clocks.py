"""Clocks put straight into a state, as the owner."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.clocks import LATE, OPEN, ClockKind, ClockState, ClockSubject, Limit, Mark
from app.domain.work_time import HOUSE_HOURS, Unit
from app.models import Clock
from app.services import clocks
from app.services.clocks import Bearer
from tests.worlds import World


async def put_clock(
    session: AsyncSession,
    world: World,
    state: ClockState,
    subject_id: UUID,
    *,
    kind: ClockKind = ClockKind.RESOLVE,
    subject: ClockSubject = ClockSubject.ORDER,
    hours_ago: int = 1,
    limit_hours: int = 10,
) -> Clock:
    """A clock of hours of the clock, of something at resident1's home, begun so long ago."""
    place = (world.paths["home1"], world.places["community"], world.places["grid"])
    bearer = Bearer(subject, subject_id, world.district_id, *place)
    limit, begun = (
        Limit(timedelta(hours=limit_hours), Unit.CLOCK_MINUTES, "本系统规定"),
        now() - timedelta(hours=hours_ago),
    )
    clock = Clock(id=new_id(), state=state, **clocks.started(bearer, kind, limit, HOUSE_HOURS, begun))
    clock.level = 2 if state is ClockState.ESCALATED else int(state in LATE)
    ended = state not in OPEN
    clock.ended_at = now() if ended else None
    clock.next_at = (
        None if ended else clocks.count_of(clock).next_at(clocks.ruler(clock, HOUSE_HOURS), state, clock.level)
    )
    session.add(clock)
    await session.flush()
    clocks.note(session, clock, Mark.START, "open", begun, time=limit.time, unit=limit.unit, source=limit.source)
    await session.flush()
    return clock
