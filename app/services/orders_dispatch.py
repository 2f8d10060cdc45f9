"""From 待派 to 已接 and back: publish, offer, assign, decline, expire, and going on to the next."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain.assignments import ASSIGNMENT, AssignmentAction, AssignmentState
from app.domain.catalogue import Handler, handler_of, lacks_insurance, must_handle, terms_of
from app.domain.dispatch import Choice
from app.domain.lifecycle import Step
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.orders import RETRY_OFFER_AFTER, OrderAction, OrderState, after_refusal
from app.domain.organizations import ASSIGNABLE
from app.domain.people import Actor, Relation, Role
from app.models import Assignment, Order, Organization
from app.schemas.orders import OrderAssign, OrderDecline, OrderOffer, OrderPublish
from app.services.dispatch import explained, named, ranking
from app.services.orders_case import SYSTEM, OrderCase, decide, load, move
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
    move(session, case, step, actor, people_wanted=case.order.people_wanted, words=form.words)
    begin_service(session, case)
    return case


def must_suit_helpers(order: Order) -> None:
    """422 for work that is not for helpers; 409 until they are insured for it."""
    must_handle(terms_of(order.terms), Handler.HELPERS)
    must_be_covered(order)


def must_be_covered(order: Order) -> None:
    """409 unless the order's helpers are insured today, where its terms ask for that."""
    if words := _uncovered(order):
        raise Conflict(words)


def _uncovered(order: Order) -> str | None:
    return lacks_insurance(terms_of(order.terms), order.insured_until, today())


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
        asked = invite(session, case, [choice], [], actor)
    if not asked:
        raise Conflict("目前没有可以邀请的人")
    return case


async def offer_best(session: AsyncSession, case: OrderCase, actor: Actor | None) -> bool:
    """Ask the best feasible people for the free places; False, and another look later, when there is nobody.

    While the need is on the books (挂账), or helpers are not insured yet, the system asks nobody.
    """
    waits = case.need.state is NeedState.PLANNED or _uncovered(case.order) is not None
    ranked = [] if waits and actor is None else await ranking(session, case.order, case.need)
    chosen = ranked[: len(case.free_slots())]
    if not chosen:
        case.order.next_offer_at = now() + RETRY_OFFER_AFTER
        return False
    return invite(session, case, chosen, ranked, actor)


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
) -> bool:
    """Write the invitations, one to a free place, and the move to 待接 with its reasons."""
    step = step or decide(case, OrderAction.OFFER, SYSTEM if actor is None else None)
    answer_by = now() + timedelta(minutes=case.order.offer_minutes)
    for slot, choice in zip(case.free_slots(), chosen, strict=False):
        assignment = new_assignment(
            session,
            case,
            actor,
            AssignmentState.INVITED,
            slot=slot,
            person_id=choice.person_id,
            answer_by=answer_by,
            replaces_id=replaces,
            choice=explained(choice, ranked),
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
    for assignment in case.active + case.invited:
        move_assignment(session, assignment, AssignmentAction.RELEASE, actor)
    case.order.people_wanted = case.order.people_accepted = 1
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
        )
    )
    move(session, case, step, actor, organization_id=str(unit.id), words=form.words)
    begin_service(session, case)
    return case


async def decline(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderDecline) -> OrderCase:
    """Say no to an invitation. It never counts against anyone; the next candidate is asked at once."""
    case = await load(session, actor, order_id, "orders:decline")
    decide(case, OrderAction.DECLINE)
    mine = case.mine(actor, {AssignmentState.INVITED})
    if mine is None:
        raise Conflict("您的邀请已答复或已过期")
    await _refused(session, case, mine, OrderAction.DECLINE, actor, words=form.words)
    return case


async def expire(session: AsyncSession, order_id: UUID) -> OrderCase:
    """The system's word for everyone asked who stayed silent past the deadline."""
    case = await load(session, None, order_id, "orders:expire")
    for assignment in case.invited:
        if assignment.answer_by is not None and assignment.answer_by <= now():
            await _refused(session, case, assignment, OrderAction.EXPIRE, None)
    return case


async def _refused(
    session: AsyncSession,
    case: OrderCase,
    assignment: Assignment,
    action: OrderAction,
    actor: Actor | None,
    **data: Any,
) -> None:
    step = decide(case, action, SYSTEM if actor is None else frozenset({Relation.ASKED}))
    move_assignment(session, assignment, AssignmentAction(action.value), actor)
    target = after_refusal(len(case.invited))
    move(session, case, step, actor, target=target, person_id=str(assignment.person_id), **data)
    await go_on(session, case)


async def go_on(session: AsyncSession, case: OrderCase) -> None:
    """Ask the next candidate for every free place, where the order is left to the system."""
    if case.order.auto_offer and case.order.state is OrderState.OPEN:
        await session.flush()
        await offer_best(session, case, None)


async def look_again(session: AsyncSession, order_id: UUID) -> None:
    """A round of the system for an open order nobody could be asked for before."""
    case = await load(session, None, order_id, "orders:offer")
    await go_on(session, case)
