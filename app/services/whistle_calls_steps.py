"""The steps of a called department, of whoever rules on its dispute, and the ratings of both sides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, RuleBroken
from app.domain.lifecycle import Step
from app.domain.people import Actor
from app.domain.whistle_calls import CALL, CallAction, CallState, Task
from app.domain.whistle_types import limits_of
from app.domain.whistles import WhistleState
from app.models import Person, WhistleCall
from app.schemas.whistle_calls import (
    WhistleCallAct,
    WhistleCallContact,
    WhistleCallDispute,
    WhistleCallOverrule,
    WhistleCallRate,
    WhistleCallRateBack,
    WhistleCallReport,
    WhistleCallSign,
    WhistleCallUphold,
)
from app.services import whistle_clocks
from app.services.whistles_case import CallCase, load_call, move_call
from app.services.whistles_steps import complete, settle

_Step = Step[CallState, CallAction]


async def _held(session: AsyncSession, actor: Actor, call_id: UUID, action: CallAction) -> tuple[CallCase, _Step]:
    case = await load_call(session, actor, call_id, CALL.permission(action))
    return case, CALL.decide(case.call.state, action, case.parties)


async def sign(session: AsyncSession, actor: Actor, call_id: UUID, _: WhistleCallSign) -> CallCase:
    """It is this department's; late is better than never."""
    case, step = await _held(session, actor, call_id, CallAction.SIGN)
    case.call.signed_at = now()
    await whistle_clocks.meet(session, case.call, Task.SIGN, case.call.signed_at)
    move_call(session, case.call, step, actor)
    return case


async def contact(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallContact) -> CallCase:
    case, step = await _held(session, actor, call_id, CallAction.CONTACT)
    case.call.contacted_at, case.call.contact_words = now(), form.words
    await whistle_clocks.meet(session, case.call, Task.CONTACT, case.call.contacted_at)
    move_call(session, case.call, step, actor)
    return case


async def report(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallReport) -> CallCase:
    """Somebody of the department is on site. The limit is met by the report itself, not by what it says of the arrival."""
    case, step = await _held(session, actor, call_id, CallAction.REPORT)
    call, moment = case.call, now()
    arrived = form.arrived_at or moment
    if not call.called_at <= arrived <= moment:
        raise RuleBroken("到场时间须在召集之后、此刻之前", field="arrived_at")
    await _must_be_theirs(session, call, form.present_id or actor.person_id)
    call.reported_at, call.arrived_at, call.present_id = moment, arrived, form.present_id or actor.person_id
    await whistle_clocks.meet(session, call, Task.REPORT, moment)
    move_call(session, call, step, actor)
    return case


async def _must_be_theirs(session: AsyncSession, call: WhistleCall, person_id: UUID) -> None:
    theirs = (Person.id == person_id, Person.organization_id == call.organization_id, Person.erased_at.is_(None))
    if await session.scalar(select(Person.id).where(*theirs)) is None:
        raise RuleBroken("到场的人须是本部门的", field="present_id")


async def act(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallAct) -> CallCase:
    case, step = await _held(session, actor, call_id, CallAction.ACT)
    call, moment = case.call, now()
    await whistle_clocks.meet(session, call, Task.ACT, moment)
    call.acted_at, call.result = moment, form.result
    call.evidence = form.model_dump(mode="json")["evidence"]
    move_call(session, call, step, actor)
    settle(session, case.whistle, case.calls)
    return case


async def dispute(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallDispute) -> CallCase:
    """Not ours: once, within the limit to sign. Its limits stand still until it is ruled on."""
    case, step = await _held(session, actor, call_id, CallAction.DISPUTE)
    call, moment = case.call, now()
    if call.disputed_at is not None:
        raise Conflict("管辖争议只能提出一次，已裁定由本部门办理")
    if moment > await whistle_clocks.due_at(session, call, Task.SIGN):
        raise Conflict("签到时限已过，不能再提出管辖争议")
    call.disputed_at, call.dispute_duty, call.dispute_words = moment, form.duty, form.words
    await whistle_clocks.stop(session, call, moment)
    await whistle_clocks.begin(session, call, limits_of(case.whistle.limits or {}), moment, (Task.RULE,))
    move_call(session, call, step, actor)
    return case


async def uphold(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallUphold) -> CallCase:
    """The department is out; another may be called in its stead, also where all others have acted and rated."""
    case, step = await _held(session, actor, call_id, CallAction.UPHOLD)
    await _rule(session, case.call, actor, form.words)
    move_call(session, case.call, step, actor)
    complete(session, case.whistle, case.calls)
    return case


async def overrule(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallOverrule) -> CallCase:
    """It must act, within limits that begin with the ruling."""
    case, step = await _held(session, actor, call_id, CallAction.OVERRULE)
    moment = await _rule(session, case.call, actor, form.words)
    await whistle_clocks.begin(session, case.call, limits_of(case.whistle.limits or {}), moment)
    move_call(session, case.call, step, actor)
    return case


async def _rule(session: AsyncSession, call: WhistleCall, actor: Actor, words: str) -> datetime:
    moment = now()
    call.ruled_at, call.ruled_by, call.ruling_words = moment, actor.person_id, words
    await whistle_clocks.meet(session, call, Task.RULE, moment)
    return moment


async def rate(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallRate) -> CallCase:
    """The caller's word on the department."""
    case, step = await _held(session, actor, call_id, CallAction.RATE)
    _must_be_rated_now(case, case.call.rating)
    case.call.rating, case.call.rating_words = form.rating, form.words
    return _rated(session, case, step, actor)


async def rate_back(session: AsyncSession, actor: Actor, call_id: UUID, form: WhistleCallRateBack) -> CallCase:
    """The department's word on the whistle."""
    case, step = await _held(session, actor, call_id, CallAction.RATE_BACK)
    _must_be_rated_now(case, case.call.rating_back)
    case.call.rating_back, case.call.rating_back_words = form.rating, form.words
    return _rated(session, case, step, actor)


def _must_be_rated_now(case: CallCase, given: int | None) -> None:
    if case.whistle.state not in {WhistleState.BLOWN, WhistleState.ACTED}:
        raise Conflict("此哨已办结或取消，不再评价")
    if given is not None:
        raise Conflict("已评价")


def _rated(session: AsyncSession, case: CallCase, step: _Step, actor: Actor) -> CallCase:
    """Rated by both, it is over; the numbers stand in the call, not in its history."""
    both = case.call.rating is not None and case.call.rating_back is not None
    move_call(session, case.call, step, actor, CallState.RATED if both else None)
    settle(session, case.whistle, case.calls)
    return case
