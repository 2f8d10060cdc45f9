"""What the community decides about a need: ask back, accept, refuse, redirect, merge, explain."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain import access
from app.domain.catalogue import Terms
from app.domain.form_schemas import check_form
from app.domain.needs import ANSWER_WINDOW, ENDED, NEED, NeedAction, NeedState
from app.domain.orders import ENDED as ORDER_ENDED
from app.domain.people import Actor
from app.models import Need, NeedFollower, Order
from app.schemas.categories import DutyOverride
from app.schemas.needs import (
    NeedAccept,
    NeedAsk,
    NeedExplain,
    NeedMerge,
    NeedRedirect,
    NeedRefuse,
    NeedUnmerge,
)
from app.services import categories, clocks_orders, need_respondents, need_respondents_asked, project_suggestions_find
from app.services.due import must_be_due
from app.services.needs_case import NeedCase, decide, load, move
from app.services.orders import add_order, new_case, terms_for
from app.services.orders_answers import go_on
from app.services.orders_case import load as load_order
from app.services.orders_release import void_approvals
from app.services.orders_ways import begin
from app.services.orders_work import withdraw_case
from app.services.outbox import publish
from app.services.places import located, must_be_in_a_community, place_of


async def ask(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedAsk) -> NeedCase:
    """Ask the asker; silent for the window, the need is closed by the system."""
    case = await load(session, actor, need_id, "needs:ask")
    step = decide(case, NeedAction.ASK)
    case.need.answer_by = now() + ANSWER_WINDOW
    move(session, case, step, actor, question=form.question)
    return case


async def accept(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedAccept) -> NeedCase:
    """Fix category, place and deadline, open the first order, and let the system ask the first candidate."""
    case = await load(session, actor, need_id, "needs:accept")
    step = decide(case, NeedAction.ACCEPT)
    need = case.need
    terms = await _classify(session, need, form)
    if form.place_id is not None:
        await _replace(session, need, actor, form.place_id)
    need.due_at = clocks_orders.due_of(need, terms)
    move(session, case, step, actor, category=need.category, due_at=need.due_at.isoformat())
    order = add_order(
        session,
        need,
        actor,
        title=form.order_title or need.title,
        terms=terms,
        category=need.category,
        people_wanted=form.people_wanted,
        wanted_at=need.wanted_at,
        auto_offer=form.auto_offer,
        offer_minutes=form.offer_minutes,
    )
    await session.flush()
    await project_suggestions_find.look(session, need)
    dispatched = await new_case(session, need, order)
    await begin(session, dispatched, form.auto_offer)
    await go_on(session, dispatched)
    return case


async def _classify(session: AsyncSession, need: Need, form: NeedAccept) -> Terms:
    """Fix the category and its form; the terms the work is done on."""
    need.category = form.category or need.category
    if need.category is None:
        raise RuleBroken("受理时须确定服务类别", field="category")
    if form.form is not None:
        need.form = form.form
    check_form((await categories.service(session, need.category)).form_schema, need.form)
    return await terms_for(session, need, need.category)


async def override_duty(session: AsyncSession, actor: Actor, need_id: UUID, form: DutyOverride) -> NeedCase:
    """Pass a department's work down to the community, by name and with the grounds; orders opened from now on may be its own."""
    case = await load(session, actor, need_id, "needs:override_duty")
    need = case.need
    if not access.may("needs:override_duty", case.parties):
        raise Forbidden("部门职责事项转由社区办理，须街道以上管理员同意")
    if need.state in ENDED:
        raise Conflict("需求已结束")
    if need.duty_override_by is not None:
        raise Conflict("已有人同意")
    need.duty_override_by, need.duty_override_words = actor.person_id, form.words
    publish(session, NEED.noun, need, "override_duty", actor=actor, data={"words": form.words})
    return case


async def _replace(session: AsyncSession, need: Need, actor: Actor, place_id: UUID) -> None:
    """Correct the place, within what the actor looks after."""
    place = await place_of(session, place_id)
    if not access.may("needs:accept", actor.roles_at(place.path)):
        raise NotFound("没有这个地点")
    must_be_in_a_community(place)
    for name, value in located(place).items():
        setattr(need, name, value)


async def refuse(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedRefuse) -> NeedCase:
    case = await load(session, actor, need_id, "needs:refuse")
    step = decide(case, NeedAction.REFUSE)
    move(session, case, step, actor, reason=form.reason.value, words=form.words)
    return case


async def redirect(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedRedirect) -> NeedCase:
    case = await load(session, actor, need_id, "needs:redirect")
    step = decide(case, NeedAction.REDIRECT)
    case.need.closed_at = now()
    move(session, case, step, actor, channel=form.channel.value, words=form.words)
    return case


async def merge(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedMerge) -> NeedCase:
    """Merge into another need of the same community; everyone who asked keeps following the master."""
    await _lock_both(session, need_id, form.into_id)
    case = await load(session, actor, need_id, "needs:merge")
    if form.into_id == need_id:
        raise RuleBroken("不能并入自己", field="into_id")
    step = decide(case, NeedAction.MERGE)
    master = (await load(session, actor, form.into_id, "needs:merge")).need
    if master.state in ENDED:
        raise Conflict("并入的需求已结束")
    if master.community_id != case.need.community_id:
        raise RuleBroken("只能并入同一社区的需求", field="into_id")
    await _withdraw_orders(session, case.need, actor)
    need = case.need
    await _follow(session, need, master)
    await need_respondents.carry(session, need, master)
    await need_respondents_asked.release(session, master)
    need.state_before, need.merged_into_id = need.state, master.id
    move(session, case, step, actor, into_id=str(master.id))
    return case


async def _lock_both(session: AsyncSession, one: UUID, other: UUID) -> None:
    """Both rows in the order of their ids, so that two merges in opposite directions do not wait for each other."""
    await session.execute(select(Need.id).where(Need.id.in_([one, other])).order_by(Need.id).with_for_update())


async def _withdraw_orders(session: AsyncSession, need: Need, actor: Actor) -> None:
    orders = await session.scalars(
        select(Order.id).where(Order.need_id == need.id, Order.state.not_in(ORDER_ENDED)).order_by(Order.id)
    )
    for order_id in list(orders):
        await withdraw_case(session, await load_order(session, None, order_id, "orders:withdraw"), actor, "已并单")
    await void_approvals(session, need)


async def _follow(session: AsyncSession, need: Need, master: Need) -> None:
    """The asker and everyone who followed the merged need, each with the need they first asked for."""
    rows = await session.execute(
        select(NeedFollower.person_id, NeedFollower.from_need_id).where(NeedFollower.need_id == need.id)
    )
    own = {(person, need.id) for person in (need.asker_id, need.submitted_by) if person is not None}
    for person_id, origin in own | {(row.person_id, row.from_need_id) for row in rows}:
        session.add(
            NeedFollower(
                district_id=need.district_id,
                id=new_id(),
                need_id=master.id,
                person_id=person_id,
                from_need_id=origin,
            )
        )


async def unmerge(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedUnmerge) -> NeedCase:
    case = await load(session, actor, need_id, "needs:unmerge")
    step = decide(case, NeedAction.UNMERGE)
    need, before = case.need, case.need.state_before
    came_along = select(NeedFollower.from_need_id).where(NeedFollower.need_id == need.id)
    origins = {need.id, *await session.scalars(came_along)}
    await session.execute(
        delete(NeedFollower).where(NeedFollower.need_id != need.id, NeedFollower.from_need_id.in_(origins))
    )
    need.merged_into_id = need.state_before = None
    move(session, case, step, actor, target=before or NeedState.SUBMITTED, words=form.words)
    return case


async def explain(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedExplain) -> NeedCase:
    """Close a need whose orders have all ended without solving it, with the basis told to the asker."""
    case = await load(session, actor, need_id, "needs:explain")
    step = decide(case, NeedAction.EXPLAIN)
    running = await session.scalar(
        select(Order.id).where(Order.need_id == need_id, Order.state.not_in(ORDER_ENDED)).limit(1)
    )
    if running is not None:
        raise Conflict("还有在办工单")
    case.need.closed_at = now()
    move(session, case, step, actor, basis=form.basis)
    await void_approvals(session, case.need)
    return case


async def lapse(session: AsyncSession, need_id: UUID) -> None:
    """The system closes a need whose asker never answered."""
    case = await load(session, None, need_id, "needs:lapse")
    step = decide(case, NeedAction.LAPSE)
    must_be_due(None, case.need.answer_by)
    case.need.closed_at = now()
    case.need.answer_by = None
    case.need.closed_by_system = True
    move(session, case, step, None, auto=True)
