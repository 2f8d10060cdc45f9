"""What a resource is booked for, where it is used, and what the actor is to that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden, NotFound, WrongState
from app.domain import access
from app.domain.bookings import Purpose
from app.domain.needs import NeedState
from app.domain.orders import WORKED_ON
from app.domain.people import Actor, Parties
from app.services import needs_case, orders_case

_WORKED_ON = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE, NeedState.PLANNED})
"""States of a need in which something is being done for it."""


@dataclass(frozen=True, slots=True)
class Use:
    """One purpose at one place. Activities and projects make their own."""

    purpose: Purpose
    purpose_id: UUID
    place_id: UUID
    path: str


async def for_need(session: AsyncSession, actor: Actor, need_id: UUID) -> Use:
    case = await needs_case.load(session, actor, need_id, "bookings:hold", lock=False)
    _must_be_allowed(case.parties)
    if case.need.state not in _WORKED_ON:
        raise WrongState("需求已入库且未办结时才能预订资源", state=case.need.state.value)
    return Use(Purpose.NEED, need_id, case.need.place_id, case.need.path)


async def for_order(session: AsyncSession, actor: Actor, order_id: UUID) -> Use:
    case = await orders_case.load(session, actor, order_id, "bookings:hold", lock=False)
    _must_be_allowed(case.parties)
    if case.order.state not in WORKED_ON:
        raise WrongState("工单已结束，不能再预订资源", state=case.order.state.value)
    return Use(Purpose.ORDER, order_id, case.order.place_id, case.order.path)


def _must_be_allowed(parties: Parties) -> None:
    if not access.may("bookings:hold", parties):
        raise Forbidden()


_LOADERS: dict[Purpose, Callable[[AsyncSession, Actor, UUID], Awaitable[Use]]] = {
    Purpose.NEED: for_need,
    Purpose.ORDER: for_order,
}


async def load(session: AsyncSession, actor: Actor, purpose: Purpose, purpose_id: UUID) -> Use:
    """404 for what the actor does not see, 403 for who may not book for it, 409 when nothing is being done for it."""
    try:
        return await _LOADERS[purpose](session, actor, purpose_id)
    except NotFound as missing:
        raise NotFound("没有这个用途") from missing
