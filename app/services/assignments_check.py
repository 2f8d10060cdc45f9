"""Check-in and check-out: when service begins and ends, and that nobody serves in two places at once (I4)."""

from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, RuleBroken
from app.core.geo import LonLat, metres_between
from app.core.ids import new_id
from app.domain.assignments import ASSIGNMENT, FENCE_M, UNFINISHED, AssignmentAction, AssignmentState, CheckMethod
from app.domain.people import Actor, Parties, Relation
from app.models import Assignment, ServiceWindow
from app.models.base import literal_in
from app.services.hours_record import record_service
from app.services.orders_case import OrderCase
from app.services.orders_dispatch import move_assignment


async def check_in(
    session: AsyncSession,
    case: OrderCase,
    assignment: Assignment,
    actor: Actor,
    spot: LonLat | None,
    method: CheckMethod,
) -> None:
    """Begin to serve. By position: within the fence of the order's place; by the organizer: witnessed."""
    parties: Parties = case.parties if method is CheckMethod.ORGANIZER else frozenset({Relation.HOLDER})
    ASSIGNMENT.decide(assignment.state, AssignmentAction.CHECK_IN, parties)
    if method is CheckMethod.POSITION:
        _within_fence(case, spot)
    moment = now()
    if assignment.state is AssignmentState.CHECKED_OUT:
        assignment.load_slot = await _free_load_slot(session, assignment)
    await _begin_window(session, assignment, moment)
    assignment.checked_in_at, assignment.checked_out_at = moment, None
    assignment.check_in_method, assignment.check_out_method = method, None
    move_assignment(session, assignment, AssignmentAction.CHECK_IN, actor, parties=parties, method=method.value)


def _within_fence(case: OrderCase, spot: LonLat | None) -> None:
    if spot is None:
        raise RuleBroken("请提供位置", field="position")
    lon, lat = case.order.lon, case.order.lat
    if lon is not None and lat is not None and metres_between(LonLat(lon, lat), spot) > FENCE_M:
        raise RuleBroken("不在服务地点范围内，无法签到", field="position")


async def _free_load_slot(session: AsyncSession, assignment: Assignment) -> int:
    taken = set(
        await session.scalars(
            select(Assignment.load_slot).where(
                Assignment.person_id == assignment.person_id, text(literal_in("assignments.state", UNFINISHED))
            )
        )
    )
    return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)


async def _begin_window(session: AsyncSession, assignment: Assignment, moment: datetime) -> None:
    """An open-ended window; the exclusion constraint refuses a second one, the lookup says so in words first."""
    serving = await session.scalar(
        select(ServiceWindow.id)
        .where(ServiceWindow.person_id == assignment.person_id, func.upper_inf(ServiceWindow.during))
        .limit(1)
    )
    if serving is not None:
        raise Conflict("正在另一处服务，请先签退")
    session.add(
        ServiceWindow(
            district_id=assignment.district_id,
            id=new_id(),
            person_id=assignment.person_id,
            assignment_id=assignment.id,
            during=Range(moment, None),
        )
    )
    await session.flush()


async def end_window(session: AsyncSession, assignment: Assignment, moment: datetime) -> None:
    await session.execute(
        update(ServiceWindow)
        .where(ServiceWindow.assignment_id == assignment.id, func.upper_inf(ServiceWindow.during))
        .values(during=func.tstzrange(func.lower(ServiceWindow.during), moment))
    )


async def check_out(
    session: AsyncSession,
    case: OrderCase,
    assignment: Assignment,
    actor: Actor,
    method: CheckMethod,
    words: str | None,
) -> None:
    """End the service and record its minutes, once, in the ledger (令第67号 §7: the time actually given)."""
    parties: Parties = case.parties if method is CheckMethod.ORGANIZER else frozenset({Relation.HOLDER})
    moment = now()
    await end_window(session, assignment, moment)
    assignment.checked_out_at, assignment.check_out_method = moment, method
    move_assignment(
        session, assignment, AssignmentAction.CHECK_OUT, actor, parties=parties, method=method.value, words=words
    )
    record_service(session, case.order, assignment, actor)
