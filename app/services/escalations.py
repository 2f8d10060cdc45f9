"""Escalation 升级 of orders: raised one level at a time, answered or returned by the level above. The order goes on meanwhile."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.escalations import (
    ESCALATION,
    EscalationAction,
    EscalationState,
    due_at,
    is_asked,
    raised_from,
    tells_next,
)
from app.domain.levels import Level, above, highest, levels_of, reaches
from app.domain.orders import ENDED
from app.domain.people import Actor, Parties, Relation
from app.domain.urges import must_be_unfinished
from app.models import Escalation, Order
from app.schemas.escalations import (
    EscalationAnswer,
    EscalationQuery,
    EscalationRaise,
    EscalationRead,
    EscalationReturn,
)
from app.services.due import must_be_due
from app.services.orders_aside import hold_order, in_sight, relations
from app.services.orders_case import SYSTEM
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in EscalationRead.model_fields if name != "actions")


async def parties_of(session: AsyncSession, actor: Actor, rows: Collection[Escalation]) -> dict[UUID, Parties]:
    """What the actor is to each of these escalations and to its order. Nobody answers what they raised themselves."""
    sides = await relations(session, actor, rows)
    found: dict[UUID, Parties] = {}
    for row in rows:
        levels = levels_of(actor.roles_at(row.path))
        asked = row.raised_by != actor.person_id and is_asked(levels, row.to_level, row.told_level)
        found[row.id] = actor.roles_at(row.path) | sides[row.order_id] | ({Relation.ADDRESSEE} if asked else set())
    return found


async def present(session: AsyncSession, actor: Actor, rows: Collection[Escalation]) -> list[dict[str, Any]]:
    parties = await parties_of(session, actor, rows)
    return [
        {name: getattr(row, name) for name in _FIELDS} | {"actions": ESCALATION.offered(row.state, parties[row.id])}
        for row in rows
    ]


async def page(session: AsyncSession, actor: Actor, query: EscalationQuery) -> Page[Escalation]:
    """Of orders at the reader's places or in their hands, newest first."""
    access.require_anywhere(actor, "escalations:list")
    rows = select(Escalation).where(in_sight(Escalation, actor))
    for name in ("order_id", "state", "to_level"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(Escalation, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Escalation.id < after)
    found = await session.scalars(rows.order_by(Escalation.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, escalation_id: UUID) -> Escalation:
    """404 for whoever neither looks after the order nor holds it."""
    actor.checked.add("escalations:read")
    found = await session.scalar(select(Escalation).where(Escalation.id == escalation_id))
    if found is None or not access.may("escalations:read", (await parties_of(session, actor, [found]))[found.id]):
        raise NotFound()
    return found


async def raise_(session: AsyncSession, actor: Actor, form: EscalationRaise) -> Escalation:
    """Ask the level above. 409 while another is open, for an order that is done, and for a level it has not come to."""
    case = await hold_order(session, actor, form.order_id, "escalations:raise")
    order = case.order
    must_be_unfinished(order.state)
    before = (
        await session.scalars(
            select(Escalation).where(Escalation.order_id == order.id).order_by(Escalation.id.desc()).with_for_update()
        )
    ).all()
    if any(row.state is EscalationState.RAISED for row in before):
        raise Duplicate("此工单已在等上级答复")
    reached = highest(row.decided_level for row in before if row.round == order.round and row.decided_level)
    holds = Relation.HOLDER in case.parties
    from_level = raised_from(levels_of(actor.roles_at(order.path)), holds=holds, reached=reached)
    row = _raised(order, actor, form, from_level)
    session.add(row)
    publish(session, ESCALATION.noun, row, "raise", actor=actor, target=row.state.value, data=told(row))
    await session.flush()
    return row


def _raised(order: Order, actor: Actor, form: EscalationRaise, from_level: Level) -> Escalation:
    moment, to_level = now(), above(from_level) or Level.DISTRICT
    due = due_at(to_level, moment)
    return Escalation(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        round=order.round,
        state=ESCALATION.initial,
        from_level=from_level,
        to_level=to_level,
        raised_by=actor.person_id,
        tried=form.tried,
        wish=form.wish,
        due_at=due,
        tell_at=due,
        takes_over=False,
        created_at=moment,
    )


def told(row: Escalation) -> dict[str, Any]:
    """What an event says; what was written stands in the row, which can forget it."""
    return {
        "order_id": str(row.order_id),
        "from_level": row.from_level.value,
        "to_level": row.to_level.value,
        "due_at": row.due_at.isoformat(),
        "decided_level": row.decided_level.value if row.decided_level else None,
        "takes_over": row.takes_over,
        "told_level": row.told_level.value if row.told_level else None,
    }


def _move(
    session: AsyncSession, row: Escalation, action: EscalationAction, parties: Parties, actor: Actor | None
) -> None:
    step = ESCALATION.decide(row.state, action, parties)
    source, row.state = row.state, step.target
    publish(
        session,
        ESCALATION.noun,
        row,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=told(row),
    )


async def _decided(
    session: AsyncSession, actor: Actor, escalation_id: UUID, action: EscalationAction
) -> tuple[Escalation, Parties]:
    """Locked, and marked with who decides; of two who decide at once the second is refused."""
    row = await load(session, actor, escalation_id)
    actor.checked.add(ESCALATION.permission(action))
    await session.refresh(row, with_for_update=True)
    parties = (await parties_of(session, actor, [row]))[row.id]
    ESCALATION.decide(row.state, action, parties)
    levels = [
        level
        for level in levels_of(actor.roles_at(row.path))
        if reaches(level, row.to_level, row.told_level or row.to_level)
    ]
    row.decided_by, row.decided_at, row.decided_level = actor.person_id, now(), highest(levels)
    row.tell_at = None
    return row, parties


async def answer(session: AsyncSession, actor: Actor, escalation_id: UUID, form: EscalationAnswer) -> Escalation:
    """Say what is done and what help is given; the level that answers may dispatch the order from now on."""
    row, parties = await _decided(session, actor, escalation_id, EscalationAction.ANSWER)
    row.decision, row.help, row.takes_over = form.decision, form.help, form.takes_over
    _move(session, row, EscalationAction.ANSWER, parties, actor)
    await session.flush()
    return row


async def return_(session: AsyncSession, actor: Actor, escalation_id: UUID, form: EscalationReturn) -> Escalation:
    """It is to be solved where it came from; why is said."""
    row, parties = await _decided(session, actor, escalation_id, EscalationAction.RETURN)
    row.reply = form.reason
    _move(session, row, EscalationAction.RETURN, parties, actor)
    await session.flush()
    return row


async def due(session: AsyncSession, escalation_id: UUID) -> None:
    """The level asked has not answered in its time: it and the level above are told, then the next. Nothing of an ended order."""
    row = await session.scalar(select(Escalation).where(Escalation.id == escalation_id).with_for_update())
    if row is None:
        raise NotFound()
    must_be_due(None, row.tell_at)
    if await session.scalar(select(Order.state).where(Order.id == row.order_id)) in ENDED:
        row.tell_at = None
        _move(session, row, EscalationAction.LAPSE, SYSTEM, None)
        return
    told_level = above(row.told_level or row.to_level) or row.to_level
    if told_level is row.told_level:
        raise Conflict("已报至区级")
    row.told_level, row.tell_at = told_level, tells_next(row.to_level, told_level, now())
    _move(session, row, EscalationAction.OVERDUE, SYSTEM, None)
