"""Exchange of turns 调换 by consent: a unit asks another of the same year, which agrees or not; the community may object.

A turn is part of one open exchange at a time (``duty_turns.exchange_id``): whoever asks second for it is refused, however close.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.duty_turns import (
    ANSWER_DAYS,
    EXCHANGE,
    ExchangeAction,
    TurnState,
    last_day_to_object,
    working_days_after,
)
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.models import DutyExchange, DutyTurn
from app.schemas.duty_exchanges import DutyExchangeAsk, DutyExchangeObject, DutyExchangeQuery, DutyExchangeRead
from app.services.access import under_path
from app.services.duty_exchanges_end import free, hold, hold_turns, move, told
from app.services.duty_turns import acts_for
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(name for name in DutyExchangeRead.model_fields if name != "actions")
_READERS = access.TABLE["duty-exchanges:read"]


def parties_of(actor: Actor, exchange: DutyExchange) -> Parties:
    """The asking unit is its UNIT, the asked one ASKED."""
    relations = {Relation.UNIT} if acts_for(actor, exchange.asking_id, exchange.path) else set()
    relations |= {Relation.ASKED} if acts_for(actor, exchange.asked_id, exchange.path) else set()
    return actor.roles_at(exchange.path) | frozenset(relations)


def present(actor: Actor, exchange: DutyExchange) -> dict[str, Any]:
    shown = {name: getattr(exchange, name) for name in _FIELDS}
    return shown | {"actions": EXCHANGE.offered(exchange.state, parties_of(actor, exchange))}


async def page(session: AsyncSession, actor: Actor, query: DutyExchangeQuery) -> Page[DutyExchange]:
    """Exchanges of committees at the reader's places, newest first; of everyone else, those of their own unit."""
    access.require_anywhere(actor, "duty-exchanges:list")
    mine = or_(*(key == actor.organization_id for key in (DutyExchange.asking_id, DutyExchange.asked_id)))
    own = and_(mine, under_path(DutyExchange, _reach(actor)))
    readers = [grant for grant in actor.grants if grant.role in _READERS]
    rows = select(DutyExchange).where(or_(own, under_path(DutyExchange, readers)))
    if query.community_id is not None:
        rows = rows.where(DutyExchange.community_id == query.community_id)
    if query.state is not None:
        rows = rows.where(DutyExchange.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DutyExchange.id < after)
    found = await session.scalars(rows.order_by(DutyExchange.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


def _reach(actor: Actor) -> list[Any]:
    return actor.grants_of(UNIT_ROLES)


async def load(session: AsyncSession, actor: Actor, exchange_id: UUID) -> DutyExchange:
    """404 for whoever neither reads there nor acts for one of the two units."""
    actor.checked.add("duty-exchanges:read")
    found = await session.scalar(select(DutyExchange).where(DutyExchange.id == exchange_id))
    if found is None or not access.may("duty-exchanges:read", parties_of(actor, found)):
        raise NotFound()
    return found


async def ask(session: AsyncSession, actor: Actor, form: DutyExchangeAsk) -> DutyExchange:
    """Ask another unit to exchange. 409 when one of the turns has begun or is being exchanged already."""
    access.require_anywhere(actor, "duty-turns:read")
    mine, other = await hold_turns(session, form.turn_id, form.other_turn_id)
    unit = frozenset({Relation.UNIT}) if acts_for(actor, mine.organization_id, mine.path) else frozenset()
    access.require(actor, "duty-exchanges:ask", mine.path, unit)
    if mine.exchange_id is not None or other.exchange_id is not None:
        raise Conflict("其中一个轮值正在调换")
    due_on = working_days_after(clock.today(), ANSWER_DAYS)
    if any(turn.state is not TurnState.PLANNED for turn in (mine, other)):
        raise Conflict("已开始的轮值不能调换")
    _must_pair(mine, other)
    exchange = DutyExchange(
        district_id=mine.district_id,
        id=new_id(),
        community_id=mine.community_id,
        path=mine.path,
        turn_id=mine.id,
        other_turn_id=other.id,
        asking_id=mine.organization_id,
        asked_id=other.organization_id,
        state=EXCHANGE.initial,
        due_on=due_on,
    )
    session.add(exchange)
    publish(session, EXCHANGE.noun, exchange, "ask", actor=actor, target=exchange.state.value, data=told(exchange))
    await session.flush()
    mine.exchange_id = other.exchange_id = exchange.id
    await session.flush()
    return exchange


def _must_pair(mine: DutyTurn, other: DutyTurn) -> None:
    if mine.draw_id != other.draw_id:
        raise RuleBroken("只能与同一社区同一年度的轮值调换", field="other_turn_id")
    if mine.organization_id == other.organization_id:
        raise RuleBroken("两个轮值属于同一单位", field="other_turn_id")
    _must_be_in_time(mine, other)


def _must_be_in_time(*turns: DutyTurn) -> None:
    """Agreed today, the last day to object must come before the first of the two turns."""
    if min(turn.starts_on for turn in turns) <= last_day_to_object(clock.today()):
        raise RuleBroken("距轮值开始已不足公示期，不能再调换", field="turn_id")


async def _held(
    session: AsyncSession, actor: Actor, exchange_id: UUID, action: ExchangeAction
) -> tuple[DutyExchange, list[DutyTurn], Parties]:
    await load(session, actor, exchange_id)
    actor.checked.add(EXCHANGE.permission(action))
    exchange, turns = await hold(session, exchange_id)
    parties = parties_of(actor, exchange)
    EXCHANGE.decide(exchange.state, action, parties)
    return exchange, turns, parties


async def agree(session: AsyncSession, actor: Actor, exchange_id: UUID) -> DutyExchange:
    """The other unit agrees; from now on the community has its days to object."""
    exchange, turns, parties = await _held(session, actor, exchange_id, ExchangeAction.AGREE)
    today = clock.today()
    if exchange.due_on < today:
        raise Conflict("答复期限已过")
    _must_be_in_time(*turns)
    exchange.due_on = last_day_to_object(today)
    move(session, exchange, ExchangeAction.AGREE, parties, actor)
    return exchange


async def _end(session: AsyncSession, actor: Actor, exchange_id: UUID, action: ExchangeAction) -> DutyExchange:
    exchange, turns, parties = await _held(session, actor, exchange_id, action)
    move(session, exchange, action, parties, actor)
    free(turns)
    return exchange


async def decline(session: AsyncSession, actor: Actor, exchange_id: UUID) -> DutyExchange:
    return await _end(session, actor, exchange_id, ExchangeAction.DECLINE)


async def withdraw(session: AsyncSession, actor: Actor, exchange_id: UUID) -> DutyExchange:
    return await _end(session, actor, exchange_id, ExchangeAction.WITHDRAW)


async def object_(session: AsyncSession, actor: Actor, exchange_id: UUID, form: DutyExchangeObject) -> DutyExchange:
    """The community says no, with the reason. 409 once its days are over."""
    exchange, turns, parties = await _held(session, actor, exchange_id, ExchangeAction.OBJECT)
    if exchange.due_on < clock.today():
        raise Conflict("公示期已过")
    exchange.objection = form.reason
    move(session, exchange, ExchangeAction.OBJECT, parties, actor)
    free(turns)
    return exchange
