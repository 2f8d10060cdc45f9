"""Extensions of an order's limit: who holds it asks in time, somebody else decides, the asker of the need is told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.clocks import ClockKind
from app.domain.extensions import (
    EXTENDABLE,
    EXTENSION,
    MOST_APPROVED,
    ExtensionAction,
    ExtensionState,
    asked_it,
    extended,
    granted,
)
from app.domain.lifecycle import Step
from app.domain.orders import ORDER
from app.domain.people import Actor, Parties, Relation
from app.models import Extension, Need, Order
from app.schemas.extensions import ExtensionApprove, ExtensionAsk, ExtensionDeny, ExtensionQuery, ExtensionRead
from app.services import clocks, orders_case
from app.services.access import reads_all, under_path
from app.services.orders_case import SYSTEM, OrderCase
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in ExtensionRead.model_fields if name != "actions")
_KNOWING = access.TABLE["extensions:read"] - {Relation.ASKER}
"""Who reads an extension whole. The asker of the need is told the class of the reason, never the words."""
_INSIDE = ("words", "asked_by", "decision_words")


@dataclass(slots=True)
class ExtensionCase:
    extension: Extension
    order: OrderCase
    parties: Parties


def present(case: ExtensionCase) -> dict[str, Any]:
    return _present(case.extension, case.parties)


def _present(extension: Extension, parties: Parties) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(extension, name) for name in _FIELDS}
    if not parties & _KNOWING:
        shown |= dict.fromkeys(_INSIDE)
    return shown | {"actions": EXTENSION.offered(extension.state, parties)}


def _own(extension: Extension, actor: Actor) -> frozenset[Relation]:
    return frozenset({Relation.PROPOSER} if asked_it(actor, extension.path, extension.asked_by) else ())


def _case(extension: Extension, order: OrderCase, actor: Actor) -> ExtensionCase:
    return ExtensionCase(extension, order, order.parties | _own(extension, actor))


async def page(session: AsyncSession, actor: Actor, query: ExtensionQuery) -> Page[dict[str, Any]]:
    """Those at the reader's places, newest first; of everyone else, what they asked for and what concerns their needs."""
    access.require_anywhere(actor, "extensions:list")
    rows = select(Extension).where(or_(under_path(Extension, reads_all(actor)), _concerns(actor)))
    if query.order_id is not None:
        rows = rows.where(Extension.order_id == query.order_id)
    if query.state is not None:
        rows = rows.where(Extension.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Extension.id < after)
    found = await session.scalars(rows.order_by(Extension.id.desc()).limit(query.limit + 1))
    extensions: Page[Extension] = paged(found.all(), query.limit)
    related = await orders_case.relations_among(session, actor, {row.order_id for row in extensions.items})
    shown = [
        _present(row, actor.roles_at(row.path) | related[row.order_id] | _own(row, actor)) for row in extensions.items
    ]
    return Page(shown, extensions.next_cursor)


def _concerns(actor: Actor) -> ColumnElement[bool]:
    of_need = and_(Need.district_id == Order.district_id, Need.id == Order.need_id)
    mine = select(Order.id).join(Need, of_need)
    asked = mine.where(or_(Need.asker_id == actor.person_id, Need.submitted_by == actor.person_id))
    of_order = or_(Extension.order_id.in_(asked), Extension.order_id.in_(orders_case.held_by(actor)))
    return or_(Extension.asked_by == actor.person_id, of_order)


async def load(
    session: AsyncSession, actor: Actor, extension_id: UUID, permission: str, *, lock: bool = False
) -> ExtensionCase:
    """An extension in its order, which is locked first; 404 for whom it is not there."""
    order_id = await session.scalar(select(Extension.order_id).where(Extension.id == extension_id))
    if order_id is None:
        raise NotFound()
    order = await orders_case.load(session, actor, order_id, "orders:read", lock=lock)
    rows = select(Extension).where(Extension.id == extension_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    case = _case((await session.scalars(rows)).one(), order, actor)
    actor.checked.add(permission)
    if not access.may("extensions:read", case.parties):
        raise NotFound()
    return case


async def ask(session: AsyncSession, actor: Actor, form: ExtensionAsk) -> ExtensionCase:
    """Ask for a later limit while it is not over. 409 while another wish waits, or after two were granted in this round."""
    order = await orders_case.load(session, actor, form.order_id, "extensions:ask")
    if not access.may("extensions:ask", order.parties):
        raise Forbidden()
    row = order.order
    if row.state not in EXTENDABLE:
        raise WrongState("承办中的工单才能申请延期", state=row.state.value)
    if row.due_at <= now():
        raise Conflict("办结期限已过，不能再申请延期")
    await _must_be_allowed(session, row)
    extension = Extension(
        district_id=row.district_id,
        id=new_id(),
        order_id=row.id,
        path=row.path,
        round=row.round,
        state=EXTENSION.initial,
        reason=form.reason,
        words=form.words,
        working_days=form.working_days,
        asked_by=actor.person_id,
        due_before=row.due_at,
    )
    session.add(extension)
    publish(session, EXTENSION.noun, extension, "ask", actor=actor, target=extension.state.value, data=_told(extension))
    await session.flush()
    return _case(extension, order, actor)


async def _must_be_allowed(session: AsyncSession, order: Order) -> None:
    mine = (Extension.order_id == order.id, Extension.round == order.round)
    states = list(await session.scalars(select(Extension.state).where(*mine)))
    if ExtensionState.ASKED in states:
        raise Duplicate("已有延期申请待批")
    if states.count(ExtensionState.APPROVED) >= MOST_APPROVED:
        raise Conflict(f"本轮已延期 {MOST_APPROVED} 次，不能再延")


def _told(extension: Extension) -> dict[str, Any]:
    told = {"order_id": str(extension.order_id), "reason": extension.reason.value}
    return told | {"working_days": extension.working_days}


async def approve(session: AsyncSession, actor: Actor, extension_id: UUID, form: ExtensionApprove) -> ExtensionCase:
    """Move the limit. The order says so in its own history too, since its limit is part of it."""
    case = await load(session, actor, extension_id, "extensions:approve", lock=True)
    extension, order = case.extension, case.order.order
    EXTENSION.decide(extension.state, ExtensionAction.APPROVE, case.parties)
    extension.due_before = order.due_at
    clock = case.order.timing.open(ClockKind.RESOLVE)
    if clock is None:
        order.due_at = extended(order.due_at, extension.working_days)
    else:
        minutes = granted(order.due_at, extension.working_days, clock.unit) // timedelta(minutes=1)
        await clocks.extend(session, order, minutes, actor=actor, source_id=extension.id)
    extension.due_after = order.due_at
    _decided(extension, actor, form.words)
    due = {"due_at": order.due_at.isoformat()}
    _move(session, case, ExtensionAction.APPROVE, actor, **due)
    publish(session, ORDER.noun, order, "extend", actor=actor, data=due | {"extension_id": str(extension.id)})
    return case


async def deny(session: AsyncSession, actor: Actor, extension_id: UUID, form: ExtensionDeny) -> ExtensionCase:
    case = await load(session, actor, extension_id, "extensions:deny", lock=True)
    EXTENSION.decide(case.extension.state, ExtensionAction.DENY, case.parties)
    _decided(case.extension, actor, form.words)
    _move(session, case, ExtensionAction.DENY, actor)
    return case


def _decided(extension: Extension, actor: Actor, words: str | None) -> None:
    extension.decided_by, extension.decided_at, extension.decision_words = actor.person_id, now(), words


async def withdraw(session: AsyncSession, actor: Actor, extension_id: UUID) -> ExtensionCase:
    case = await load(session, actor, extension_id, "extensions:withdraw", lock=True)
    _move(session, case, ExtensionAction.WITHDRAW, actor)
    return case


def _move(session: AsyncSession, case: ExtensionCase, action: ExtensionAction, actor: Actor, **data: Any) -> None:
    step = EXTENSION.decide(case.extension.state, action, case.parties)
    _write(session, case.extension, step, actor, data)


def _write(
    session: AsyncSession,
    extension: Extension,
    step: Step[ExtensionState, ExtensionAction],
    actor: Actor | None,
    data: dict[str, Any],
) -> None:
    source, extension.state = extension.state, step.target
    publish(
        session,
        EXTENSION.noun,
        extension,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=_told(extension) | data,
    )


async def end(session: AsyncSession, order: Order, actor: Actor | None) -> None:
    """The order was reported, changed hands or ended: what nobody has decided is void."""
    waits = (Extension.order_id == order.id, Extension.state == ExtensionState.ASKED)
    for extension in await session.scalars(select(Extension).where(*waits).with_for_update()):
        step = EXTENSION.decide(extension.state, ExtensionAction.LAPSE, SYSTEM)
        _write(session, extension, step, actor, {})
