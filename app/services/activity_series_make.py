"""Making the single activities of a series ahead, each once, with its regulars signed up."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now, today
from app.core.ids import new_id
from app.domain.activities import ACTIVITY, ActivityState
from app.domain.activity_series import AHEAD, SeriesState
from app.domain.people import Actor
from app.domain.recurrence import days_of, moment_of
from app.models import Activity, ActivitySeries, SeriesMember
from app.schemas.activities import RoleForm
from app.services import activities_roles, activities_venue, categories
from app.services.activities_case import SYSTEM, ActivityCase, roles_of
from app.services.activity_series_regulars import fitting, role_of, sign_up_regular
from app.services.outbox import publish

_COPIED = (
    *("title", "details", "category", "audience", "venue", "organization_id", "responsible_id", "project_id"),
    *("venue_resource_id", "venue_quantity", "insurer", "policy_number", "insured_until"),
)
_WHERE = ("district_id", "place_id", "path", "community_id", "grid_id", "lon", "lat")


async def hold_series(session: AsyncSession, series_id: UUID) -> ActivitySeries | None:
    """Locked before its activities, as every verb does."""
    query = select(ActivitySeries).where(ActivitySeries.id == series_id)
    return await session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))


async def make_ahead(
    session: AsyncSession, series: ActivitySeries, actor: Actor | None, without_venue: Sequence[date] = ()
) -> None:
    """Every activity of the coming weeks that is not there yet. One that was cancelled is not made again.

    Which days have no venue, those of a change before included, whoever is answerable for the series is told.
    """
    if series.state is not SeriesState.RUNNING:
        return
    until = today() + AHEAD
    there = select(Activity.series_on).where(Activity.series_id == series.id)
    known = set(await session.scalars(there))
    made = [day for day in days(series, until) if day not in known and _begins(series, day) > now()]
    members, homeless = await fitting(session, series) if made else [], list(without_venue)
    for day in made:
        activity = await _make(session, series, day, members, actor)
        homeless += [day] if activity.venue_resource_id != series.venue_resource_id else []
    series.made_until = until
    series.next_look_at = datetime.combine(today() + timedelta(days=1), time(), CHINA)
    data = {"days": [day.isoformat() for day in made], "without_venue": [day.isoformat() for day in sorted(homeless)]}
    publish(session, "activity-series", series, "make", actor=actor, data=data)
    await session.flush()


def days(series: ActivitySeries, until: date) -> list[date]:
    return days_of(
        series.rule,
        series.starts_on,
        without=series.without,
        besides=series.besides,
        skip_holidays=series.skip_holidays,
        until=until,
    )


def _begins(series: ActivitySeries, day: date) -> datetime:
    return moment_of(day, series.start_minute)


async def _make(
    session: AsyncSession, series: ActivitySeries, day: date, members: list[SeriesMember], actor: Actor | None
) -> Activity:
    begins = _begins(series, day)
    activity = Activity(
        **{name: getattr(series, name) for name in (*_COPIED, *_WHERE)},
        id=new_id(),
        series_id=series.id,
        series_on=day,
        state=ActivityState.OPEN,
        terms=(await categories.terms(session, series.category, retired=True)).as_json(),
        starts_at=begins,
        ends_at=begins + timedelta(minutes=series.minutes),
        sign_up_until=begins,
    )
    session.add(activity)
    data = {"title": activity.title, "series_id": str(series.id)}
    target = activity.state.value
    publish(session, ACTIVITY.noun, activity, "create", actor=actor, target=target, data=data, noted=False)
    await session.flush()
    activities_roles.add(session, activity, [RoleForm.model_validate(role) for role in series.roles])
    await session.flush()
    await activities_venue.book_if_free(session, activity, actor)
    case = ActivityCase(activity, await roles_of(session, activity.id), SYSTEM)
    for member in members:
        if (role := role_of(case, member)) is not None:
            sign_up_regular(session, case, role, member, actor, waits=role.last_waiting > 0)
    await session.flush()
    return activity
