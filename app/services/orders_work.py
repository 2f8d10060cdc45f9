"""The work on an order: start, report, rate, send back, explain, take up again."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, RuleBroken
from app.core.geo import to_wgs84
from app.core.ids import new_id
from app.domain.assignments import AssignmentAction, AssignmentState, CheckMethod
from app.domain.catalogue import CheckIn, must_be_evident, terms_of
from app.domain.needs import REOPEN_WINDOW, NeedAction, NeedState
from app.domain.orders import CONFIRM_WINDOW, OrderAction, OrderState, Outcome
from app.domain.people import Actor, Parties, Relation
from app.domain.revisits import LOW_RATING, RevisitReason
from app.models import Assignment, OrderRound, Person
from app.schemas.orders import (
    OrderConfirm,
    OrderExplain,
    OrderReopen,
    OrderReport,
    OrderRework,
    OrderStart,
    OrderTransfer,
    OrderWithdraw,
)
from app.services import revisits_open
from app.services.assignments_check import check_in
from app.services.co_handlings_end import before_report
from app.services.due import must_be_due
from app.services.minors import guards
from app.services.orders_answers import go_on
from app.services.orders_case import OrderCase, belongs_to, decide, load, move
from app.services.orders_dispatch import invite, move_assignment, must_be_covered, must_suit_helpers, want_again
from app.services.orders_ending import end_beside
from app.services.orders_hand import bar
from app.services.orders_quiet import quiet_hours
from app.services.orders_receivers import receivers
from app.services.orders_release import move_need, release, settle_need, void_approvals


async def start(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderStart) -> OrderCase:
    """Begin the work: the holder checks in where the category asks for it."""
    case = await load(session, actor, order_id, "orders:start")
    step = decide(case, OrderAction.START)
    mine = case.mine(actor, {AssignmentState.ACCEPTED})
    in_person = mine is not None and mine.person_id is not None
    if in_person:
        must_be_covered(case.order)
    if mine is not None and in_person and terms_of(case.order.terms).check_in is CheckIn.PLACE:
        if form.position is None:
            raise RuleBroken("此类服务须签到", field="position")
        spot = to_wgs84(form.position.lon, form.position.lat, form.position.datum)
        await check_in(session, case, mine, actor, spot, CheckMethod.POSITION)
    move(session, case, step, actor)
    return case


async def report(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderReport) -> OrderCase:
    """Say what was done. Everyone checked in must have checked out, so that no time is lost, and co-handlers be done."""
    case = await load(session, actor, order_id, "orders:report")
    step = decide(case, OrderAction.REPORT)
    if any(a.state is AssignmentState.CHECKED_IN for a in case.active):
        raise Conflict("还有人未签退，签退后才能报告完成")
    await before_report(session, case.order, actor)
    must_be_evident(terms_of(case.order.terms), form.evidence or ())
    case.order.result = form.result
    case.order.evidence = {kind.value: shown for kind, shown in (form.evidence or {}).items()} or None
    case.order.reported_at = now()
    move(session, case, step, actor, result=form.result)
    await void_approvals(session, case.order)
    return case


async def confirm(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderConfirm) -> OrderCase:
    """The asker's rating closes the order as solved. Given by whoever asked on their behalf, it is not the asker's word."""
    case = await load(session, actor, order_id, "orders:confirm")
    step = decide(case, OrderAction.CONFIRM)
    case.order.rating, case.order.rating_words = form.rating, form.words
    case.order.rated_for_asker = await _for_another(session, case, actor)
    _close(case, Outcome.SOLVED)
    move(session, case, step, actor, rating=form.rating, words=form.words)
    if form.rating <= LOW_RATING:
        revisits_open.begin(session, case.order, RevisitReason.LOW_RATING, None)
    await _verify(session, case, actor)
    return case


async def _for_another(session: AsyncSession, case: OrderCase, actor: Actor) -> bool:
    """Whether the asker is on record and is not who speaks, nor the guardian who answers for them."""
    asker = (
        None if case.need.asker_id is None else await session.get(Person, (case.need.district_id, case.need.asker_id))
    )
    return asker is not None and asker.id != actor.person_id and not await guards(session, actor.person_id, asker)


async def confirm_by_system(session: AsyncSession, order_id: UUID) -> None:
    """Close a reported order nobody rated in time; marked so, and without a rating."""
    case = await load(session, None, order_id, "orders:confirm")
    step = decide(case, OrderAction.CONFIRM)
    must_be_due(None, case.order.reported_at and case.order.reported_at + CONFIRM_WINDOW)
    case.order.closed_by_system = True
    _close(case, Outcome.SOLVED)
    move(session, case, step, None, auto=True)
    await _verify(session, case, None)


async def rework(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderRework) -> OrderCase:
    case = await load(session, actor, order_id, "orders:rework")
    step = decide(case, OrderAction.REWORK)
    case.order.round += 1
    case.order.reported_at = None
    move(session, case, step, actor, words=form.words, round=case.order.round)
    return case


async def explain(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderExplain) -> OrderCase:
    """Close what could not be solved, with the legal basis; never by whoever has a hand in it."""
    case = await load(session, actor, order_id, "orders:explain")
    step = decide(case, OrderAction.EXPLAIN, case.parties | await bar(session, actor, order_id))
    _close(case, Outcome.EXPLAINED)
    move(session, case, step, actor, basis=form.basis)
    revisits_open.begin(session, case.order, RevisitReason.EXPLAINED, None)
    await _verify(session, case, actor)
    return case


async def withdraw(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderWithdraw) -> OrderCase:
    case = await load(session, actor, order_id, "orders:withdraw")
    decide(case, OrderAction.WITHDRAW)
    await withdraw_case(session, case, actor, form.words)
    return case


async def withdraw_case(session: AsyncSession, case: OrderCase, actor: Actor, words: str | None) -> None:
    """Withdraw one order and let its people go; also as part of withdrawing the whole need."""
    step = decide(case, OrderAction.WITHDRAW, frozenset({Relation.ASKER}))
    await release(session, case, actor)
    case.order.closed_at = now()
    move(session, case, step, actor, words=words)
    await settle_need(session, case.need)


async def reopen(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderReopen) -> OrderCase:
    """Take a closed order up again within the window: a new round, and the need is open again too."""
    case = await load(session, actor, order_id, "orders:reopen")
    await reopen_case(session, case, actor, case.parties, form.words)
    return case


_NEED_MAY_GO_ON = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE, NeedState.MET, NeedState.CLOSED})


async def reopen_case(session: AsyncSession, case: OrderCase, actor: Actor, parties: Parties, words: str) -> None:
    """A new round of one order; also by whoever found it unsolved on a revisit, as such."""
    step = decide(case, OrderAction.REOPEN, parties)
    if not _in_time(case):
        raise Conflict("已超过重新办理的期限")
    if case.need.state not in _NEED_MAY_GO_ON:
        raise Conflict("需求已撤回、并单或挂账，不能重新办理此工单")
    await revisits_open.void(session, case.order)
    _begin_new_round(session, case)
    move(session, case, step, actor, words=words, round=case.order.round)
    await go_on(session, case, anew=True)


def may_be_reopened(case: OrderCase) -> bool:
    """Whether nothing but who asks stands against a new round."""
    return case.order.state is OrderState.CLOSED and _in_time(case) and case.need.state in _NEED_MAY_GO_ON


def _in_time(case: OrderCase) -> bool:
    return case.order.closed_at is not None and now() <= case.order.closed_at + REOPEN_WINDOW


def _begin_new_round(session: AsyncSession, case: OrderCase) -> None:
    """A clean order with a deadline of its own; an ended need is open again with it."""
    order, need = case.order, case.need
    session.add(_round_that_ended(case))
    if need.state in {NeedState.MET, NeedState.CLOSED}:
        need.round += 1
        need.met_at = need.closed_at = None
        need.closed_by_system = False
        move_need(session, need, NeedAction.REOPEN, None, order_id=str(order.id))
    order.round += 1
    order.need_round = need.round
    order.people_accepted = 0
    want_again(order)
    order.outcome = order.rating = order.rating_words = order.result = order.evidence = None
    order.reported_at = order.closed_at = order.objected_at = order.assigned_at = None
    order.closed_by_system = order.overruled = order.unmet = order.rated_for_asker = False


def _round_that_ended(case: OrderCase) -> OrderRound:
    """What the order is about to forget of its closed round, and the figures must not."""
    order = case.order
    if order.outcome is None or order.closed_at is None:
        raise ValueError("only a closed round has ended")
    held = [assignment.organization_id for assignment in case.assignments if assignment.accepted_at is not None]
    return OrderRound(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        round=order.round,
        path=order.path,
        community_id=order.community_id,
        grid_id=order.grid_id,
        organization_id=held[-1] if held else None,
        category=order.category,
        outcome=order.outcome,
        rating=order.rating,
        rated_for_asker=order.rated_for_asker,
        closed_at=order.closed_at,
    )


async def transfer(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderTransfer) -> OrderCase:
    """Pass a held place on, this once, to a named person or to whom the system finds; they must say yes. The clock goes on."""
    case = await load(session, actor, order_id, "orders:transfer")
    step = decide(case, OrderAction.TRANSFER)
    giving = case.mine(actor, {AssignmentState.ACCEPTED}) or _sole_holder(case)
    if case.order.overruled and belongs_to(giving, actor):
        raise Conflict("异议不成立后不得退回")
    must_suit_helpers(case.order)
    quiet = await quiet_hours(session, case.order)
    chosen, ranked = await receivers(session, case, form.person_id)
    move_assignment(session, giving, AssignmentAction.SUBSTITUTE, actor)
    case.order.people_accepted -= 1
    if giving.organization_id is not None:
        want_again(case.order)
    await void_approvals(session, case.order)
    await session.flush()
    invite(session, case, chosen, ranked, actor, step=step, replaces=giving.id, words=form.words, quiet=quiet)
    return case


def _sole_holder(case: OrderCase) -> Assignment:
    holders = [a for a in case.active if a.state is AssignmentState.ACCEPTED]
    if len(holders) != 1:
        raise RuleBroken("多人工单须由承办人本人转交")
    return holders[0]


def _close(case: OrderCase, outcome: Outcome) -> None:
    case.order.outcome = outcome
    case.order.closed_at = now()


async def _verify(session: AsyncSession, case: OrderCase, actor: Actor | None) -> None:
    """The holders' part is done with the order; who should have checked in and never did is let go unverified."""
    must_check_in = terms_of(case.order.terms).check_in is CheckIn.PLACE
    for assignment in case.active:
        absent = must_check_in and assignment.person_id is not None and assignment.state is AssignmentState.ACCEPTED
        move_assignment(session, assignment, AssignmentAction.RELEASE if absent else AssignmentAction.VERIFY, actor)
    await end_beside(session, case.order, actor)
    await void_approvals(session, case.order)
    await settle_need(session, case.need)
