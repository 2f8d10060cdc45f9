"""Somebody comes instead, this once: asked by name, or found in the order in which dispatch asks people.

Who is asked is asked, never told to come (志愿服务条例 §25); until they say yes the place stays where it was, and a regular of a
series stays one. Whom the system asks is feasible and cheapest by the one definition there is (``app.services.dispatch``); when
they cannot, the next is asked, and when nobody is left, whoever cannot come and the organizer are told so.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken, Unavailable
from app.domain.activities import UPCOMING, Audience, promotes
from app.domain.catalogue import terms_of
from app.domain.people import Actor
from app.domain.quiet_hours import waking
from app.domain.sign_ups import (
    LOOK_AGAIN_AFTER,
    SIGN_UP,
    Search,
    SignUpAction,
    SignUpState,
    answer_by,
    answer_by_when_found,
    must_be_findable,
)
from app.models import Activity, ActivityRole, Need, Order, Person, SignUp
from app.schemas import sign_ups as forms
from app.services import dispatch, sign_ups_case
from app.services.activities_case import is_meant_for, must_be_covered, uncovered
from app.services.due import must_be_due
from app.services.orders_quiet import quiet_hours_of
from app.services.sign_ups import must_not_stand
from app.services.sign_ups_case import SignUpCase, load
from app.services.sign_ups_places import begin, move, somebody_waits


async def hand_over(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: forms.SignUpHandOver
) -> SignUp:
    """Ask somebody to come instead, this once; whom, the system finds if no name is given. Until they say yes the place stays."""
    person = await _living(session, form.person_id) if form.person_id else None
    case = await load(session, actor, sign_up_id, "sign-ups:hand_over")
    SIGN_UP.decide(case.row.state, SignUpAction.HAND_OVER, case.parties)
    if not _to_come(case.of.activity):
        raise Conflict("活动已开始，不能再请人代替")
    must_be_covered(case.of.activity, case.role)
    if form.person_id == case.row.person_id:
        raise RuleBroken("代替者须是另一个人", field="person_id")
    if await session.scalar(_asked(case.row.id)) is not None:
        raise Conflict("已请过一位，等对方答复")
    if form.person_id is None:
        await _look(session, actor, sealer, case)
    elif person is None or not await _can_stand_in(session, sealer, case, person):
        raise RuleBroken("此人不能代替您参加", field="person_id")
    else:
        _ask_by_name(session, actor, case, person)
    await session.flush()
    return case.row


def _to_come(activity: Activity) -> bool:
    return activity.state in UPCOMING and now() < activity.starts_at


async def _living(session: AsyncSession, person_id: UUID) -> Person | None:
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


def _ask_by_name(session: AsyncSession, actor: Actor, case: SignUpCase, person: Person) -> None:
    case.row.search = None
    move(session, case.role, case.row, SignUpAction.HAND_OVER, actor, parties=case.parties)
    columns: dict[str, Any] = {"replaces_id": case.row.id, "answer_by": answer_by(now(), case.of.activity.starts_at)}
    begin(session, case.of.activity, case.role, SignUpState.INVITED, actor, person_id=person.id, **columns)


async def _look(session: AsyncSession, actor: Actor, sealer: Sealer, case: SignUpCase) -> None:
    """Begin to ask. Not where somebody waits for the place already."""
    must_be_findable(case.role.kind)
    if promotes(case.of.activity.starts_at, now()) and await somebody_waits(session, case.role):
        raise Conflict("已有人候补：取消报名，名额即按顺序递补，不必另找")
    case.row.search = Search.LOOKING
    move(session, case.role, case.row, SignUpAction.HAND_OVER, actor, parties=case.parties)
    await _ask_next(session, sealer, case)


async def _ask_next(session: AsyncSession, sealer: Sealer | None, case: SignUpCase) -> None:
    """The best of those who could come, or it is said that there is nobody. In quiet hours nobody is asked before they end.

    Raises Unavailable, and asks nobody, where ages cannot be read.
    """
    await session.flush()
    moment, row, activity = now(), case.row, case.of.activity
    quiet = await quiet_hours_of(session, activity.category)
    awake = waking(moment, quiet)
    if moment < awake < activity.starts_at:
        row.search_at = awake
    elif moment < awake or (person := await _next(session, sealer, case)) is None:
        row.search = Search.NOBODY
        move(session, case.role, row, SignUpAction.NOT_FOUND, None, noted=False)
    else:
        row.search_at = None
        columns = {"replaces_id": row.id, "answer_by": answer_by_when_found(moment, activity.starts_at, quiet)}
        begin(session, activity, case.role, SignUpState.INVITED, None, noted=False, person_id=person.id, **columns)
    await session.flush()


async def _ask_on(session: AsyncSession, sealer: Sealer | None, case: SignUpCase) -> None:
    """Ask the next; where nobody can be judged now, later."""
    try:
        await _ask_next(session, sealer, case)
    except Unavailable:
        case.row.search_at = now() + LOOK_AGAIN_AFTER
        await session.flush()


async def look_on(session: AsyncSession, sealer: Sealer | None, sign_up_id: UUID) -> None:
    """The clock's: quiet hours are over, or ages may be read again."""
    case = await load(session, None, sign_up_id, "sign-ups:read")
    must_be_due(None, case.row.search_at)
    await _ask_on(session, sealer, case)


async def _next(session: AsyncSession, sealer: Sealer | None, case: SignUpCase) -> Person | None:
    """Nobody is asked twice, nor who has said what they wish about this activity."""
    activity = case.of.activity
    if not _to_come(activity) or uncovered(activity, case.role) is not None:
        return None
    if sealer is None:
        raise Unavailable("目前无法核对年龄，暂不请人代替")
    passed_over = set(await session.scalars(select(SignUp.person_id).where(SignUp.activity_id == activity.id)))
    ours = await _of_the_unit(session, activity)
    for choice in await dispatch.ranking(session, *_as_work(activity, case.role)):
        if choice.person_id in passed_over or (ours is not None and choice.person_id not in ours):
            continue
        person = await _living(session, choice.person_id)
        if person is not None and await _can_stand_in(session, sealer, case, person):
            return person
    return None


async def _of_the_unit(session: AsyncSession, activity: Activity) -> set[UUID] | None:
    """Of an activity for a unit's own people, these; of others, None: who helps at its place is meant."""
    if activity.audience is not Audience.UNIT:
        return None
    return set(await session.scalars(select(Person.id).where(Person.organization_id == activity.organization_id)))


def _as_work(activity: Activity, role: ActivityRole) -> tuple[Order, Need]:
    """What dispatch knows as work: a kind, a place, a time and what it takes. Never stored, and nobody has asked for it."""
    minutes = -(-(activity.ends_at - activity.starts_at) // timedelta(minutes=1))
    skills = (role.skill,) if role.skill else ()
    terms = replace(terms_of(activity.terms), skills=skills, certified=role.certified, service_minutes=minutes)
    order = Order(
        id=activity.id,
        category=activity.category,
        terms=terms.as_json(),
        path=activity.path,
        lon=activity.lon,
        lat=activity.lat,
        wanted_at=activity.starts_at,
        insured_until=activity.insured_until,
    )
    return order, Need(id=activity.id, asker_id=None, submitted_by=None)


async def answer_before_it_starts(session: AsyncSession, activity: Activity) -> None:
    """After the activity was moved: nobody's time to answer, nor the search, goes on beyond its start."""
    rows = update(SignUp).where(SignUp.activity_id == activity.id)
    asked = rows.where(SignUp.state == SignUpState.INVITED, SignUp.answer_by > activity.starts_at)
    await session.execute(asked.values(answer_by=activity.starts_at))
    waits = rows.where(SignUp.search == Search.LOOKING, SignUp.search_at > activity.starts_at)
    await session.execute(waits.values(search_at=activity.starts_at))


async def call_off(session: AsyncSession, case: SignUpCase, actor: Actor | None) -> None:
    """Whoever was asked to stand in need not answer any more."""
    asked = select(SignUp).where(SignUp.replaces_id == case.row.id, SignUp.state == SignUpState.INVITED)
    for row in (await session.scalars(asked)).all():
        move(session, case.role, row, SignUpAction.RELEASE, actor)


async def accept(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: forms.SignUpAccept
) -> SignUp:
    """Stand in this once: the place passes from the one to the other."""
    case = await load(session, actor, sign_up_id, "sign-ups:accept")
    SIGN_UP.decide(case.row.state, SignUpAction.ACCEPT, case.parties)
    row = case.row
    if row.answer_by is None or now() >= row.answer_by:
        raise Conflict("答复期限已过")
    if not _to_come(case.of.activity):
        raise Conflict("活动已开始，不能再代替")
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


async def decline(
    session: AsyncSession, actor: Actor, sealer: Sealer, sign_up_id: UUID, form: forms.SignUpDecline
) -> SignUp:
    """Cannot stand in; without a reason, and to nobody's harm. Whom the system has looked for, it looks for on."""
    case = await load(session, actor, sign_up_id, "sign-ups:decline")
    case.row.words = form.words
    await _go_without(session, actor, sealer, case, SignUpAction.DECLINE)
    return case.row


async def expire(session: AsyncSession, sealer: Sealer | None, sign_up_id: UUID) -> None:
    """Whoever was asked to stand in has not answered; the place stays with whoever asked, and the next is asked."""
    case = await load(session, None, sign_up_id, "sign-ups:read")
    SIGN_UP.decide(case.row.state, SignUpAction.EXPIRE, case.parties)
    must_be_due(None, case.row.answer_by)
    await _go_without(session, None, sealer, case, SignUpAction.EXPIRE)


async def _go_without(
    session: AsyncSession, actor: Actor | None, sealer: Sealer | None, case: SignUpCase, action: SignUpAction
) -> None:
    original = await session.scalar(select(SignUp).where(SignUp.id == case.row.replaces_id))
    looking = original is not None and original.search is Search.LOOKING
    told: dict[str, Any] = {"looking": True} if looking else {}
    move(session, case.role, case.row, action, actor, parties=case.parties, **told)
    if looking and original is not None:
        await _ask_on(session, sealer, SignUpCase(case.of, case.role, original, case.parties))
    await session.flush()
