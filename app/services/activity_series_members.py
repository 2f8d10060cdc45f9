"""The regulars of a series: join, and be signed up for each; leave, and be signed up for none."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain import access
from app.domain.activity_series import MOST_REGULARS, SERIES, SeriesState
from app.domain.people import Actor, Relation
from app.domain.sign_ups import STANDING, SignUpAction, SignUpState, cancelled_when
from app.models import ActivityRole, ActivitySeries, Person, SeriesMember, SignUp
from app.schemas.activities import RoleForm
from app.schemas.activity_series import ActivitySeriesJoin, ActivitySeriesLeave
from app.services import minors, sign_ups_case
from app.services.activities_case import ActivityCase
from app.services.activity_series import load, upcoming
from app.services.activity_series_regulars import regulars, role_of, sign_up_regular
from app.services.outbox import publish
from app.services.sign_ups_places import fill, move, somebody_waits

_HOLDER = frozenset({Relation.HOLDER})


async def join(
    session: AsyncSession, actor: Actor, sealer: Sealer, series_id: UUID, form: ActivitySeriesJoin
) -> ActivitySeries:
    """Come regularly, oneself or one's ward: signed up for all that is made, and for all that will be."""
    person = await sign_ups_case.hold_person(session, form.person_id or actor.person_id)
    guards = await _answers_for(session, actor, person)
    series = await load(session, actor, series_id, "activity-series:join")
    access.require_anywhere(actor, "activity-series:join")
    if series.state is not SeriesState.RUNNING:
        raise Conflict("系列活动现在不接受报名")
    role = next((RoleForm.model_validate(r) for r in series.roles if r["name"] == form.role_name), None)
    if role is None:
        raise RuleBroken("系列活动没有这个角色", field="role_name")
    asked = ActivityRole(kind=role.kind, skill=role.skill, certified=role.certified, min_age=role.min_age)
    await sign_ups_case.must_fit(session, sealer, asked, person, guarded=guards)
    if await _membership(session, series_id, person.id) is not None:
        raise Duplicate("此人已固定参加")
    if len(await regulars(session, series_id)) >= MOST_REGULARS:
        raise Conflict(f"固定参加的已满{MOST_REGULARS}人，请逐次报名")
    member = await _add(session, series, person, form.role_name, actor.person_id if guards else None)
    data = {"person_id": str(person.id)}
    publish(session, SERIES.noun, series, "join", actor=actor, data=data)
    for case in await upcoming(session, series):
        mine = role_of(case, member)
        if mine is not None and await _standing(session, case, person.id) is None:
            sign_up_regular(session, case, mine, member, actor, waits=await somebody_waits(session, mine))
    await session.flush()
    return series


async def _answers_for(session: AsyncSession, actor: Actor, person: Person) -> bool:
    """Whether as a guardian; 404 for whoever is neither that nor the person."""
    guards = await minors.guards(session, actor.person_id, person)
    if not guards and person.id != actor.person_id:
        raise NotFound("没有这个人")
    actor.trace.person_id = person.id
    return guards


async def _add(
    session: AsyncSession, series: ActivitySeries, person: Person, role_name: str, guardian_id: UUID | None
) -> SeriesMember:
    last = select(func.coalesce(func.max(SeriesMember.number), 0)).where(SeriesMember.series_id == series.id)
    member = SeriesMember(
        district_id=series.district_id,
        id=new_id(),
        series_id=series.id,
        path=series.path,
        person_id=person.id,
        role_name=role_name,
        number=(await session.scalar(last) or 0) + 1,
        guardian_id=guardian_id,
        joined_at=now(),
    )
    session.add(member)
    await session.flush()
    return member


async def _membership(session: AsyncSession, series_id: UUID, person_id: UUID) -> SeriesMember | None:
    current = (SeriesMember.series_id == series_id, SeriesMember.person_id == person_id, SeriesMember.left_at.is_(None))
    return await session.scalar(select(SeriesMember).where(*current))


async def _standing(session: AsyncSession, case: ActivityCase, person_id: UUID) -> SignUp | None:
    theirs = (SignUp.activity_id == case.activity.id, SignUp.person_id == person_id, SignUp.state.in_(STANDING))
    return await session.scalar(select(SignUp).where(*theirs).execution_options(populate_existing=True))


async def leave(session: AsyncSession, actor: Actor, series_id: UUID, form: ActivitySeriesLeave) -> ActivitySeries:
    """Come no more: their places in what has not begun go to whoever waits."""
    person = await sign_ups_case.hold_person(session, form.person_id or actor.person_id)
    await _answers_for(session, actor, person)
    series = await load(session, actor, series_id, "activity-series:leave")
    access.require_anywhere(actor, "activity-series:leave")
    member = await _membership(session, series_id, person.id)
    if member is None:
        raise Conflict("此人没有固定参加")
    member.left_at = now()
    publish(session, SERIES.noun, series, "leave", actor=actor, data={"person_id": str(person.id)})
    for case in await upcoming(session, series):
        row = await _standing(session, case, person.id)
        if row is not None and row.state in {SignUpState.CONFIRMED, SignUpState.WAITING}:
            _give_up(session, case, row, actor)
            await fill(session, case, actor)
    await session.flush()
    return series


def _give_up(session: AsyncSession, case: ActivityCase, row: SignUp, actor: Actor) -> None:
    activity = case.activity
    target = cancelled_when(row.state, activity.starts_at, now(), row.confirmed_at, activity.moved_at)
    move(session, case.role(row.role_id), row, SignUpAction.CANCEL, actor, parties=_HOLDER, target=target)
