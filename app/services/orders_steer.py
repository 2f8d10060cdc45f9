"""What a dispatcher does with the way of one order: look at it, set another, let it begin again, stop it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden
from app.domain import access
from app.domain.catalogue import terms_of
from app.domain.orders import ENDED, ORDER, OrderState
from app.domain.people import Actor
from app.models import OrderWay
from app.schemas.orders_ways import OrderHalt, OrderSteer
from app.services.dispatch_rules import chain_of, shown_chain
from app.services.orders_answers import go_on
from app.services.orders_case import OrderCase, load
from app.services.orders_ways import begin_anew, follow, put, way_of
from app.services.outbox import publish

_NOBODYS = frozenset({OrderState.OPEN, OrderState.PUBLISHED, OrderState.OFFERED})
"""While somebody is still looked for."""
_PLACES_IN = ("waves", "began_at", "asked_at", "due_at", "rule_id", "rule_number")
_GENERAL = dict.fromkeys((*_PLACES_IN, "quiet_since", "quiet_until")) | {"steps": [], "step": 0, "waves": 0}


async def read(session: AsyncSession, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """The fields of an OrderWayRead."""
    case = await load(session, actor, order_id, "orders:way", lock=False)
    access.require(actor, "orders:way", case.order.path)
    return present(case, await way_of(session, order_id, lock=False))


def present(case: OrderCase, way: OrderWay | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"order_id": case.order.id, "auto": case.order.auto_offer}
    if way is None:
        return shown | _GENERAL
    return shown | shown_chain(way) | {"step": way.step + 1} | {name: getattr(way, name) for name in _PLACES_IN}


async def steer(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderSteer) -> OrderCase:
    """Set another chain for this order, or let the one it has begin again; the system follows it from now on."""
    case = await _case(session, actor, order_id, "orders:steer")
    if case.order.state not in _NOBODYS:
        raise Conflict("工单已有人承办或已结束，不能改派单方式")
    way = await way_of(session, order_id)
    if form.steps is not None:
        terms = terms_of(case.order.terms)
        chain = await chain_of(session, terms, form.steps, form.quiet_since, form.quiet_until)
        if way is None:
            way = put(session, case, **chain)
        for name, value in (chain | {"rule_id": None, "rule_number": None}).items():
            setattr(way, name, value)
    case.order.auto_offer = True
    publish(session, ORDER.noun, case.order, "steer", actor=actor, data={"words": form.words})
    if way is not None:
        begin_anew(way)
        await follow(session, case)
    else:
        await go_on(session, case)
    return case


async def halt(session: AsyncSession, actor: Actor, order_id: UUID, form: OrderHalt) -> OrderCase:
    """The system asks and gives no more; who is thinking may still answer."""
    case = await _case(session, actor, order_id, "orders:halt")
    if case.order.state in ENDED:
        raise Conflict("工单已结束")
    if not case.order.auto_offer:
        raise Conflict("此工单已由人工派单")
    case.order.auto_offer, case.order.next_offer_at = False, None
    if (way := await way_of(session, order_id)) is not None:
        way.due_at = None
    publish(session, ORDER.noun, case.order, "halt", actor=actor, data={"words": form.words})
    await session.flush()
    return case


async def _case(session: AsyncSession, actor: Actor, order_id: UUID, permission: str) -> OrderCase:
    case = await load(session, actor, order_id, permission)
    if not access.may(permission, case.parties):
        raise Forbidden()
    return case
