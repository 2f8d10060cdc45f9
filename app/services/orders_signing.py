"""What an order's holder does first: sign for it, speak to the asker. Neither moves the order; each meets a clock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, RuleBroken, WrongState
from app.domain import access
from app.domain.assignments import ACTIVE
from app.domain.clocks import ClockKind
from app.domain.orders import ORDER, OrderState
from app.domain.people import Actor
from app.models import Event
from app.schemas.orders_signing import OrderFirstContact, OrderSign
from app.services import clocks
from app.services.orders_case import OrderCase, load
from app.services.outbox import publish

_HELD = frozenset({OrderState.ACCEPTED, OrderState.IN_PROGRESS, OrderState.SUSPENDED, OrderState.PLANNED})
_CONTACTED = "first_contact"


async def sign(session: AsyncSession, actor: Actor, order_id: UUID, _: OrderSign) -> OrderCase:
    """The unit it was assigned to has it. 409 when that is known already."""
    case = await _held(session, actor, order_id, "sign")
    if not clocks.meet(session, case.timing, ClockKind.SIGN, "sign", now()):
        raise Conflict("已签收，或此类事项不限签收时间")
    publish(session, ORDER.noun, case.order, "sign", actor=actor)
    return case


async def first_contact(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderFirstContact) -> OrderCase:
    """The holder has spoken to the asker: when and how. Once a round; 409 after that."""
    case = await _held(session, actor, order_id, _CONTACTED)
    moment = form.at or now()
    _check_moment(case, actor, moment)
    if await _contacted(session, case):
        raise Conflict("已记过首次联系")
    clocks.meet(session, case.timing, ClockKind.SIGN, _CONTACTED, now())
    clocks.meet(session, case.timing, ClockKind.CONTACT, _CONTACTED, moment)
    data = {"way": form.way.value, "contacted_at": moment.isoformat(), "round": case.order.round}
    publish(session, ORDER.noun, case.order, _CONTACTED, actor=actor, data=data)
    return case


async def _held(session: AsyncSession, actor: Actor, order_id: UUID, verb: str) -> OrderCase:
    """The order, for whoever holds it: 403 for everyone else, 409 while nobody works on it."""
    case = await load(session, actor, order_id, f"orders:{verb}")
    if not access.may(f"orders:{verb}", case.parties):
        raise Forbidden("只有承办人可以")
    if case.order.state not in _HELD:
        raise WrongState("工单不在承办中", state=case.order.state.value)
    return case


def _check_moment(case: OrderCase, actor: Actor, moment: datetime) -> None:
    mine = case.mine(actor, ACTIVE)
    since = mine.accepted_at if mine is not None else None
    if moment > now() or (since is not None and moment < since):
        raise RuleBroken("首次联系须在接单之后、现在之前", field="at")


async def _contacted(session: AsyncSession, case: OrderCase) -> bool:
    """Whether this holder's round has its contact: nobody has accepted the order anew since."""
    rows = select(Event.action).where(Event.aggregate_id == case.order.id).order_by(Event.seq.desc())
    for action in await session.scalars(rows.limit(200)):
        if action in {"accept", "take", "assign", "reopen"}:
            return False
        if action == _CONTACTED:
            return True
    return False
