"""Series of activities: list, read, draw up, list for people, end."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.activities import OVER, UPCOMING, ActivityAction, check_times
from app.domain.activity_series import SERIES, SeriesAction, SeriesState
from app.domain.people import Actor, Parties, Relation
from app.domain.recurrence import check_rule, moment_of
from app.models import Activity, ActivitySeries, SeriesMember
from app.schemas import activity_series as forms
from app.schemas.activity_series import ActivitySeriesQuery, ActivitySeriesRead
from app.services import (
    activities_case,
    activities_roles,
    activities_venue,
    bookings_end,
    categories,
    people_rows,
    projects_activities,
)
from app.services.access import READER_ROLES, at, reads_all, under
from app.services.activities import must_be_public, organizer, responsible
from app.services.activities_case import parties_of
from app.services.activity_series_make import days, hold_series, make_ahead
from app.services.due import must_be_due
from app.services.outbox import publish
from app.services.places import located, paged, place_of
from app.services.sign_ups_places import release_all

_DERIVED = {"joined", "without_venue", "actions"}
_FIELDS = tuple(name for name in ActivitySeriesRead.model_fields if name not in _DERIVED)
_KNOWS: Parties = READER_ROLES | {Relation.UNIT}


async def in_sight(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """As of activities: staff and the organizer see theirs, everyone else what runs for them or what they joined."""
    own = await people_rows.own_people(session, actor)
    joined = ActivitySeries.id.in_(select(SeriesMember.series_id).where(SeriesMember.person_id.in_(own)))
    meant = activities_case.meant_for(actor, ActivitySeries)
    listed = and_(ActivitySeries.state != SeriesState.PROPOSED, or_(meant, joined))
    return or_(under(ActivitySeries, reads_all(actor)), activities_case.organized(actor, ActivitySeries), listed)


async def page(session: AsyncSession, actor: Actor, query: ActivitySeriesQuery) -> Page[ActivitySeries]:
    access.require_anywhere(actor, "activity-series:list")
    rows = select(ActivitySeries).where(await in_sight(session, actor))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(ActivitySeries, place.kind, place.id, place.path))
    if query.state is not None:
        rows = rows.where(ActivitySeries.state == query.state)
    if query.mine:
        own = await people_rows.own_people(session, actor)
        current = (SeriesMember.person_id.in_(own), SeriesMember.left_at.is_(None))
        rows = rows.where(ActivitySeries.id.in_(select(SeriesMember.series_id).where(*current)))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(ActivitySeries.id < after)
    found = await session.scalars(rows.order_by(ActivitySeries.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def read(session: AsyncSession, actor: Actor, series_id: UUID) -> ActivitySeries:
    series = await load(session, actor, series_id, "activity-series:read", lock=False)
    access.require_anywhere(actor, "activity-series:read")
    return series


async def load(
    session: AsyncSession, actor: Actor, series_id: UUID, permission: str, *, lock: bool = True
) -> ActivitySeries:
    """404 unless the actor may see it."""
    actor.checked.add(permission)
    seen = select(ActivitySeries).where(ActivitySeries.id == series_id, await in_sight(session, actor))
    series = await session.scalar(seen)
    if series is None:
        raise NotFound("没有这个系列活动")
    if lock:
        await hold_series(session, series_id)
    return series


async def present(session: AsyncSession, actor: Actor, rows: Sequence[ActivitySeries]) -> list[dict[str, Any]]:
    """The fields of ActivitySeriesReads."""
    own = await people_rows.own_people(session, actor)
    joined: dict[UUID, list[UUID]] = {row.id: [] for row in rows}
    theirs = (SeriesMember.series_id.in_(joined), SeriesMember.person_id.in_(own), SeriesMember.left_at.is_(None))
    for member in await session.scalars(select(SeriesMember).where(*theirs).order_by(SeriesMember.number)):
        joined[member.series_id].append(member.person_id)
    homeless = await _without_venue(session, rows)
    shown = []
    for row in rows:
        parties = parties_of(row, actor)
        fields = {name: getattr(row, name) for name in _FIELDS}
        if not parties & _KNOWS:
            fields |= {"responsible_id": None, "policy_number": None}
        fields |= {"joined": joined[row.id], "without_venue": homeless.get(row.id, [])}
        fields["actions"] = SERIES.offered(row.state, parties)
        shown.append(fields)
    return shown


async def _without_venue(session: AsyncSession, rows: Sequence[ActivitySeries]) -> dict[UUID, list[date]]:
    """The days to come of each that should have a venue and has none."""
    booked = [row.id for row in rows if row.venue_resource_id is not None]
    ahead = (Activity.series_id.in_(booked), Activity.state.in_(UPCOMING), Activity.starts_at > now())
    days_of = select(Activity.series_id, Activity.series_on).where(*ahead, Activity.venue_resource_id.is_(None))
    found: dict[UUID, list[date]] = {}
    for row in await session.execute(days_of.order_by(Activity.series_on)):
        found.setdefault(row.series_id, []).append(row.series_on)
    return found


async def create(session: AsyncSession, actor: Actor, form: forms.ActivitySeriesCreate) -> ActivitySeries:
    """By staff of the place it runs at once; a unit's is listed by the community."""
    place = await place_of(session, form.place_id)
    access.require(actor, "activity-series:create", place.path)
    must_be_public(place)
    check_rule(form.rule)
    activities_roles.check(form.roles)
    await activities_venue.must_suit(session, actor, form.venue_resource_id, form.venue_quantity)
    await projects_activities.must_take(session, actor, form.project_id, place)
    await categories.terms(session, form.category)
    lists = SERIES.who(SeriesAction.PUBLISH) & actor.roles_at(place.path)
    series = ActivitySeries(
        **form.model_dump(exclude={"place_id", "organization_id", "responsible_id", "roles"}),
        **located(place),
        district_id=actor.district_id,
        id=new_id(),
        state=SeriesState.RUNNING if lists else SeriesState.PROPOSED,
        organization_id=await organizer(session, actor, form.organization_id, place),
        responsible_id=await responsible(session, actor, form.responsible_id),
        roles=[role.model_dump(mode="json", exclude={"id"}) for role in form.roles],
    )
    must_fit_a_day(series)
    session.add(series)
    publish(session, SERIES.noun, series, "create", actor=actor, target=series.state.value, data={"title": form.title})
    await session.flush()
    await make_ahead(session, series, actor)
    return series


def must_fit_a_day(series: ActivitySeries) -> None:
    """422 for a series with no day at all, or times that no single activity could have."""
    found = days(series, series.starts_on.replace(year=series.starts_on.year + 1, day=1))
    if not found:
        raise RuleBroken("这条规则一年之内没有一天", field="rule")
    begins = moment_of(found[0], series.start_minute)
    check_times(begins, begins + (moment_of(found[0], series.minutes) - moment_of(found[0], 0)), None, None)


def decide(series: ActivitySeries, actor: Actor, action: SeriesAction) -> None:
    SERIES.decide(series.state, action, parties_of(series, actor))


def move(session: AsyncSession, series: ActivitySeries, action: SeriesAction, actor: Actor | None, **data: Any) -> None:
    step = SERIES.decide(series.state, action, parties_of(series, actor))
    source, series.state = series.state, step.target
    publish(
        session,
        SERIES.noun,
        series,
        action.value,
        actor=actor,
        source=source.value,
        target=series.state.value,
        data=data,
    )


async def publish_(
    session: AsyncSession, actor: Actor, series_id: UUID, form: forms.ActivitySeriesPublish
) -> ActivitySeries:
    """List a unit's series: its activities are made, and people sign up."""
    series = await load(session, actor, series_id, "activity-series:publish")
    decide(series, actor, SeriesAction.PUBLISH)
    series.audience = form.audience or series.audience
    move(session, series, SeriesAction.PUBLISH, actor)
    await make_ahead(session, series, actor)
    return series


async def end(session: AsyncSession, actor: Actor, series_id: UUID, form: forms.ActivitySeriesEnd) -> ActivitySeries:
    """No more of it. What has not begun is cancelled, and whoever signed up is told why."""
    series = await load(session, actor, series_id, "activity-series:end")
    decide(series, actor, SeriesAction.END)
    series.next_look_at = None
    move(session, series, SeriesAction.END, actor)
    for case in await upcoming_with_bookings(session, series):
        await call_off(session, case, actor, form.reason)
    await session.flush()
    return series


async def look(session: AsyncSession, series_id: UUID) -> None:
    """By the clock, once a day: make what comes next, or end what has come to its end."""
    series = await hold_series(session, series_id)
    must_be_due(None, series.next_look_at if series is not None else None)
    if series is None:
        return
    if await _is_over(session, series):
        series.next_look_at = None
        move(session, series, SeriesAction.END, None)
    else:
        await make_ahead(session, series, None)


async def _is_over(session: AsyncSession, series: ActivitySeries) -> bool:
    """Its rule gives no day any more, and everything made of it is concluded or cancelled."""
    given = days(series, date.max)
    to_come = select(Activity.id).where(Activity.series_id == series.id, Activity.state.not_in(OVER)).limit(1)
    return (not given or given[-1] < today()) and await session.scalar(to_come) is None


async def upcoming(session: AsyncSession, series: ActivitySeries) -> list[activities_case.ActivityCase]:
    """Its activities that have not begun, in order, locked."""
    ahead = (Activity.series_id == series.id, Activity.state.in_(UPCOMING), Activity.starts_at > now())
    query = select(Activity).where(*ahead).order_by(Activity.starts_at).with_for_update(key_share=True)
    found = (await session.scalars(query.execution_options(populate_existing=True))).all()
    return [
        activities_case.ActivityCase(a, await activities_case.roles_of(session, a.id), activities_case.SYSTEM)
        for a in found
    ]


async def upcoming_with_bookings(session: AsyncSession, series: ActivitySeries) -> list[activities_case.ActivityCase]:
    """The same, with all that is booked for any of them held at once."""
    cases = await upcoming(session, series)
    venue = {series.venue_resource_id}
    await bookings_end.pending(session, [case.activity.id for case in cases], venue)
    return cases


async def call_off(session: AsyncSession, case: activities_case.ActivityCase, actor: Actor, reason: str) -> None:
    case.parties = frozenset({Relation.UNIT})
    case.activity.cancel_reason = reason
    activities_case.move(session, case, ActivityAction.CANCEL, actor)
    await release_all(session, case, actor)
    await bookings_end.give_back_all(session, actor, case.activity.id)
