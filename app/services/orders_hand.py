"""Who has a hand in an order, and so does not judge how it ended: neither closes it with an explanation nor revisits it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.assignments import WORKED
from app.domain.co_handlings import CoHandlingState
from app.domain.orders import ORDER, OrderAction
from app.domain.people import Actor, Parties, Relation
from app.models import Assignment, CoHandling, Event, Order
from app.services import need_respondents
from app.services.access import of_party
from app.services.orders_case import belongs_to

BARRED: Parties = frozenset({Relation.HOLDER})
"""As a handler, whatever the hand is: nobody can tell from the refusal that they are complained about."""
_HELPED = frozenset({CoHandlingState.ACCEPTED, CoHandlingState.DONE})
_CLOSES = frozenset({OrderAction.CONFIRM, OrderAction.EXPLAIN})
_BEGINS_ROUND = frozenset({OrderAction.REWORK, OrderAction.REOPEN})


async def bar(session: AsyncSession, actor: Actor, order_id: UUID) -> Parties:
    """What to add to the parties of a step that judges the order."""
    return BARRED if await among(session, actor, {order_id}) else frozenset()


async def among(session: AsyncSession, actor: Actor, orders: Collection[UUID]) -> set[UUID]:
    """Those of the orders the actor, or the unit they act for, worked or helped on, or whose need complains about them."""
    return {
        *await _worked(session, actor, orders),
        *await session.scalars(
            select(CoHandling.order_id).where(
                CoHandling.order_id.in_(orders), CoHandling.state.in_(_HELPED), of_party(CoHandling, actor)
            )
        ),
        *await session.scalars(
            select(Order.id).where(
                Order.id.in_(orders),
                need_respondents.against(Order.need_id, actor.person_id, actor.organization_id),
            )
        ),
    }


async def _worked(session: AsyncSession, actor: Actor, orders: Collection[UUID]) -> set[UUID]:
    """In any round, also of those who left once they had begun."""
    worked = or_(Assignment.state.in_(WORKED), Assignment.checked_in_at.is_not(None))
    rows = await session.scalars(select(Assignment).where(Assignment.order_id.in_(orders), worked))
    return {row.order_id for row in rows if belongs_to(row, actor)}


async def closed_by(session: AsyncSession, actor: Actor, orders: Collection[UUID]) -> set[tuple[UUID, int]]:
    """Those rounds of the orders that the actor closed: order and round."""
    told = select(Event.aggregate_id, Event.actor_id, Event.action, Event.data["round"].as_integer())
    told = told.where(
        Event.aggregate == ORDER.noun, Event.aggregate_id.in_(orders), Event.action.in_(_CLOSES | _BEGINS_ROUND)
    )
    found: set[tuple[UUID, int]] = set()
    rounds = dict.fromkeys(orders, 1)
    for order_id, who, action, begun in await session.execute(told.order_by(Event.aggregate_id, Event.seq)):
        if action in _BEGINS_ROUND:
            rounds[order_id] = begun
        elif who == actor.person_id:
            found.add((order_id, rounds[order_id]))
    return found
