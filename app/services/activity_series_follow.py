"""Changing a series from a day on: what is made already follows the new rule, is cancelled, or is made in addition."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import RuleBroken
from app.domain.activities import ActivityState
from app.domain.activity_series import AHEAD, SeriesAction
from app.domain.people import Actor
from app.domain.recurrence import check_rule, moment_of
from app.models import Activity, ActivitySeries
from app.schemas import activity_series as forms
from app.services import activities_venue
from app.services.activity_series import call_off, decide, load, move, must_fit_a_day, upcoming_with_bookings
from app.services.activity_series_make import days, make_ahead
from app.services.outbox import publish


async def change(
    session: AsyncSession, actor: Actor, series_id: UUID, form: forms.ActivitySeriesChange
) -> ActivitySeries:
    """From a day on, one that is made already or the next. A day whose venue cannot be had at its new time is held without one."""
    series = await load(session, actor, series_id, "activity-series:change")
    decide(series, actor, SeriesAction.CHANGE)
    _must_be_within(series, form.from_on)
    if form.rule is not None:
        check_rule(form.rule)
        series.starts_on = form.from_on
    for name, value in form.model_dump(exclude={"from_on"}, exclude_none=True).items():
        setattr(series, name, value)
    if form.model_fields_set & {"venue_resource_id", "venue_quantity"}:
        await _name_venue(session, series, actor, form)
    must_fit_a_day(series)
    move(session, series, SeriesAction.CHANGE, actor, from_on=form.from_on.isoformat())
    await make_ahead(session, series, actor, await _follow_all(session, series, form.from_on, actor))
    return series


def _must_be_within(series: ActivitySeries, from_on: date) -> None:
    """422 for days gone by, and for those beyond what is made: the days before them are to follow what holds until then."""
    if from_on < today():
        raise RuleBroken("不能修改已过去的日子", field="from_on")
    latest = (series.made_until or today() + AHEAD) + timedelta(days=1)
    if from_on > latest:
        raise RuleBroken(f"只能从{latest.isoformat()}或之前的某日起修改，以后的日子尚未安排", field="from_on")


async def _name_venue(
    session: AsyncSession, series: ActivitySeries, actor: Actor, form: forms.ActivitySeriesChange
) -> None:
    if "venue_resource_id" in form.model_fields_set:
        series.venue_resource_id = form.venue_resource_id
    await activities_venue.must_suit(session, actor, series.venue_resource_id, series.venue_quantity)


async def _follow_all(session: AsyncSession, series: ActivitySeries, from_on: date, actor: Actor) -> list[date]:
    """What is made already follows the series as it is now; the days that have no venue by that."""
    still = set(days(series, today() + AHEAD))
    homeless: list[date] = []
    for case in await upcoming_with_bookings(session, series):
        day = case.activity.series_on
        if day is None or day < from_on:
            continue
        if day not in still:
            await call_off(session, case, actor, "系列改期，这一次不再举行")
        elif not await _follow(session, series, case.activity, day, actor):
            homeless.append(day)
    return homeless


def _retime(activity: Activity, begins: datetime, ends: datetime) -> None:
    """Signing up ends as long before the start as it did, also where that was set by hand; it has begun by then."""
    until = min(activity.sign_up_until + (begins - activity.starts_at), ends)
    activity.starts_at, activity.ends_at, activity.sign_up_until = begins, ends, until
    if activity.sign_up_from is not None and activity.sign_up_from >= until:
        activity.sign_up_from = None


async def _follow(session: AsyncSession, series: ActivitySeries, activity: Activity, day: date, actor: Actor) -> bool:
    """Whether it has the venue of the series."""
    before = activities_venue.spot_of(activity)
    begins = moment_of(day, series.start_minute)
    ends = begins + (moment_of(day, series.minutes) - moment_of(day, 0))
    was = (activity.starts_at, activity.ends_at, activity.venue)
    activity.title, activity.venue = series.title, series.venue
    _retime(activity, begins, ends)
    if activity.venue_resource_id != series.venue_resource_id:
        activities_venue.name(activity, series.venue_resource_id)
    activity.venue_quantity = series.venue_quantity
    has = True
    if await activities_venue.give_up_old(session, activity, before, actor):
        has = await activities_venue.book_if_free(session, activity, actor)
    moved = was != (activity.starts_at, activity.ends_at, activity.venue)
    if moved and activity.state in {ActivityState.OPEN, ActivityState.CLOSED}:
        activity.moved_at, activity.reminded_at = now(), None
    data = {"fields": ["series"], "moved": moved}
    publish(session, "activity", activity, "update", actor=actor, data=data)
    return has
