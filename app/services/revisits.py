"""Revisits 回访: by somebody who has no hand in the order; what was not solved is taken up again in the same transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.lifecycle import NOBODY, Step
from app.domain.orders import OrderState
from app.domain.people import Actor, Parties, Relation
from app.domain.revisits import REVISIT, RevisitAction, RevisitReason, RevisitState, after_a_miss, counts_again
from app.models import Event, Revisit
from app.schemas.revisits import RevisitOpen, RevisitQuery, RevisitRead, RevisitRecord
from app.services import orders_hand, orders_work, revisits_open
from app.services.access import under
from app.services.orders_case import OrderCase
from app.services.orders_case import load as load_order
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in RevisitRead.model_fields if name != "actions")


async def present(session: AsyncSession, actor: Actor, revisits: Sequence[Revisit]) -> list[dict[str, Any]]:
    """The fields of a RevisitRead each; who has a hand in an order is offered nothing, nor shown what was said of it."""
    barred = await _barred(session, actor, revisits)
    return [_shown(actor, revisit, orders_hand.BARRED if revisit.id in barred else NOBODY) for revisit in revisits]


def _shown(actor: Actor, revisit: Revisit, bar: Parties) -> dict[str, Any]:
    shown = {name: getattr(revisit, name) for name in _FIELDS}
    if bar:
        shown["words"] = None
    return shown | {"actions": REVISIT.offered(revisit.state, actor.roles_at(revisit.path) | bar)}


async def _barred(session: AsyncSession, actor: Actor, revisits: Sequence[Revisit]) -> set[UUID]:
    """Those of orders that the actor has a hand in, and of rounds they closed."""
    orders = {revisit.order_id for revisit in revisits}
    hands = await orders_hand.among(session, actor, orders)
    closed = await orders_hand.closed_by(session, actor, orders)
    return {one.id for one in revisits if one.order_id in hands or (one.order_id, one.round) in closed}


async def page(session: AsyncSession, actor: Actor, query: RevisitQuery) -> Page[dict[str, Any]]:
    """Of the reader's places, newest first."""
    grants = access.require_anywhere(actor, "revisits:list")
    rows = select(Revisit).where(under(Revisit, grants))
    for name in ("state", "reason", "order_id"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(Revisit, name) == value)
    if query.overdue:
        rows = rows.where(Revisit.state == RevisitState.DUE, Revisit.due_at < now())
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Revisit.id < after)
    found = (await session.scalars(rows.order_by(Revisit.id.desc()).limit(query.limit + 1))).all()
    cut: Page[Revisit] = paged(found, query.limit)
    return Page(await present(session, actor, cut.items), cut.next_cursor)


async def read(session: AsyncSession, actor: Actor, revisit_id: UUID) -> dict[str, Any]:
    return await _present_one(session, actor, await _load(session, actor, revisit_id))


async def _present_one(session: AsyncSession, actor: Actor, revisit: Revisit) -> dict[str, Any]:
    return (await present(session, actor, [revisit]))[0]


async def _load(session: AsyncSession, actor: Actor, revisit_id: UUID) -> Revisit:
    """404 for whoever does not answer for the place."""
    actor.checked.add("revisits:read")
    found = await session.scalar(select(Revisit).where(Revisit.id == revisit_id))
    if found is None or not access.may("revisits:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def open_(session: AsyncSession, actor: Actor, form: RevisitOpen) -> dict[str, Any]:
    """Have a closed order revisited that no rule asks for. One a round."""
    case = await load_order(session, actor, form.order_id, "orders:read")
    access.require(actor, "revisits:open", case.order.path)
    if case.order.state is not OrderState.CLOSED:
        raise Conflict("已办结的工单才能回访")
    same = (Revisit.order_id == case.order.id, Revisit.round == case.order.round)
    if await session.scalar(select(Revisit.id).where(*same)) is not None:
        raise Duplicate("此工单本轮已有回访")
    return await _present_one(session, actor, revisits_open.begin(session, case.order, RevisitReason.CHOSEN, actor))


async def miss(session: AsyncSession, actor: Actor, revisit_id: UUID) -> dict[str, Any]:
    """Nobody was reached: noted once a working day, and after so many the revisit ends without an answer. 409 the same day."""
    revisit, _, step = await _held(session, actor, revisit_id, RevisitAction.MISS)
    tried = select(func.max(Event.at)).where(Event.aggregate_id == revisit.id, Event.action == RevisitAction.MISS)
    last = await session.scalar(tried)
    if last is not None and not counts_again(last, now()):
        raise Conflict("今日已记一次未联系上，请下一个工作日再联系")
    revisit.tries += 1
    _move(session, revisit, step, after_a_miss(revisit.tries), actor, tries=revisit.tries)
    return await _present_one(session, actor, revisit)


async def record(session: AsyncSession, actor: Actor, revisit_id: UUID, form: RevisitRecord) -> dict[str, Any]:
    """What the resident says. Unsolved, the order is taken up again, unless its time is over or its need was withdrawn."""
    revisit, case, step = await _held(session, actor, revisit_id, RevisitAction.RECORD)
    revisit.solved, revisit.satisfied, revisit.words = form.solved, form.satisfied, form.words
    revisit.done_at, revisit.done_by = now(), actor.person_id
    revisit.reopened = not form.solved and orders_work.may_be_reopened(case)
    told = {"solved": form.solved, "satisfied": form.satisfied, "reopened": revisit.reopened}
    _move(session, revisit, step, step.target, actor, **told)
    if revisit.reopened:
        await session.flush()
        await orders_work.reopen_case(session, case, actor, frozenset({Relation.REVISER}), "回访：未解决")
    return await _present_one(session, actor, revisit)


async def _held(
    session: AsyncSession, actor: Actor, revisit_id: UUID, action: RevisitAction
) -> tuple[Revisit, OrderCase, Step[RevisitState, RevisitAction]]:
    """The revisit, locked after its order, and the step; 404 for whoever does not read it."""
    order_id = (await _load(session, actor, revisit_id)).order_id
    case = await load_order(session, None, order_id, "orders:read")
    actor.checked.add(REVISIT.permission(action))
    locked = select(Revisit).where(Revisit.id == revisit_id).with_for_update()
    revisit = (await session.scalars(locked.execution_options(populate_existing=True))).one()
    bar = orders_hand.BARRED if await _barred(session, actor, [revisit]) else NOBODY
    return revisit, case, REVISIT.decide(revisit.state, action, actor.roles_at(revisit.path) | bar)


def _move(
    session: AsyncSession,
    revisit: Revisit,
    step: Step[RevisitState, RevisitAction],
    target: RevisitState,
    actor: Actor,
    **told: Any,
) -> None:
    source, revisit.state = revisit.state, target
    data = {"order_id": str(revisit.order_id), **told}
    publish(
        session,
        REVISIT.noun,
        revisit,
        step.action.value,
        actor=actor,
        source=source.value,
        target=target.value,
        data=data,
    )
