"""A member unit's record in its community, computed from what was done: nothing of it is typed in."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import CHINA
from app.core.paging import Page
from app.domain.assignments import AssignmentState
from app.domain.hours import EntryKind
from app.domain.joint_work import HELD, STANDING, ClaimState
from app.domain.meeting_decisions import DecisionState
from app.domain.people import Actor
from app.models import (
    Assignment,
    CommitteeMember,
    DutyTurn,
    HourEntry,
    JointMeeting,
    MeetingAttendance,
    MeetingDecision,
    Order,
    Person,
    ServiceClaim,
)
from app.models.orders import askers_rating
from app.schemas.committee_members import CommitteeMemberQuery
from app.schemas.duty_records import DutyRecordQuery
from app.services import committee_members


async def page(session: AsyncSession, actor: Actor, query: DutyRecordQuery) -> Page[dict[str, Any]]:
    """The records of the members that are in sight, in the order in which they were entered."""
    actor.checked.add("duty-records:list")
    asked = query.model_dump(exclude={"year"}, exclude_none=True)
    found = await committee_members.page(session, actor, CommitteeMemberQuery(**asked))
    return Page(await _records(session, found.items, query.year), found.next_cursor)


async def read(session: AsyncSession, actor: Actor, member_id: UUID, year: int | None) -> dict[str, Any]:
    actor.checked.add("duty-records:read")
    member = await committee_members.load(session, actor, member_id, "committee-members:read")
    return (await _records(session, [member], year))[0]


async def _records(session: AsyncSession, members: Sequence[CommitteeMember], year: int | None) -> list[dict[str, Any]]:
    """One statement a figure, for the whole page."""
    units = await committee_members.units_of(session, [member.organization_id for member in members])
    figures = [{(row[0], row[1]): row[2:] for row in await session.execute(q)} for q in _figures(members, year)]
    found = []
    for member in members:
        key = (member.community_id, member.organization_id)
        turns, convened, attended, claims, decided, orders, minutes = [figure.get(key) for figure in figures]
        found.append(
            {
                "id": member.id,
                "organization_id": member.organization_id,
                "organization_name": units[member.organization_id].name,
                "turns": turns[0] if turns else 0,
                "meetings_convened": convened[0] if convened else 0,
                "meetings_attended": attended[0] if attended else 0,
                "claims": claims[0] if claims else 0,
                "claims_confirmed": claims[1] if claims else 0,
                "decisions": decided[0] if decided else 0,
                "decisions_done": decided[1] if decided else 0,
                "decisions_late": decided[2] if decided else 0,
                "orders_done": orders[0] if orders else 0,
                "ratings": orders[1] if orders else 0,
                "rating": float(orders[2]) if orders and orders[2] is not None else None,
                "minutes": int(minutes[0]) if minutes else 0,
            }
        )
    return found


def _figures(members: Sequence[CommitteeMember], year: int | None) -> list[Any]:
    """Community, unit, and what is counted of it."""
    units, places = [m.organization_id for m in members], [m.community_id for m in members]
    on_duty = and_(DutyTurn.district_id == JointMeeting.district_id, DutyTurn.id == JointMeeting.turn_id)
    held = (JointMeeting.state.in_(HELD), _within(JointMeeting.starts_at, year))
    here = (DutyTurn.community_id.in_(places), DutyTurn.organization_id.in_(units))
    turn = (DutyTurn.community_id, DutyTurn.organization_id)
    came = and_(
        JointMeeting.district_id == MeetingAttendance.district_id, JointMeeting.id == MeetingAttendance.meeting_id
    )
    at = (JointMeeting.community_id, MeetingAttendance.organization_id)
    return [
        select(*turn, func.count()).where(*here, true() if year is None else DutyTurn.year == year).group_by(*turn),
        select(*turn, func.count()).join(JointMeeting, on_duty).where(*here, *held).group_by(*turn),
        select(*at, func.count()).join(JointMeeting, came).where(at[1].in_(units), *held).group_by(*at),
        _claims(units, year),
        _decisions(units, year),
        _orders(units, year),
        _minutes(units, year),
    ]


def _claims(units: list[UUID], year: int | None) -> Any:
    turn = and_(DutyTurn.district_id == ServiceClaim.district_id, DutyTurn.id == ServiceClaim.turn_id)
    key = (DutyTurn.community_id, ServiceClaim.organization_id)
    confirmed = func.count().filter(ServiceClaim.state == ClaimState.CONFIRMED)
    mine = (key[1].in_(units), ServiceClaim.state.in_(STANDING), true() if year is None else DutyTurn.year == year)
    return select(*key, func.count(), confirmed).join(DutyTurn, turn).where(*mine).group_by(*key)


def _decisions(units: list[UUID], year: int | None) -> Any:
    """Of the meetings of the year: those it is to do, those it has done, and those that were not done by their day."""
    d = MeetingDecision
    meeting = and_(JointMeeting.district_id == d.district_id, JointMeeting.id == d.meeting_id)
    key = (d.community_id, d.organization_id)
    done = func.count().filter(d.state == DecisionState.DONE)
    until = func.coalesce(cast(func.timezone(str(CHINA), d.done_at), Date), clock.today())
    late = func.count().filter(d.due_on < until)
    mine = (key[1].in_(units), d.state != DecisionState.DROPPED, _within(JointMeeting.starts_at, year))
    return select(*key, func.count(), done, late).join(JointMeeting, meeting).where(*mine).group_by(*key)


def _orders(units: list[UUID], year: int | None) -> Any:
    order = and_(Order.district_id == Assignment.district_id, Order.id == Assignment.order_id)
    key = (Order.community_id, Assignment.organization_id)
    done = (Assignment.state == AssignmentState.VERIFIED, _within(Order.closed_at, year), key[1].in_(units))
    stars = askers_rating(Order)
    figures = (func.count(), func.count(stars), func.avg(stars))
    return select(*key, *figures).join(Order, order).where(*done).group_by(*key)


def _minutes(units: list[UUID], year: int | None) -> Any:
    """Of the people who belong to the unit now: what was confirmed, less what was reversed."""
    whose = and_(Person.district_id == HourEntry.district_id, Person.id == HourEntry.person_id)
    key = (HourEntry.community_id, Person.organization_id)
    record = HourEntry.__table__.alias("record")
    of = and_(record.c.district_id == HourEntry.district_id, record.c.id == HourEntry.record_id)
    total = func.sum(HourEntry.minutes)
    reversed_ = select(HourEntry.record_id).where(HourEntry.kind == EntryKind.REVERSE)
    counts = (HourEntry.kind == EntryKind.CONFIRM, HourEntry.record_id.not_in(reversed_))
    rows = select(*key, total).join(Person, whose).join(record, of).where(*counts, key[1].in_(units))
    return rows.where(_within(record.c.served_from, year)).group_by(*key)


def _within(moment: Any, year: int | None) -> ColumnElement[bool]:
    """In this year of China's."""
    if year is None:
        return true()
    first, after = (datetime.combine(date(y, 1, 1), time(), CHINA) for y in (year, year + 1))
    return and_(moment >= first, moment < after)
