"""The steps of an activity, and its change: propose, list, close, begin, conclude, cancel, remind."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.activities import (
    ACTIVITY,
    CHANGEABLE,
    CHECK_IN_OPENS,
    REMINDED,
    UPCOMING,
    ActivityAction,
    PartKind,
    check_times,
    must_be_before,
)
from app.domain.catalogue import must_be_evident, terms_of
from app.domain.people import Actor
from app.domain.places import ancestors
from app.domain.sign_ups import SignUpAction, SignUpState
from app.models import Activity, SignUp
from app.schemas import activities as forms
from app.services import activities_roles, activities_venue, bookings_end
from app.services.activities import must_be_public, responsible
from app.services.activities_case import ActivityCase, decide, load, move, must_organize, roles_of
from app.services.due import must_be_due
from app.services.outbox import hold, publish
from app.services.places import located, place_of
from app.services.sign_ups_places import fill, release_all
from app.services.sign_ups_places import move as move_sign_up
from app.services.sign_ups_substitutes import answer_before_it_starts

_PLAIN = ("title", "details", "venue", "venue_quantity", "audience", "sign_up_from")
_IF_SAID = ("starts_at", "ends_at", "sign_up_until")


async def update(
    session: AsyncSession, actor: Actor, activity_id: UUID, version: int, form: forms.ActivityUpdate
) -> Activity:
    """Change what was sent. Whoever signed up is told of another time or place, and may leave without being late."""
    case = await load(session, actor, activity_id, "activities:update")
    must_organize(case, actor, "activities:update")
    await hold(session, case.activity, version)
    activity = case.activity
    if activity.state not in CHANGEABLE:
        raise Conflict("活动已开始或已结束，不能修改")
    before, spot = _when_and_where(activity), activities_venue.spot_of(activity)
    await _write(session, actor, activity, form)
    check_times(activity.starts_at, activity.ends_at, activity.sign_up_from, activity.sign_up_until)
    moved = activity.state in UPCOMING and before != _when_and_where(activity)
    if moved:
        must_be_before(activity.starts_at, now())
        activity.moved_at, activity.reminded_at = now(), None
        await answer_before_it_starts(session, activity)
    sent = sorted(form.model_fields_set)
    publish(session, ACTIVITY.noun, activity, "update", actor=actor, data={"fields": sent, "moved": moved})
    await activities_venue.follow(session, activity, spot, actor)
    if form.roles is not None:
        await activities_roles.change(session, case, form.roles)
        case.roles = await roles_of(session, activity.id)
    await fill(session, case, actor)
    await session.flush()
    return activity


def _when_and_where(activity: Activity) -> tuple[datetime, datetime, UUID, UUID | None, str | None]:
    return activity.starts_at, activity.ends_at, activity.place_id, activity.venue_resource_id, activity.venue


async def _write(session: AsyncSession, actor: Actor, activity: Activity, form: forms.ActivityUpdate) -> None:
    """What was sent; of what always has a value, only a new one."""
    until_start = activity.sign_up_until == activity.starts_at
    said = form.model_dump(exclude_unset=True, include={*_PLAIN, *_IF_SAID})
    for name in [name for name in said if name in _PLAIN or said[name] is not None]:
        setattr(activity, name, said[name])
    if "venue_resource_id" in form.model_fields_set:
        activities_venue.name(activity, form.venue_resource_id)
    if form.model_fields_set & {"venue_resource_id", "venue_quantity"}:
        await activities_venue.must_suit(session, actor, activity.venue_resource_id, activity.venue_quantity)
    if until_start and form.sign_up_until is None:
        activity.sign_up_until = activity.starts_at
    if form.responsible_id is not None:
        activity.responsible_id = await responsible(session, actor, form.responsible_id)
    if form.place_id is not None and form.place_id != activity.place_id:
        await _move_to(session, activity, form.place_id)


async def _move_to(session: AsyncSession, activity: Activity, place_id: UUID) -> None:
    place = await place_of(session, place_id)
    if not place.path.startswith(_stays_within(activity)):
        raise Conflict("活动不能移到别的社区，请取消后重新发布")
    must_be_public(place)
    for name, value in located(place).items():
        setattr(activity, name, value)


def _stays_within(activity: Activity) -> str:
    """The path of its community, or, above the communities, of its place: what staff and unit there looked after stays theirs."""
    return ancestors(activity.path)[:3][-1]


async def propose(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityPropose) -> Activity:
    case = await load(session, actor, activity_id, "activities:propose")
    decide(case, ActivityAction.PROPOSE)
    must_be_before(case.activity.starts_at, now())
    move(session, case, ActivityAction.PROPOSE, actor)
    case.activity.words = form.words
    await activities_venue.book(session, case.activity, actor)
    return case.activity


async def send_back(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivitySendBack) -> Activity:
    case = await load(session, actor, activity_id, "activities:send_back")
    decide(case, ActivityAction.SEND_BACK)
    move(session, case, ActivityAction.SEND_BACK, actor)
    case.activity.words = form.words
    return case.activity


async def publish_(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityPublish) -> Activity:
    """List it: from now on people see it and sign up. 409 when the venue it names is not to be had any more."""
    case = await load(session, actor, activity_id, "activities:publish")
    decide(case, ActivityAction.PUBLISH)
    must_be_before(case.activity.starts_at, now())
    move(session, case, ActivityAction.PUBLISH, actor)
    case.activity.words = form.words
    await activities_venue.book(session, case.activity, actor)
    return case.activity


async def close(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityClose) -> Activity:
    case = await load(session, actor, activity_id, "activities:close")
    move(session, case, ActivityAction.CLOSE, actor)
    case.activity.words = form.words
    return case.activity


async def reopen(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityReopen) -> Activity:
    case = await load(session, actor, activity_id, "activities:reopen")
    decide(case, ActivityAction.REOPEN)
    must_be_before(case.activity.starts_at, now())
    move(session, case, ActivityAction.REOPEN, actor)
    case.activity.words = form.words
    return case.activity


async def start(session: AsyncSession, actor: Actor | None, activity_id: UUID, form: forms.ActivityStart) -> Activity:
    """People may be checked in. By the organizer, or by the system half an hour before the time."""
    case = await load(session, actor, activity_id, "activities:start")
    decide(case, ActivityAction.START)
    opens = case.activity.starts_at - CHECK_IN_OPENS
    must_be_due(actor, opens)
    if now() < opens:
        raise Conflict("开始前三十分钟起才能开始")
    move(session, case, ActivityAction.START, actor)
    case.activity.words = form.words
    return case.activity


async def conclude(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityConclude) -> Activity:
    """Say how it was. Helpers must have checked out, so that no time is lost; participants' stay ends with it."""
    case = await load(session, actor, activity_id, "activities:conclude")
    decide(case, ActivityAction.CONCLUDE)
    must_be_evident(terms_of(case.activity.terms), form.evidence or ())
    await _end_attendance(session, case, actor)
    await release_all(session, case, actor)
    activity = case.activity
    activity.report, activity.concluded_at = form.report, now()
    activity.evidence = {kind.value: shown for kind, shown in (form.evidence or {}).items()} or None
    move(session, case, ActivityAction.CONCLUDE, actor)
    await bookings_end.settle(session, actor, activity.id)
    return activity


async def _end_attendance(session: AsyncSession, case: ActivityCase, actor: Actor) -> None:
    there = select(SignUp).where(SignUp.activity_id == case.activity.id, SignUp.state == SignUpState.CHECKED_IN)
    rows = (await session.scalars(there.execution_options(populate_existing=True))).all()
    if any(case.role(row.role_id).kind is PartKind.HELPER for row in rows):
        raise Conflict("还有志愿者未签退，签退后才能总结")
    for row in rows:
        row.checked_out_at, row.check_out_method = now(), row.check_in_method
        move_sign_up(session, case.role(row.role_id), row, SignUpAction.CHECK_OUT, actor)


async def cancel(session: AsyncSession, actor: Actor, activity_id: UUID, form: forms.ActivityCancel) -> Activity:
    """It does not take place; everyone who would have come is let go and told why."""
    case = await load(session, actor, activity_id, "activities:cancel")
    decide(case, ActivityAction.CANCEL)
    case.activity.cancel_reason = form.reason
    move(session, case, ActivityAction.CANCEL, actor)
    await release_all(session, case, actor)
    await bookings_end.give_back_all(session, actor, case.activity.id)
    return case.activity


async def remind(session: AsyncSession, activity_id: UUID) -> None:
    """The day before, whoever is coming is told once."""
    case = await load(session, None, activity_id, "activities:update")
    activity = case.activity
    if activity.state not in UPCOMING or activity.reminded_at is not None:
        raise Conflict("已提醒过，或活动不再举行")
    must_be_due(None, activity.starts_at - REMINDED)
    activity.reminded_at = now()
    publish(session, ACTIVITY.noun, activity, "remind", actor=None)
