"""From 待派 to 已接: publish, offer, assign. What comes of a no or of silence is in ``orders_answers``."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain.assignments import ASSIGNMENT, AssignmentAction, AssignmentState
from app.domain.catalogue import Handler, handler_of, lacks_insurance, must_handle, terms_of
from app.domain.clocks import ClockKind
from app.domain.dispatch import Choice, day_of_service
from app.domain.lifecycle import Step
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.orders import RETRY_OFFER_AFTER, OrderAction, OrderState
from app.domain.organizations import ASSIGNABLE
from app.domain.people import Actor, Role
from app.domain.quiet_hours import Quiet
from app.domain.quiet_hours import answer_by as answer_until
from app.models import Assignment, Order, Organization
from app.schemas.orders import OrderAssign, OrderOffer, OrderPublish
from app.services import clocks, need_respondents, objections
from app.services.dispatch import explained, named, ranking
from app.services.orders_case import SYSTEM, OrderCase, decide, load, move
from app.services.orders_quiet import quiet_hours
from app.services.outbox import publish as publish_event

_MAY_ASK_AGAIN = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})


async def publish(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderPublish) -> OrderCase:
    """Put an order into the pool, where any feasible helper of the community may take it."""
    case = await load(session, actor, order_id, "orders:publish")
    step = decide(case, OrderAction.PUBLISH)
    must_suit_helpers(case.order)
    if form.people_wanted is not None:
        if form.people_wanted <= case.order.people_accepted:
            raise RuleBroken("人数须多于已接单人数", field="people_wanted")
        case.order.people_wanted = form.people_wanted
    put_in_pool(session, case, step, actor, cap=form.cap, words=form.words)
    return case


def put_in_pool(
    session: AsyncSession,
    case: OrderCase,
    step: Step[OrderState, OrderAction],
    actor: Actor | None,
    *,
    cap: int | None,
    words: str | None = None,
) -> None:
    """Whoever still thinks about an invitation may take it now like everybody else; ``cap``: of their unfinished orders."""
    for assignment in case.invited:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    case.order.pool_cap = cap
    move(session, case, step, actor, people_wanted=case.order.people_wanted, words=words)
    begin_service(session, case)


def must_suit_helpers(order: Order) -> None:
    """422 for work that is not for helpers; 409 until they are insured for it."""
    must_handle(terms_of(order.terms), Handler.HELPERS)
    must_be_covered(order)


def must_be_covered(order: Order) -> None:
    """409 unless the order's helpers are insured on the day of service, where its terms ask for that."""
    if words := uncovered(order):
        raise Conflict(words)


def uncovered(order: Order) -> str | None:
    """Why helpers may not be asked yet; None when they may."""
    on = day_of_service(order.wanted_at, today())
    return lacks_insurance(terms_of(order.terms), order.insured_until, on)


async def offer(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderOffer) -> OrderCase:
    """Ask one person by name, or the best for every free place. 409 when nobody feasible is left."""
    case = await load(session, actor, order_id, "orders:offer")
    decide(case, OrderAction.OFFER)
    must_suit_helpers(case.order)
    if form.offer_minutes is not None:
        case.order.offer_minutes = form.offer_minutes
    if form.person_id is None:
        asked = await offer_best(session, case, actor)
    else:
        if form.again and not case.parties & _MAY_ASK_AGAIN:
            raise Forbidden("再次邀请曾婉拒的人须由社区管理员以上决定")
        choice = await named(session, case.order, case.need, form.person_id, again=form.again)
        asked = invite(session, case, [choice], [], actor, quiet=await quiet_hours(session, case.order))
    if not asked:
        raise Conflict("目前没有可以邀请的人")
    return case


async def offer_best(session: AsyncSession, case: OrderCase, actor: Actor | None) -> bool:
    """Ask the best feasible people for the free places; False, and another look later, when there is nobody.

    While the need is on the books (挂账), or helpers are not insured yet, the system asks nobody.
    """
    waits = case.need.state is NeedState.PLANNED or uncovered(case.order) is not None
    ranked = [] if waits and actor is None else await ranking(session, case.order, case.need)
    chosen = ranked[: len(case.free_slots())]
    if not chosen:
        case.order.next_offer_at = now() + RETRY_OFFER_AFTER
        return False
    return invite(session, case, chosen, ranked, actor, quiet=await quiet_hours(session, case.order))


def invite(
    session: AsyncSession,
    case: OrderCase,
    chosen: list[Choice],
    ranked: list[Choice],
    actor: Actor | None,
    *,
    step: Step[OrderState, OrderAction] | None = None,
    replaces: UUID | None = None,
    words: str | None = None,
    minutes: int | None = None,
    quiet: Quiet | None = None,
    why: dict[str, Any] | None = None,
) -> bool:
    """Write the invitations and the move to 待接 with its reasons. Of several asked for one place the first to accept has it."""
    step = step or decide(case, OrderAction.OFFER, SYSTEM if actor is None else None)
    answer_by = answer_until(now(), minutes or case.order.offer_minutes, quiet)
    for slot, choice in zip(case.slots_for(len(chosen)), chosen, strict=False):
        assignment = new_assignment(
            session,
            case,
            actor,
            AssignmentState.INVITED,
            slot=slot,
            person_id=choice.person_id,
            answer_by=answer_by,
            replaces_id=replaces,
            choice=explained(choice, ranked) | (why or {}),
        )
        case.assignments.append(assignment)
    case.order.next_offer_at = None
    people = [str(choice.person_id) for choice in chosen]
    move(session, case, step, actor, people=people, answer_by=answer_by.isoformat(), words=words)
    begin_service(session, case)
    return True


def new_assignment(
    session: AsyncSession, case: OrderCase, actor: Actor | None, state: AssignmentState, **columns: Any
) -> Assignment:
    """A new row for one place in the order, with its first event."""
    assignment = Assignment(
        district_id=case.order.district_id,
        id=new_id(),
        order_id=case.order.id,
        path=case.order.path,
        state=state,
        invited_by=actor.person_id if actor else None,
        **columns,
    )
    session.add(assignment)
    publish_event(
        session, ASSIGNMENT.noun, assignment, "invite", actor=actor, target=state.value, data=_party(assignment)
    )
    return assignment


def _party(assignment: Assignment) -> dict[str, str]:
    party, key = (
        (assignment.person_id, "person_id") if assignment.person_id else (assignment.organization_id, "organization_id")
    )
    return {key: str(party), "order_id": str(assignment.order_id)}


def move_assignment(
    session: AsyncSession,
    assignment: Assignment,
    action: AssignmentAction,
    actor: Actor | None,
    *,
    target: AssignmentState | None = None,
    parties: Any = SYSTEM,
    **data: Any,
) -> None:
    """Take a step of an assignment; by default as the system's part of a move of its order."""
    step = ASSIGNMENT.decide(assignment.state, action, parties)
    source, assignment.state = assignment.state, target or step.target
    publish_event(
        session,
        ASSIGNMENT.noun,
        assignment,
        action.value,
        actor=actor,
        source=source.value,
        target=assignment.state.value,
        data=_party(assignment) | data,
    )


def begin_service(session: AsyncSession, case: OrderCase) -> None:
    """The need is in service once its first order is dispatched."""
    if case.need.state is NeedState.ACCEPTED:
        step = NEED.decide(case.need.state, NeedAction.DISPATCH, SYSTEM)
        source, case.need.state = case.need.state, step.target
        publish_event(
            session,
            NEED.noun,
            case.need,
            step.action.value,
            actor=None,
            source=source.value,
            target=step.target.value,
            data={"order_id": str(case.order.id)},
        )


async def assign(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderAssign) -> OrderCase:
    """Give the order to a unit or department. People are never assigned, only asked (志愿服务条例 §25)."""
    case = await load(session, actor, order_id, "orders:assign")
    step = decide(case, OrderAction.ASSIGN)
    unit = await session.scalar(select(Organization).where(Organization.id == form.organization_id))
    if unit is None or not case.order.path.startswith(unit.path):
        raise NotFound("此地点没有这个单位")
    if unit.kind not in ASSIGNABLE:
        raise RuleBroken("只能指派单位与职能部门，队伍和党员须邀请", field="organization_id")
    must_handle(terms_of(case.order.terms), handler_of(unit.kind))
    await need_respondents.must_not_be(session, case.need, unit.id)
    await _may_be_given(session, case, actor, unit.id, again=form.again)
    await give(session, case, step, unit, actor, words=form.words)
    return case


async def give(
    session: AsyncSession,
    case: OrderCase,
    step: Step[OrderState, OrderAction],
    unit: Organization,
    actor: Actor | None,
    *,
    words: str | None = None,
    choice: dict[str, Any] | None = None,
) -> None:
    """The unit has the order from now on; whoever held a place in it, or was asked, is let go."""
    for assignment in case.active + case.invited:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    _hand_over(case, unit)
    # Whoever was asked or held it before had clocks of their own; gone before the unit's are written: one runs at a time.
    for kind in (ClockKind.SIGN, ClockKind.CONTACT):
        clocks.stop(session, case.timing, kind, step.action.value, now())
    case.order.assigned_at = case.order.updated_at = now()
    await session.flush()
    case.assignments.append(
        new_assignment(
            session,
            case,
            actor,
            AssignmentState.ACCEPTED,
            slot=1,
            organization_id=unit.id,
            accepted_at=case.order.assigned_at,
            choice=choice,
        )
    )
    move(session, case, step, actor, organization_id=str(unit.id), words=words)
    begin_service(session, case)


def _hand_over(case: OrderCase, unit: Organization) -> None:
    """A unit has the order alone, and an objection of its own where another had it before."""
    order, before = case.order, [a.organization_id for a in case.assignments if a.organization_id is not None]
    if order.people_before_unit is None:
        order.people_before_unit = order.people_wanted
    order.people_wanted = order.people_accepted = 1
    if before and before[-1] != unit.id:
        order.objected_at, order.overruled = None, False


def want_again(order: Order) -> None:
    """No unit has it any more: as many people are wanted as before."""
    if order.people_before_unit is not None:
        order.people_wanted, order.people_before_unit = order.people_before_unit, None


async def _may_be_given(session: AsyncSession, case: OrderCase, actor: Actor, unit_id: UUID, *, again: bool) -> None:
    """A unit whose objection was upheld gets the order again only by a supervisor's word: not of who was judged wrong."""
    before = await objections.was_upheld(session, case.order.id, unit_id)
    if before and not again:
        raise RuleBroken("此单位的异议已成立，再次指派须由上级决定", field="organization_id")
    if before and (actor.person_id in before or not case.parties & _MAY_ASK_AGAIN):
        raise Forbidden("再次指派异议曾成立的单位须由原派单人以外的社区管理员以上决定")
