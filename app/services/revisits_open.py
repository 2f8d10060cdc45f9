"""How revisits begin, and how they end without one: with the steps of the order they are about."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.core.ids import new_id
from app.domain.people import Actor
from app.domain.revisits import REVISIT, REVISIT_DAYS, RevisitAction, RevisitReason, RevisitState
from app.domain.workdays import add_working_days
from app.models import Order, Revisit
from app.services.due import must_be_due
from app.services.orders_case import SYSTEM
from app.services.outbox import publish


def begin(session: AsyncSession, order: Order, reason: RevisitReason, actor: Actor | None) -> Revisit:
    """One for this round of the order. ``actor``: whose wish it is; None where a rule asks for it."""
    revisit = Revisit(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        round=order.round,
        reason=reason,
        state=REVISIT.initial,
        due_at=add_working_days(now(), REVISIT_DAYS),
        tries=0,
        reopened=False,
        path=order.path,
        community_id=order.community_id,
        grid_id=order.grid_id,
    )
    session.add(revisit)
    told = {"order_id": str(order.id), "reason": reason.value}
    publish(session, REVISIT.noun, revisit, "open", actor=actor, target=revisit.state.value, data=told)
    return revisit


async def void(session: AsyncSession, order: Order) -> None:
    """The order goes on, so nobody need be asked about the round that ended."""
    waiting = select(Revisit).where(Revisit.order_id == order.id, Revisit.state == RevisitState.DUE)
    for revisit in await session.scalars(waiting.with_for_update()):
        step = REVISIT.decide(revisit.state, RevisitAction.VOID, SYSTEM)
        source, revisit.state = revisit.state, step.target
        publish(
            session,
            REVISIT.noun,
            revisit,
            step.action.value,
            actor=None,
            source=source.value,
            target=revisit.state.value,
        )


async def overdue(session: AsyncSession, revisit_id: UUID) -> None:
    """Nobody made it in time: those who answer for the place, and those above them, are told once."""
    revisit = await session.scalar(select(Revisit).where(Revisit.id == revisit_id).with_for_update())
    if revisit is None or revisit.state is not RevisitState.DUE or revisit.overdue_at is not None:
        raise Conflict("已回访，或已告知")
    must_be_due(None, revisit.due_at)
    revisit.overdue_at = now()
    publish(session, REVISIT.noun, revisit, "overdue", actor=None, data={"order_id": str(revisit.order_id)})
