"""Assignments: who is on what, and the steps that are a person's own: check in, check out, cancel."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.geo import to_wgs84
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.assignments import ASSIGNMENT, AssignmentAction, AssignmentState, CheckMethod, cancelled_when
from app.domain.dispatch_reasons import written_out
from app.domain.orders import OrderAction, OrderState
from app.domain.people import Actor, Parties, Relation
from app.models import Assignment, Order
from app.schemas.assignments import (
    AssignmentCancel,
    AssignmentCheckIn,
    AssignmentCheckOut,
    AssignmentExcuse,
    AssignmentMiss,
    AssignmentQuery,
    AssignmentRead,
)
from app.services import assignments_check
from app.services.access import READER_ROLES, of_party, reads_all, under
from app.services.orders_answers import go_on
from app.services.orders_case import OrderCase, belongs_to, decide, move
from app.services.orders_case import load as load_order
from app.services.orders_dispatch import move_assignment
from app.services.orders_release import vacate
from app.services.places import paged


class AssignmentCase:
    """An assignment within its order, with what the actor is to it: its holder, or staff of the place."""

    def __init__(self, order: OrderCase, assignment: Assignment, actor: Actor) -> None:
        self.order = order
        self.assignment = assignment
        self.parties = parties_of(assignment, actor)
        order.parties = self.parties


async def load(
    session: AsyncSession, actor: Actor, assignment_id: UUID, permission: str, *, lock: bool = True
) -> AssignmentCase:
    """An assignment; 404 unless it is the actor's own or at a place they look after."""
    order_id = await session.scalar(select(Assignment.order_id).where(Assignment.id == assignment_id))
    if order_id is None:
        raise NotFound()
    order = await load_order(session, None, order_id, permission, lock=lock)
    assignment = next(a for a in order.assignments if a.id == assignment_id)
    case = AssignmentCase(order, assignment, actor)
    actor.checked.add(permission)
    if not access.may("assignments:read", case.parties):
        raise NotFound()
    return case


async def page(session: AsyncSession, actor: Actor, query: AssignmentQuery) -> Page[Assignment]:
    """Assignments at the reader's places, newest first; of everyone else, their own."""
    access.require_anywhere(actor, "assignments:list")
    grants = [] if query.mine else reads_all(actor)
    rows = select(Assignment)
    if grants:
        at_order = and_(Order.district_id == Assignment.district_id, Order.id == Assignment.order_id)
        rows = rows.join(Order, at_order).where(under(Order, grants))
    else:
        rows = rows.where(of_party(Assignment, actor))
    if query.order_id is not None:
        rows = rows.where(Assignment.order_id == query.order_id)
    if query.person_id is not None:
        rows = rows.where(Assignment.person_id == query.person_id)
    if query.state is not None:
        rows = rows.where(Assignment.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Assignment.id < after)
    found = await session.scalars(rows.order_by(Assignment.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


def parties_of(assignment: Assignment, actor: Actor) -> Parties:
    """A unit acts on the order itself; checking in and cancelling are a person's own steps."""
    own: set[Relation] = set()
    if belongs_to(assignment, actor):
        own = {Relation.ASKED, Relation.UNIT if assignment.person_id is None else Relation.HOLDER}
    return actor.roles_at(assignment.path) | own


async def check_in(session: AsyncSession, actor: Actor, assignment_id: UUID, form: AssignmentCheckIn) -> AssignmentCase:
    """Begin to serve: at the place oneself, or witnessed by the grid worker."""
    case = await load(session, actor, assignment_id, "assignments:check_in")
    ASSIGNMENT.decide(case.assignment.state, AssignmentAction.CHECK_IN, case.parties)
    _must_be_in_hand(case)
    spot = to_wgs84(form.position.lon, form.position.lat, form.position.datum) if form.position else None
    await assignments_check.check_in(session, case.order, case.assignment, actor, spot, _method(case))
    _join_work(session, case, actor)
    return case


def _method(case: AssignmentCase) -> CheckMethod:
    return CheckMethod.POSITION if Relation.HOLDER in case.parties else CheckMethod.ORGANIZER


async def check_out(
    session: AsyncSession, actor: Actor, assignment_id: UUID, form: AssignmentCheckOut
) -> AssignmentCase:
    """End the service; its minutes are recorded."""
    case = await load(session, actor, assignment_id, "assignments:check_out")
    ASSIGNMENT.decide(case.assignment.state, AssignmentAction.CHECK_OUT, case.parties)
    await assignments_check.check_out(session, case.order, case.assignment, actor, _method(case), form.words)
    return case


async def cancel(session: AsyncSession, actor: Actor, assignment_id: UUID, form: AssignmentCancel) -> AssignmentCase:
    """Cannot come after all: tell in time (志愿服务条例 §22). The place is free again, and the next is asked."""
    case = await load(session, actor, assignment_id, "assignments:cancel")
    _must_be_leaving(case, AssignmentAction.CANCEL)
    wanted = case.order.order.wanted_at
    target = cancelled_when(case.assignment.state, wanted - now() if wanted else None)
    move_assignment(
        session,
        case.assignment,
        AssignmentAction.CANCEL,
        actor,
        target=target,
        parties=case.parties,
        words=form.words,
    )
    await vacate(session, case.order, actor)
    await go_on(session, case.order, anew=True)
    return case


async def miss(session: AsyncSession, actor: Actor, assignment_id: UUID, form: AssignmentMiss) -> AssignmentCase:
    """Note that the helper did not come; the place is free again."""
    case = await load(session, actor, assignment_id, "assignments:miss")
    _must_be_leaving(case, AssignmentAction.MISS)
    move_assignment(session, case.assignment, AssignmentAction.MISS, actor, parties=case.parties, words=form.words)
    await vacate(session, case.order, actor)
    await go_on(session, case.order, anew=True)
    return case


async def excuse(session: AsyncSession, actor: Actor, assignment_id: UUID, form: AssignmentExcuse) -> AssignmentCase:
    case = await load(session, actor, assignment_id, "assignments:excuse")
    move_assignment(session, case.assignment, AssignmentAction.EXCUSE, actor, parties=case.parties, words=form.words)
    return case


def _must_be_leaving(case: AssignmentCase, action: AssignmentAction) -> None:
    """Who has served is let go from work that goes on, not from what is reported done or stands still."""
    ASSIGNMENT.decide(case.assignment.state, action, case.parties)
    served = case.assignment.state is AssignmentState.CHECKED_OUT
    if served and case.order.order.state is not OrderState.IN_PROGRESS:
        raise Conflict("已签退，工单不在办理中，不能退出")


def _must_be_in_hand(case: AssignmentCase) -> None:
    if case.order.order.state not in {OrderState.ACCEPTED, OrderState.IN_PROGRESS}:
        raise Conflict("工单不在办理中，不能签到")


def _join_work(session: AsyncSession, case: AssignmentCase, actor: Actor) -> None:
    """The first check-in starts the order; later ones join work under way."""
    order = case.order.order
    if order.state is OrderState.ACCEPTED:
        move(session, case.order, decide(case.order, OrderAction.START, frozenset({Relation.HOLDER})), actor)


_FIELDS = tuple(name for name in AssignmentRead.model_fields if name not in {"actions", "choice"})


def present(assignment: Assignment, parties: Parties) -> dict[str, Any]:
    """The fields of an AssignmentRead; the reasons of the choice name others, so only staff see them."""
    shown = {name: getattr(assignment, name) for name in _FIELDS}
    shown["choice"] = written_out(assignment.choice) if parties & READER_ROLES else None
    shown["actions"] = ASSIGNMENT.offered(assignment.state, parties)
    return shown
