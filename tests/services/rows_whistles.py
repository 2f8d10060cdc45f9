"""Whistles and calls put straight into a state, as the owner, with their first events: where a matrix begins."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.levels import Level
from app.domain.whistle_calls import DONE, OF_DEPARTMENT, CallState, Task, Told, due_of
from app.domain.whistle_types import Limits, Span, Unit
from app.domain.whistles import AFTER_BLOWN, BEFORE_BLOWN, WHISTLE, WhistleState
from app.models import Whistle, WhistleCall, WhistleClock, WhistleType
from tests.services.rows_projects import put_with_event
from tests.worlds import World

_HOURS = {"sign": 1, "contact": 24, "report": 48, "act": 96, "rule": 8, "decide": 8, "blow": 8, "climb": 4}
LIMITS = Limits(**{name: Span(hours, Unit.HOURS) for name, hours in _HOURS.items()})
"""All by the clock, so that tests need not know which days are working days."""
C = CallState
_AFTER_SIGNING = frozenset({C.SIGNED, C.CONTACTED, C.REPORTED}) | DONE


async def put_type(session: AsyncSession, world: World, *, level: Level = Level.COMMUNITY, **more: Any) -> WhistleType:
    row = WhistleType(
        district_id=world.district_id,
        id=new_id(),
        path=world.paths["district"],
        code=f"t{new_id().hex[-12:]}",
        name="日常哨",
        level=level,
        kinds=["department", "partner_unit"],
        matters={},
        retired=False,
        **{"limits": LIMITS.as_json()} | more,
    )
    await put_with_event(session, world, row, "whistle_type")
    return row


async def put_whistle(
    session: AsyncSession,
    world: World,
    state: WhistleState,
    *,
    kind: WhistleType | None = None,
    drafted_by: str = "grid",
    **more: Any,
) -> Whistle:
    """The grid worker's, on a matter at the compound, for the department; approved by the community."""
    kind = kind or await put_type(session, world)
    moment = now()
    row = Whistle(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        type_id=kind.id,
        title="主供水管爆裂",
        words="请到场关阀抢修",
        department_ids=[world.units["department"]],
        drafted_by=world.people[drafted_by],
        place_id=world.places["compound"],
        path=world.paths["compound"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        closed_by_system=False,
        **({"level": kind.level} | _so_far(world, kind, state, moment) | more),
    )
    await put_with_event(session, world, row, WHISTLE.noun, state.value)
    return row


def _so_far(world: World, kind: WhistleType, state: WhistleState, moment: datetime) -> dict[str, Any]:
    blown, decided = state in AFTER_BLOWN, state not in {WhistleState.DRAFTED, WhistleState.WITHDRAWN}
    return {
        "decided_by": world.people["community"] if decided else None,
        "decided_at": moment if decided else None,
        "decision_words": "不属紧急" if state is WhistleState.DENIED else None,
        "lapses_at": moment + timedelta(hours=8) if state in BEFORE_BLOWN else None,
        "blown_at": moment if blown else None,
        "limits": kind.limits if blown else None,
        "type_version": 1 if blown else None,
        "acted_at": moment if state in {WhistleState.ACTED, WhistleState.CLOSED} else None,
        "cancel_reason": "已自行处置" if state is WhistleState.CANCELLED else None,
        "ended_at": moment if state in WHISTLE.final else None,
    }


async def put_call(
    session: AsyncSession,
    world: World,
    state: CallState,
    *,
    whistle: Whistle | None = None,
    unit: str = "department",
    **more: Any,
) -> WhistleCall:
    """The department's, with its clocks."""
    whistle = whistle or await put_whistle(session, world, WhistleState.BLOWN)
    moment = now()
    ruled, disputed = state is C.RULED_OUT, state in {C.RULED_OUT, C.DISPUTED}
    row = WhistleCall(
        district_id=world.district_id,
        id=new_id(),
        whistle_id=whistle.id,
        path=whistle.path,
        organization_id=world.units[unit],
        state=state,
        called_at=moment,
        signed_at=moment if state in _AFTER_SIGNING else None,
        disputed_at=moment if disputed else None,
        dispute_duty="三定方案" if disputed else None,
        ruled_at=moment if ruled else None,
        ruled_by=world.people["subdistrict"] if ruled else None,
        ruling_words="不属其职责" if ruled else None,
        acted_at=moment if state in DONE else None,
        result="已修复" if state in DONE else None,
        rating=5 if state is C.RATED else None,
        rating_back=4 if state is C.RATED else None,
        **more,
    )
    told = {"whistle_id": str(whistle.id), "organization_id": str(row.organization_id)}
    await put_with_event(session, world, row, "whistle-call", state.value, told)
    session.add_all(_clocks(row, moment))
    await session.flush()
    return row


def _clocks(call: WhistleCall, moment: datetime) -> list[WhistleClock]:
    tasks = (*OF_DEPARTMENT, Task.RULE) if call.state is C.DISPUTED else OF_DEPARTMENT
    return [
        WhistleClock(
            district_id=call.district_id,
            id=new_id(),
            call_id=call.id,
            task=task,
            started_at=moment,
            due_at=due_of(task, moment, LIMITS),
            told=Told.NOBODY,
        )
        for task in tasks
    ]


async def call_of(session: AsyncSession, whistle: Whistle) -> WhistleCall:
    return (await session.scalars(select(WhistleCall).where(WhistleCall.whistle_id == whistle.id))).one()
