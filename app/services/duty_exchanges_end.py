"""How an exchange of turns ends: done, or not. The turns it holds are free again either way, in the same transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound
from app.domain.duty_turns import EXCHANGE, TURN, ExchangeAction, ExchangeState, TurnState
from app.domain.people import Actor, Parties, Relation
from app.models import DutyExchange, DutyTurn
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})


async def hold(session: AsyncSession, exchange_id: UUID) -> tuple[DutyExchange, list[DutyTurn]]:
    """Both turns in the order of their ids, then the exchange: one sequence of locks for every verb. 404 when there is none."""
    found = await session.scalar(select(DutyExchange).where(DutyExchange.id == exchange_id))
    if found is None:
        raise NotFound()
    turns = await hold_turns(session, found.turn_id, found.other_turn_id)
    await session.refresh(found, with_for_update=True)
    return found, turns


async def hold_turns(session: AsyncSession, *ids: UUID) -> list[DutyTurn]:
    """The turns as asked for, locked in the order of their ids."""
    rows = select(DutyTurn).where(DutyTurn.id.in_(ids)).order_by(DutyTurn.id).with_for_update()
    found = {row.id: row for row in await session.scalars(rows.execution_options(populate_existing=True))}
    if found.keys() != set(ids):
        raise NotFound("没有这个轮值")
    return [found[one] for one in ids]


def told(exchange: DutyExchange) -> dict[str, Any]:
    return {name: str(getattr(exchange, name)) for name in ("asking_id", "asked_id", "turn_id", "other_turn_id")}


def move(
    session: AsyncSession, exchange: DutyExchange, action: ExchangeAction, parties: Parties, actor: Actor | None
) -> None:
    """Take a step of the table."""
    step = EXCHANGE.decide(exchange.state, action, parties)
    source, exchange.state = exchange.state, step.target
    publish(
        session,
        EXCHANGE.noun,
        exchange,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=told(exchange),
    )


def free(turns: list[DutyTurn]) -> None:
    """Nothing holds them any more; no change of the turn that anybody need be told."""
    for turn in turns:
        turn.exchange_id = None


async def lapse(session: AsyncSession, exchange: DutyExchange) -> None:
    """It can no longer come about. The turns are locked by the caller."""
    turns = await hold_turns(session, exchange.turn_id, exchange.other_turn_id)
    move(session, exchange, ExchangeAction.LAPSE, SYSTEM, None)
    free(turns)
    await session.flush()


async def due(session: AsyncSession, exchange_id: UUID) -> None:
    """Its last day is over: without an answer it lapses; without an objection the two turns change hands, both or neither."""
    exchange, turns = await hold(session, exchange_id)
    if exchange.due_on >= clock.today():
        raise Conflict("时间未到")
    if exchange.state is ExchangeState.ASKED or any(turn.state is not TurnState.PLANNED for turn in turns):
        await lapse(session, exchange)
        return
    move(session, exchange, ExchangeAction.COMPLETE, SYSTEM, None)
    _swap(session, exchange, *turns)
    await session.flush()


def _swap(session: AsyncSession, exchange: DutyExchange, one: DutyTurn, other: DutyTurn) -> None:
    one.organization_id, other.organization_id = other.organization_id, one.organization_id
    one.lap, other.lap = other.lap, one.lap
    for turn, before in ((one, other), (other, one)):
        data = {"from": str(before.organization_id), "to": str(turn.organization_id), "exchange_id": str(exchange.id)}
        turn.exchange_id = None
        publish(session, TURN.noun, turn, "exchange", actor=None, data=data | {"number": turn.number})
