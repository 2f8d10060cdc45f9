"""Putting a need on the books until a date (挂账), with the approval of one level up."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.lifecycle import Step
from app.domain.needs import NeedAction, NeedState
from app.domain.orders import ENDED
from app.domain.people import Actor
from app.models import Need, Order
from app.schemas.needs import NeedDue, NeedPlan
from app.services import clocks_orders
from app.services.approvals import ask, decides_alone
from app.services.due import must_be_ahead, must_be_due
from app.services.needs_case import NeedCase, decide, load, move
from app.services.orders_case import load as load_order
from app.services.orders_release import settle_need


async def plan(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedPlan) -> NeedCase:
    """Obstacle, measures and date, shown to the asker; moves once approved."""
    case = await load(session, actor, need_id, "needs:plan")
    step = decide(case, NeedAction.PLAN)
    must_be_ahead(form.until)
    wish = form.model_dump(mode="json")
    if decides_alone(step, case.parties, actor, case.need.path):
        await _plan(session, case, step, actor, wish)
    else:
        await ask(session, actor, "need", case.need, step.action.value, wish)
    return case


async def _plan(
    session: AsyncSession, case: NeedCase, step: Step[NeedState, NeedAction], actor: Actor, form: dict[str, Any]
) -> None:
    wish = NeedPlan.model_validate(form)
    must_be_ahead(wish.until)
    case.need.planned_until, case.need.obstacle, case.need.measures = wish.until, wish.obstacle, wish.measures
    case.need.state_before = case.need.state
    move(session, case, step, actor, **form)
    await _orders(session, case.need, step.action)


PLANNED: dict[NeedAction, Callable[..., Awaitable[None]]] = {NeedAction.PLAN: _plan}
"""What an approved request does."""


def off_the_books(need: Need) -> None:
    """It waits for no date any more: it goes on, or was taken back."""
    need.planned_until = need.obstacle = need.measures = need.state_before = None


async def due(session: AsyncSession, actor: Actor | None, need_id: UUID, form: NeedDue) -> NeedCase:
    """The planned date has come, or the obstacle is gone: back to where it stood, and met if its orders are done by now."""
    case = await load(session, actor, need_id, "needs:due")
    step = decide(case, NeedAction.DUE)
    must_be_due(actor, case.need.planned_until)
    target = case.need.state_before
    off_the_books(case.need)
    move(session, case, step, actor, target=target, words=form.words)
    await _orders(session, case.need, step.action)
    await settle_need(session, case.need)
    return case


async def _orders(session: AsyncSession, need: Need, action: NeedAction) -> None:
    """Those nobody holds wait with the need: their clocks stand still until it is off the books."""
    rows = select(Order.id).where(Order.need_id == need.id, Order.state.not_in(ENDED)).order_by(Order.id)
    for order_id in list(await session.scalars(rows)):
        clocks_orders.stand(session, await load_order(session, None, order_id, "orders:read"), action.value)
