"""The steps of a whistle: approved by another's hand, blown, a department replaced, cancelled; and what follows of itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, RuleBroken
from app.core.ids import new_id
from app.domain.lifecycle import Step
from app.domain.orders import WORKED_ON
from app.domain.people import Actor
from app.domain.whistle_calls import CALL, DONE, OFF, CallAction, CallState
from app.domain.whistle_types import due, limits_of
from app.domain.whistles import NOT_ACTED, ORDER_ENDED, RATE_WINDOW, WHISTLE, WhistleAction, WhistleState
from app.models import Need, Order, Whistle, WhistleCall, WhistleType
from app.schemas.whistles import (
    WhistleApprove,
    WhistleBlow,
    WhistleCancel,
    WhistleDeny,
    WhistleReplace,
    WhistleWithdraw,
)
from app.services import whistle_clocks, whistle_types
from app.services.due import must_be_due
from app.services.need_respondents import against
from app.services.office_hours import hours_of
from app.services.outbox import publish
from app.services.whistles_case import SYSTEM, WhistleCase, load, move, move_call, parties_of, told

_Step = Step[WhistleState, WhistleAction]


async def _held(
    session: AsyncSession, actor: Actor | None, whistle_id: UUID, action: WhistleAction
) -> tuple[WhistleCase, _Step]:
    case = await load(session, actor, whistle_id, WHISTLE.permission(action))
    return case, WHISTLE.decide(case.whistle.state, action, case.parties)


async def _type_of(session: AsyncSession, whistle: Whistle) -> WhistleType:
    return (await session.scalars(select(WhistleType).where(WhistleType.id == whistle.type_id))).one()


async def approve(session: AsyncSession, actor: Actor, whistle_id: UUID, form: WhistleApprove) -> WhistleCase:
    case, step = await _held(session, actor, whistle_id, WhistleAction.APPROVE)
    whistle = case.whistle
    _decided(whistle, actor, form.words)
    limits = limits_of((await _type_of(session, whistle)).limits)
    whistle.lapses_at = due(now(), limits.blow, await hours_of(session))
    move(session, whistle, step, actor)
    return case


async def deny(session: AsyncSession, actor: Actor, whistle_id: UUID, form: WhistleDeny) -> WhistleCase:
    case, step = await _held(session, actor, whistle_id, WhistleAction.DENY)
    _decided(case.whistle, actor, form.words)
    _end(case.whistle)
    move(session, case.whistle, step, actor)
    return case


def _decided(whistle: Whistle, actor: Actor, words: str | None) -> None:
    whistle.decided_by, whistle.decided_at, whistle.decision_words = actor.person_id, now(), words


def _end(whistle: Whistle) -> None:
    whistle.ended_at, whistle.lapses_at = now(), None


async def withdraw(session: AsyncSession, actor: Actor, whistle_id: UUID, _: WhistleWithdraw) -> WhistleCase:
    case, step = await _held(session, actor, whistle_id, WhistleAction.WITHDRAW)
    _end(case.whistle)
    move(session, case.whistle, step, actor)
    return case


async def lapse(session: AsyncSession, whistle_id: UUID) -> None:
    """Nobody decided, or blew it, in time."""
    case, step = await _held(session, None, whistle_id, WhistleAction.LAPSE)
    must_be_due(None, case.whistle.lapses_at)
    _end(case.whistle)
    move(session, case.whistle, step, None)


async def blow(session: AsyncSession, actor: Actor, whistle_id: UUID, _: WhistleBlow) -> WhistleCase:
    """Call the departments; the limits are those of the type as it stands now, for good."""
    case, step = await _held(session, actor, whistle_id, WhistleAction.BLOW)
    whistle, kind = case.whistle, await _type_of(session, case.whistle)
    await _must_be_worked_on(session, whistle)
    await whistle_types.must_call(session, kind, whistle, whistle.department_ids)
    whistle.limits, whistle.type_version = kind.limits, kind.version
    whistle.blown_at, whistle.lapses_at = now(), None
    move(session, whistle, step, actor)
    await session.flush()
    case.calls = [await _call(session, actor, whistle, one, whistle.blown_at) for one in whistle.department_ids]
    case.parties = parties_of(actor, whistle, case.calls)
    return case


async def _must_be_worked_on(session: AsyncSession, whistle: Whistle) -> None:
    if whistle.order_id is None:
        return
    state = await session.scalar(select(Order.state).where(Order.id == whistle.order_id))
    if state not in WORKED_ON:
        raise Conflict("工单已结束，不再吹哨")


async def _call(
    session: AsyncSession,
    actor: Actor,
    whistle: Whistle,
    organization_id: UUID,
    moment: datetime,
    replaces: WhistleCall | None = None,
) -> WhistleCall:
    call = WhistleCall(
        district_id=whistle.district_id,
        id=new_id(),
        whistle_id=whistle.id,
        path=whistle.path,
        organization_id=organization_id,
        replaces_id=replaces.id if replaces else None,
        state=CALL.initial,
        called_at=moment,
    )
    session.add(call)
    publish(session, CALL.noun, call, "call", actor=actor, target=call.state.value, data=told(call))
    await session.flush()
    await whistle_clocks.begin(session, call, limits_of(whistle.limits or {}), moment)
    return call


async def replace(session: AsyncSession, actor: Actor, whistle_id: UUID, form: WhistleReplace) -> WhistleCase:
    """Call another department in the stead of one that was ruled out or called off."""
    case, step = await _held(session, actor, whistle_id, WhistleAction.REPLACE)
    whistle = case.whistle
    gone = next((call for call in case.calls if call.id == form.call_id), None)
    if gone is None or gone.state not in OFF:
        raise RuleBroken("只能代替争议成立或不再召集的部门", field="call_id")
    if any(call.replaces_id == gone.id for call in case.calls):
        raise Duplicate("已改召其他部门")
    if any(call.organization_id == form.organization_id for call in case.calls):
        raise Duplicate("此部门已在本次哨中召集过")
    kind = await _type_of(session, whistle)
    await whistle_types.must_call(session, kind, whistle, [form.organization_id], "organization_id")
    whistle.acted_at = None
    move(session, whistle, step, actor, replaces=str(gone.organization_id), by=str(form.organization_id))
    case.calls.append(await _call(session, actor, whistle, form.organization_id, now(), gone))
    return case


async def cancel(session: AsyncSession, actor: Actor, whistle_id: UUID, form: WhistleCancel) -> WhistleCase:
    """Departments that have not acted yet need not come."""
    case, step = await _held(session, actor, whistle_id, WhistleAction.CANCEL)
    await _call_off(session, case, step, actor, form.reason)
    return case


async def _call_off(
    session: AsyncSession, case: WhistleCase, step: _Step, actor: Actor | None, reason: str, **data: str
) -> None:
    case.whistle.cancel_reason = reason
    _end(case.whistle)
    move(session, case.whistle, step, actor, **data)
    for call in case.open:
        await _off(session, call, actor)


async def _off(session: AsyncSession, call: WhistleCall, actor: Actor | None) -> None:
    move_call(session, call, CALL.decide(call.state, CallAction.CANCEL, SYSTEM), actor)
    await whistle_clocks.stop(session, call, now())


async def release(session: AsyncSession, need: Need) -> None:
    """Departments that the need complains about need not come; others may be called in their stead.

    By the system. Each whistle is locked before its calls are looked at: whoever blows or replaces comes before or after.
    """
    rows = select(Whistle.id).join(Order, and_(Order.district_id == Whistle.district_id, Order.id == Whistle.order_id))
    rows = rows.where(Order.need_id == need.id, Whistle.ended_at.is_(None)).order_by(Whistle.id)
    for whistle_id in list(await session.scalars(rows)):
        case = await load(session, None, whistle_id, WHISTLE.permission(WhistleAction.CANCEL))
        theirs = WhistleCall.whistle_id == whistle_id, against(need.id, None, WhistleCall.organization_id)
        concerned = set(await session.scalars(select(WhistleCall.id).where(*theirs)))
        for call in [call for call in case.open if call.id in concerned]:
            await _off(session, call, None)
            complete(session, case.whistle, case.calls)


async def end(session: AsyncSession, order: Order, _: Actor | None) -> None:
    """The order has ended: so has a whistle on it on which not everybody has acted. What is acted on is still rated."""
    rows = select(Whistle.id).where(Whistle.order_id == order.id, Whistle.state.in_(NOT_ACTED)).order_by(Whistle.id)
    for whistle_id in list(await session.scalars(rows)):
        whistle = (case := await load(session, None, whistle_id, WHISTLE.permission(WhistleAction.CANCEL))).whistle
        told_why = {"order_id": str(order.id)}
        if whistle.state is WhistleState.BLOWN:
            step = WHISTLE.decide(whistle.state, WhistleAction.CANCEL, SYSTEM)
            await _call_off(session, case, step, None, ORDER_ENDED, **told_why)
        elif whistle.state in NOT_ACTED:
            _end(whistle)
            move(session, whistle, WHISTLE.decide(whistle.state, WhistleAction.LAPSE, SYSTEM), None, **told_why)


def complete(session: AsyncSession, whistle: Whistle, calls: Iterable[WhistleCall]) -> bool:
    """Once nobody is to act any more the whistle is acted on; whether that is so. The whistle is locked."""
    states = {call.state for call in calls}
    done = bool(states & DONE) and not states - DONE - OFF
    if done and whistle.state is WhistleState.BLOWN:
        whistle.acted_at = now()
        move(session, whistle, WHISTLE.decide(whistle.state, WhistleAction.COMPLETE, SYSTEM), None)
    return done


def settle(session: AsyncSession, whistle: Whistle, calls: Sequence[WhistleCall]) -> None:
    """What follows by itself once a department has acted, or once both sides have rated."""
    if complete(session, whistle, calls) and not any(call.state is CallState.ACTED for call in calls):
        _close(session, whistle)


def _close(session: AsyncSession, whistle: Whistle) -> None:
    step = WHISTLE.decide(whistle.state, WhistleAction.CLOSE, SYSTEM)
    _end(whistle)
    move(session, whistle, step, None)


async def close(session: AsyncSession, whistle_id: UUID) -> None:
    """The time to rate is over."""
    case, _ = await _held(session, None, whistle_id, WhistleAction.CLOSE)
    acted = case.whistle.acted_at
    must_be_due(None, acted and acted + RATE_WINDOW)
    case.whistle.closed_by_system = True
    _close(session, case.whistle)
