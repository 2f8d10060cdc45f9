"""The accident insurance that helpers of an activity, or of each of a series, need before they are taken (志愿服务条例 §17)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import Conflict, Forbidden, RuleBroken
from app.domain import access
from app.domain.activities import ACTIVITY, OVER
from app.domain.activity_series import SERIES, SeriesState
from app.domain.catalogue import terms_of
from app.domain.people import Actor
from app.models import Activity, ActivitySeries
from app.schemas.activities import ActivityInsure
from app.schemas.activity_series import ActivitySeriesInsure
from app.schemas.orders import Policy
from app.services import activity_series, categories
from app.services.activities_case import ActivityCase, last_day, load, must_organize, parties_of
from app.services.outbox import publish
from app.services.sign_ups_places import fill


async def insure(session: AsyncSession, actor: Actor, activity_id: UUID, form: ActivityInsure) -> Activity:
    """Record the policy, or its renewal. Helpers who waited for it move up."""
    case = await load(session, actor, activity_id, "activities:insure")
    must_organize(case, actor, "activities:insure")
    activity = case.activity
    if activity.state in OVER:
        raise Conflict("活动已结束或已取消")
    if not terms_of(activity.terms).insured:
        raise RuleBroken("此类活动不要求保险")
    if form.insured_until < max(today(), last_day(activity)):
        raise RuleBroken("保单在活动当日已过期", field="insured_until")
    await _cover(session, case, actor, form)
    return activity


async def _cover(session: AsyncSession, case: ActivityCase, actor: Actor, policy: Policy) -> None:
    _write(case.activity, policy)
    data = {"insured_until": policy.insured_until.isoformat()}
    publish(session, ACTIVITY.noun, case.activity, "insure", actor=actor, data=data)
    await fill(session, case, actor)
    await session.flush()


def _write(of: Activity | ActivitySeries, policy: Policy) -> None:
    of.insurer, of.policy_number, of.insured_until = policy.insurer, policy.policy_number, policy.insured_until


async def insure_series(
    session: AsyncSession, actor: Actor, series_id: UUID, form: ActivitySeriesInsure
) -> ActivitySeries:
    """One policy for all that is to come of it: what is made already, and what will be."""
    series = await activity_series.load(session, actor, series_id, "activity-series:insure")
    if not access.may("activity-series:insure", parties_of(series, actor)):
        raise Forbidden()
    if series.state is SeriesState.ENDED:
        raise Conflict("系列活动已结束")
    if not (await categories.terms(session, series.category, retired=True)).insured:
        raise RuleBroken("此类活动不要求保险")
    if form.insured_until < today():
        raise RuleBroken("保单已过期", field="insured_until")
    _write(series, form)
    data = {"insured_until": form.insured_until.isoformat()}
    publish(session, SERIES.noun, series, "insure", actor=actor, data=data)
    for case in await activity_series.upcoming(session, series):
        await _cover(session, case, actor, form)
    return series
