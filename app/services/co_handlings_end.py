"""Co-handlings as their order goes on: a report waits for those at work, and with the order all of them end."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.domain.co_handlings import CO_HANDLING, RUNNING, CoHandlingAction, CoHandlingState
from app.domain.people import Actor, Parties, Relation
from app.models import CoHandling, Order
from app.services.outbox import publish

_SYSTEM: Parties = frozenset({Relation.SYSTEM})


def move(
    session: AsyncSession, row: CoHandling, action: CoHandlingAction, parties: Parties, actor: Actor | None
) -> None:
    step = CO_HANDLING.decide(row.state, action, parties)
    source, row.state = row.state, step.target
    publish(
        session,
        CO_HANDLING.noun,
        row,
        action.value,
        actor=actor,
        source=source.value,
        target=row.state.value,
        data=told(row),
    )


def told(row: CoHandling) -> dict[str, Any]:
    party = {"person_id": str(row.person_id)} if row.person_id else {"organization_id": str(row.organization_id)}
    return party | {"order_id": str(row.order_id)}


async def before_report(session: AsyncSession, order: Order, actor: Actor) -> None:
    """409 while somebody is still at work on their part; who has not answered by now is no longer needed."""
    running = await _running(session, order)
    if any(row.state is CoHandlingState.ACCEPTED for row in running):
        raise Conflict("协办方尚未全部完成，完成后才能报告")
    _cancel(session, running, actor)


async def end(session: AsyncSession, order: Order, actor: Actor | None) -> None:
    """The order has ended: so has the help with it, finished or not."""
    _cancel(session, await _running(session, order), actor)


def call_off(session: AsyncSession, rows: list[CoHandling]) -> None:
    """The help of these is not needed after all; by the system."""
    _cancel(session, rows, None)


def _cancel(session: AsyncSession, rows: list[CoHandling], actor: Actor | None) -> None:
    for row in rows:
        move(session, row, CoHandlingAction.CANCEL, _SYSTEM, actor)


async def _running(session: AsyncSession, order: Order) -> list[CoHandling]:
    rows = select(CoHandling).where(CoHandling.order_id == order.id, CoHandling.state.in_(RUNNING))
    return list(await session.scalars(rows.order_by(CoHandling.id).with_for_update()))
