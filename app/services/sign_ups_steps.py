"""The steps of a sign-up but for checking in and out: cancel, move up, pass on for once, miss, excuse, rate."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.activities import TAKES_ON_SPOT, promotes
from app.domain.people import Actor
from app.domain.sign_ups import SIGN_UP, SignUpAction, cancelled_when
from app.models import SignUp
from app.schemas import sign_ups as forms
from app.services.activities_case import must_be_covered
from app.services.sign_ups_case import SignUpCase, load
from app.services.sign_ups_places import fill, move
from app.services.sign_ups_substitutes import call_off


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
    await call_off(session, case, actor)
    await fill(session, case.of, actor)
    await session.flush()
    return row


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
