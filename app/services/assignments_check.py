"""Check-in and check-out: when service begins and ends, and that nobody serves in two places at once (I4)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import RuleBroken
from app.core.geo import LonLat
from app.domain.assignments import ASSIGNMENT, UNFINISHED, AssignmentAction, AssignmentState, CheckMethod
from app.domain.contacts import LONGEST
from app.domain.hours import LONGEST_SERVICE
from app.domain.people import Actor, Parties, Relation
from app.models import Assignment
from app.models.base import literal_in
from app.services.fences import must_be_within
from app.services.hours_record import record_service
from app.services.orders_case import SYSTEM, OrderCase
from app.services.orders_dispatch import move_assignment
from app.services.service_windows import begin_window, drop_window, end_window


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
    if assignment.person_id is None:
        raise RuleBroken("单位承办的工单不签到，参与者的时长请补录")
    if method is CheckMethod.POSITION:
        await must_be_within(session, case.order, spot)
    moment = now()
    if assignment.state is AssignmentState.CHECKED_OUT:
        _must_be_recent(assignment, moment)
        assignment.load_slot = await _free_load_slot(session, assignment)
    await begin_window(session, assignment, moment)
    assignment.checked_in_at, assignment.checked_out_at = moment, None
    assignment.check_in_method, assignment.check_out_method = method, None
    move_assignment(session, assignment, AssignmentAction.CHECK_IN, actor, parties=parties, method=method.value)


def _must_be_recent(assignment: Assignment, moment: datetime) -> None:
    """Whoever has not come for so long does not come back by themselves: it would open the asker's contact anew."""
    if assignment.checked_out_at is not None and moment >= assignment.checked_out_at + LONGEST:
        raise RuleBroken("距上次签退已久，请网格员重新派单")


async def _free_load_slot(session: AsyncSession, assignment: Assignment) -> int:
    taken = set(
        await session.scalars(
            select(Assignment.load_slot).where(
                Assignment.person_id == assignment.person_id, text(literal_in("assignments.state", UNFINISHED))
            )
        )
    )
    return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)


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
    await _end_service(session, case, assignment, actor, parties, method, words=words)


async def _end_service(
    session: AsyncSession,
    case: OrderCase,
    assignment: Assignment,
    actor: Actor | None,
    parties: Parties,
    method: CheckMethod | None,
    **data: Any,
) -> None:
    """A span nobody can have served is not recorded: the person is told, and the true time is entered with evidence."""
    moment = now()
    assignment.checked_out_at, assignment.check_out_method = moment, method
    plausible = assignment.checked_in_at is not None and moment - assignment.checked_in_at <= LONGEST_SERVICE
    if plausible:
        await end_window(session, assignment, moment)
        record_service(session, case.order, assignment, actor)
    else:
        await drop_window(session, assignment)
    move_assignment(session, assignment, AssignmentAction.CHECK_OUT, actor, parties=parties, recorded=plausible, **data)


async def check_everyone_out(session: AsyncSession, case: OrderCase, actor: Actor | None) -> None:
    """Work stops for now: whoever is serving keeps the time given so far, and is free to serve elsewhere."""
    for assignment in [a for a in case.active if a.state is AssignmentState.CHECKED_IN]:
        await _end_service(session, case, assignment, actor, SYSTEM, assignment.check_in_method)
