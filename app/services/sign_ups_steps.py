"""The steps of a sign-up but for checking in and out: cancel, move up, pass on for once, miss, excuse, rate."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.domain.activities import TAKES_ON_SPOT, UPCOMING, promotes
from app.domain.people import Actor
from app.domain.sign_ups import SIGN_UP, SignUpAction, SignUpState, answer_by, cancelled_when
from app.models import Person, SignUp
from app.schemas import sign_ups as forms
from app.services import sign_ups_case
from app.services.activities_case import is_meant_for, must_be_covered
from app.services.due import must_be_due
from app.services.sign_ups import must_not_stand
from app.services.sign_ups_case import SignUpCase, load
from app.services.sign_ups_places import begin, fill, move


def _decide(case: SignUpCase, action: SignUpAction) -> None:
    SIGN_UP.decide(case.row.state, action, case.parties)


async def cancel(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpCancel) -> SignUp:
    """Cannot come after all. The place goes to whoever has waited longest."""
    case = await load(session, actor, sign_up_id, "sign-ups:cancel")
    _decide(case, SignUpAction.CANCEL)
    activity, row = case.of.activity, case.row
    if activity.state not in TAKES_ON_SPOT:
        raise Conflict("活动已结束")
    target = cancelled_when(row.state, activity.starts_at, now(), row.confirmed_at, activity.moved_at)
    row.words = form.words
    move(session, case.role, row, SignUpAction.CANCEL, actor, parties=case.parties, target=target)
    await _call_off_substitute(session, case, actor)
    await fill(session, case.of, actor)
    await session.flush()
    return row


async def _call_off_substitute(session: AsyncSession, case: SignUpCase, actor: Actor | None) -> None:
    """Whoever was asked to stand in need not answer any more."""
    asked = select(SignUp).where(SignUp.replaces_id == case.row.id, SignUp.state == SignUpState.INVITED)
    for row in (await session.scalars(asked)).all():
        move(session, case.role, row, SignUpAction.RELEASE, actor)


async def promote(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpPromote) -> SignUp:
    """At the door: a place that is left goes to somebody who waited and has come. Before, the list moves by itself."""
    case = await load(session, actor, sign_up_id, "sign-ups:promote")
    _decide(case, SignUpAction.PROMOTE)
    if case.of.activity.state not in TAKES_ON_SPOT:
        raise Conflict("活动已结束")
    if promotes(case.of.activity.starts_at, now()):
        raise Conflict("候补按顺序自动递补，开始前两小时起才由组织者决定")
    if case.role.taken >= case.role.places:
        raise Conflict("名额已满")
    must_be_covered(case.of.activity, case.role)
    case.row.words = form.words
    move(session, case.role, case.row, SignUpAction.PROMOTE, actor, parties=case.parties)
    await session.flush()
    return case.row


async def hand_over(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: forms.SignUpHandOver
) -> SignUp:
    """Ask somebody to come instead, this once. Until they say yes the place is still one's own."""
    person = await _asked_for(session, form.person_id)
    case = await load(session, actor, sign_up_id, "sign-ups:hand_over")
    _decide(case, SignUpAction.HAND_OVER)
    activity, row = case.of.activity, case.row
    if activity.state not in UPCOMING or now() >= activity.starts_at:
        raise Conflict("活动已开始，不能再请人代替")
    must_be_covered(activity, case.role)
    if form.person_id == row.person_id:
        raise RuleBroken("代替者须是另一个人", field="person_id")
    if await session.scalar(_asked(row.id)) is not None:
        raise Conflict("已请过一位，等对方答复")
    if person is None or not await _can_stand_in(session, sealer, case, person):
        raise RuleBroken("此人不能代替您参加", field="person_id")
    move(session, case.role, row, SignUpAction.HAND_OVER, actor, parties=case.parties)
    columns: dict[str, Any] = {"replaces_id": row.id, "answer_by": answer_by(now(), activity.starts_at)}
    begin(session, activity, case.role, SignUpState.INVITED, actor, person_id=person.id, **columns)
    await session.flush()
    return row


async def _asked_for(session: AsyncSession, person_id: UUID) -> Person | None:
    try:
        return await sign_ups_case.hold_person(session, person_id)
    except (NotFound, Conflict):
        return None


async def _can_stand_in(session: AsyncSession, sealer: Sealer, case: SignUpCase, person: Person) -> bool:
    """Without a reason: whoever asks learns nothing of somebody's age, skills or dates, not even whether there is such a person."""
    if not await is_meant_for(session, case.of.activity, person):
        return False
    try:
        await must_not_stand(session, case.of.activity.id, person.id)
        await sign_ups_case.must_fit(session, sealer, case.role, person, guarded=person.minor)
    except (Duplicate, RuleBroken):
        return False
    return True


def _asked(sign_up_id: UUID) -> Select[UUID]:
    return select(SignUp.id).where(SignUp.replaces_id == sign_up_id, SignUp.state == SignUpState.INVITED)


async def accept(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: forms.SignUpAccept
) -> SignUp:
    """Stand in this once: the place passes from the one to the other."""
    case = await load(session, actor, sign_up_id, "sign-ups:accept")
    _decide(case, SignUpAction.ACCEPT)
    row = case.row
    if row.answer_by is None or now() >= row.answer_by:
        raise Conflict("答复期限已过")
    must_be_covered(case.of.activity, case.role)
    person = await sign_ups_case.hold_person(session, row.person_id)
    guards = actor.person_id != person.id
    await sign_ups_case.must_fit(session, sealer, case.role, person, guarded=guards)
    original = (await session.scalars(select(SignUp).where(SignUp.id == row.replaces_id))).one()
    move(session, case.role, original, SignUpAction.SUBSTITUTE, actor)
    await session.flush()
    row.guardian_id, row.words = actor.person_id if guards else None, form.words
    move(session, case.role, row, SignUpAction.ACCEPT, actor, parties=case.parties)
    await session.flush()
    return row


async def decline(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpDecline) -> SignUp:
    case = await load(session, actor, sign_up_id, "sign-ups:decline")
    case.row.words = form.words
    move(session, case.role, case.row, SignUpAction.DECLINE, actor, parties=case.parties)
    await session.flush()
    return case.row


async def expire(session: AsyncSession, sign_up_id: UUID) -> None:
    """Whoever was asked to stand in has not answered; the place stays with whoever asked."""
    case = await load(session, None, sign_up_id, "sign-ups:read")
    _decide(case, SignUpAction.EXPIRE)
    must_be_due(None, case.row.answer_by)
    move(session, case.role, case.row, SignUpAction.EXPIRE, None)


async def miss(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpMiss) -> SignUp:
    """Note that somebody did not come; from the start on."""
    case = await load(session, actor, sign_up_id, "sign-ups:miss")
    _decide(case, SignUpAction.MISS)
    if now() < case.of.activity.starts_at:
        raise Conflict("活动尚未开始")
    case.row.words = form.words
    move(session, case.role, case.row, SignUpAction.MISS, actor, parties=case.parties)
    await session.flush()
    return case.row


async def excuse(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpExcuse) -> SignUp:
    case = await load(session, actor, sign_up_id, "sign-ups:excuse")
    _decide(case, SignUpAction.EXCUSE)
    case.row.words = form.words
    move(session, case.role, case.row, SignUpAction.EXCUSE, actor, parties=case.parties)
    await session.flush()
    return case.row


async def rate(session: AsyncSession, actor: Actor, sign_up_id: UUID, form: forms.SignUpRate) -> SignUp:
    """How it was, once, by whoever was there."""
    case = await load(session, actor, sign_up_id, "sign-ups:rate")
    _decide(case, SignUpAction.RATE)
    if case.row.rating is not None:
        raise Conflict("已评价过")
    case.row.rating, case.row.rating_words = form.rating, form.words
    move(session, case.role, case.row, SignUpAction.RATE, actor, parties=case.parties, rating=form.rating)
    await session.flush()
    return case.row
