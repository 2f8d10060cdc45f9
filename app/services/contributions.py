"""What units gave to the eight links in a year, read from the records of the work (``app.domain.contributions``)."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, and_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.activities import ActivityState
from app.domain.assignments import AssignmentState
from app.domain.bookings import BookingState
from app.domain.contributions import Fact, What, tally
from app.domain.joint_work import HELD
from app.domain.orders import Outcome
from app.domain.people import Actor
from app.domain.programmes import span_of, year_of
from app.domain.projects import Part
from app.models import (
    Activity,
    Assignment,
    Booking,
    BudgetLine,
    HourEntry,
    JointMeeting,
    MeetingAttendance,
    Order,
    Organization,
    Person,
    Project,
    ProjectNeed,
    ProjectUnit,
    Resource,
    Voucher,
)
from app.schemas.contributions import ContributionQuery
from app.services.access import at, under
from app.services.indicators import booked_fen, booked_in, confirmed_minutes
from app.services.places import paged, place_of

_PARTS = {Part.LEAD: What.LED, Part.SUPPORT: What.SUPPORTED}


async def page(session: AsyncSession, actor: Actor, query: ContributionQuery) -> Page[dict[str, Any]]:
    """A page of units, each with its sums under the eight links, or under the one that is asked for."""
    grants = access.require_anywhere(actor, "contributions:list")
    rows = select(Organization).where(under(Organization, grants))
    if query.organization_id is not None:
        rows = rows.where(Organization.id == query.organization_id)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Organization, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Organization.id > after)
    found = (await session.scalars(rows.order_by(Organization.id).limit(query.limit + 1))).all()
    cut: Page[Organization] = paged(found, query.limit)
    year, units = query.year or year_of(now()), [unit.id for unit in cut.items]
    sums = tally([fact async for fact in _facts(session, units, year)], units)
    items = [
        {
            "organization_id": unit.id,
            "name": unit.name,
            "year": year,
            "links": [asdict(sum_) for link, sum_ in sums[unit.id].items() if query.link in {None, link}],
        }
        for unit in cut.items
    ]
    return Page(items, cut.next_cursor)


async def _facts(session: AsyncSession, units: list[UUID], year: int) -> AsyncIterator[Fact]:
    """All that these units did in the year, one statement a kind."""
    for part, what in _PARTS.items():
        for row in await session.execute(_projects(units, year, part)):
            yield Fact(row[0], row[1], what, row[2])
    for statement, what in (
        (_orders(units, year), What.ORDERS),
        (_minutes(units, year), What.MINUTES),
        (_money(units, year), What.FEN),
        (_activities(units, year), What.ACTIVITIES),
        (_lent(units, year), What.LENT),
        (_meetings(units, year), What.MEETINGS),
    ):
        for row in await session.execute(statement):
            yield Fact(row[0], row[1], what, int(row[2]))


def _projects(units: list[UUID], year: int, part: Part) -> Executable:
    start, end = span_of(year)
    together = and_(ProjectUnit.district_id == Project.district_id, ProjectUnit.project_id == Project.id)
    return (
        select(ProjectUnit.organization_id, Project.link, func.count())
        .join(Project, together)
        .where(ProjectUnit.organization_id.in_(units), ProjectUnit.left_at.is_(None), ProjectUnit.part == part)
        .where(Project.state.in_(("delivered", "evaluated", "archived")))
        .where(Project.delivered_at >= start, Project.delivered_at < end)
        .group_by(ProjectUnit.organization_id, Project.link)
    )


def _link_of(order_id: Any) -> Any:
    """The link of the newest project an order was done for; none where it was done for no project."""
    together = and_(ProjectNeed.district_id == Project.district_id, ProjectNeed.project_id == Project.id)
    newest = select(Project.link).join(ProjectNeed, together).where(ProjectNeed.order_id == order_id)
    return newest.order_by(Project.id.desc()).limit(1).scalar_subquery()


def _link_of_activity(activity_id: Any) -> Any:
    """The link of the project an activity was held for, if any."""
    held_for = and_(Activity.district_id == Project.district_id, Activity.project_id == Project.id)
    return select(Project.link).join(Activity, held_for).where(Activity.id == activity_id).scalar_subquery()


def _orders(units: list[UUID], year: int) -> Executable:
    start, end = span_of(year)
    together = and_(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
    done = (
        select(Assignment.organization_id, _link_of(Order.id).label("link"))
        .join(Order, together)
        .where(Assignment.organization_id.in_(units), Assignment.state == AssignmentState.VERIFIED)
        .where(Order.outcome == Outcome.SOLVED, Order.closed_at >= start, Order.closed_at < end)
        .subquery()
    )
    return select(done.c.organization_id, done.c.link, func.count()).group_by(done.c.organization_id, done.c.link)


def _minutes(units: list[UUID], year: int) -> Executable:
    start, end = span_of(year)
    together = and_(HourEntry.district_id == Person.district_id, HourEntry.person_id == Person.id)
    served = (HourEntry.order_id, HourEntry.activity_id)
    by_work = (
        select(Person.organization_id, *served, confirmed_minutes().label("minutes"))
        .join(Person, together)
        .where(Person.organization_id.in_(units), HourEntry.served_from >= start, HourEntry.served_from < end)
        .group_by(Person.organization_id, *served)
        .subquery()
    )
    link = func.coalesce(_link_of(by_work.c.order_id), _link_of_activity(by_work.c.activity_id))
    linked = select(by_work.c.organization_id, link.label("link"), by_work.c.minutes)
    sums = linked.subquery()
    return select(sums.c.organization_id, sums.c.link, func.sum(sums.c.minutes)).group_by(
        sums.c.organization_id, sums.c.link
    )


def _money(units: list[UUID], year: int) -> Executable:
    of_line = and_(Voucher.district_id == BudgetLine.district_id, Voucher.line_id == BudgetLine.id)
    of_project = and_(Voucher.district_id == Project.district_id, Voucher.project_id == Project.id)
    return (
        select(BudgetLine.organization_id, Project.link, booked_fen())
        .select_from(Voucher)
        .join(BudgetLine, of_line)
        .join(Project, of_project)
        .where(BudgetLine.organization_id.in_(units), booked_in(year))
        .group_by(BudgetLine.organization_id, Project.link)
    )


def _activities(units: list[UUID], year: int) -> Executable:
    start, end = span_of(year)
    held = (Activity.state == ActivityState.CONCLUDED, Activity.starts_at >= start, Activity.starts_at < end)
    held_for = and_(Project.district_id == Activity.district_id, Project.id == Activity.project_id)
    rows = select(Activity.organization_id, Project.link, func.count()).outerjoin(Project, held_for)
    mine = rows.where(Activity.organization_id.in_(units), *held)
    return mine.group_by(Activity.organization_id, Project.link)


def _lent(units: list[UUID], year: int) -> Executable:
    """Each booking of one of the units' resources that was used counts once, but for activities of its own."""
    start, end = span_of(year)
    own = and_(
        Activity.district_id == Booking.district_id,
        Activity.id == Booking.purpose_id,
        Activity.organization_id == Resource.organization_id,
    )
    of = and_(Resource.district_id == Booking.district_id, Resource.id == Booking.resource_id)
    used_at = func.coalesce(func.lower(Booking.during), Booking.created_at)
    rows = select(Resource.organization_id, literal(None), func.count()).select_from(Booking).join(Resource, of)
    rows = rows.outerjoin(Activity, own).where(Activity.id.is_(None))
    used = (Booking.state == BookingState.FULFILLED, used_at >= start, used_at < end)
    return rows.where(Resource.organization_id.in_(units), *used).group_by(Resource.organization_id)


def _meetings(units: list[UUID], year: int) -> Executable:
    start, end = span_of(year)
    at = and_(
        JointMeeting.district_id == MeetingAttendance.district_id, JointMeeting.id == MeetingAttendance.meeting_id
    )
    held = (JointMeeting.state.in_(HELD), JointMeeting.starts_at >= start, JointMeeting.starts_at < end)
    rows = select(MeetingAttendance.organization_id, literal(None), func.count()).join(JointMeeting, at)
    came = rows.where(MeetingAttendance.organization_id.in_(units), *held)
    return came.group_by(MeetingAttendance.organization_id)
