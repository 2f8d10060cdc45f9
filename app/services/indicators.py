"""Indicators of programmes: what is measured, by a fixed set of sums over the work of a year."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Duplicate, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.activities import ActivityState
from app.domain.budgets import VoucherKind, VoucherState
from app.domain.hours import Account
from app.domain.joint_work import HELD
from app.domain.people import Actor
from app.domain.places import below
from app.domain.programmes import Measure, ProgrammeKind, span_of, year_of
from app.models import (
    Activity,
    HourEntry,
    Indicator,
    JointMeeting,
    Programme,
    Project,
    ProjectNeed,
    ProjectUnit,
    Voucher,
)
from app.schemas.indicators import IndicatorCreate, IndicatorQuery, IndicatorRead, IndicatorUpdate
from app.services.access import under
from app.services.outbox import changes, hold, publish
from app.services.places import paged

NOUN = "indicator"
_FIELDS = tuple(name for name in IndicatorRead.model_fields if name not in {"year", "value", "target"})
_Shown = dict[str, Any]


async def load(
    session: AsyncSession, actor: Actor, indicator_id: UUID, permission: str = "indicators:read"
) -> Indicator:
    actor.checked.add(permission)
    found = await session.scalar(select(Indicator).where(Indicator.id == indicator_id))
    if found is None or not access.may("indicators:read", actor.roles_at(found.path)):
        raise NotFound()
    access.require(actor, permission, found.path)
    return found


async def read(session: AsyncSession, actor: Actor, indicator_id: UUID) -> _Shown:
    """With its value of this year."""
    return await present(session, await load(session, actor, indicator_id), year_of(now()))


async def page(session: AsyncSession, actor: Actor, query: IndicatorQuery) -> Page[_Shown]:
    grants = access.require_anywhere(actor, "indicators:list")
    rows = select(Indicator).where(under(Indicator, grants))
    if query.programme_id is not None:
        rows = rows.where(Indicator.programme_id == query.programme_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Indicator.id > after)
    found = (await session.scalars(rows.order_by(Indicator.id).limit(query.limit + 1))).all()
    cut: Page[Indicator] = paged(found, query.limit)
    year = query.year or year_of(now())
    return Page([await present(session, indicator, year) for indicator in cut.items], cut.next_cursor)


async def present(session: AsyncSession, indicator: Indicator, year: int) -> _Shown:
    """The fields of an IndicatorRead, its value computed from the work of the year."""
    programme = (await session.scalars(select(Programme).where(Programme.id == indicator.programme_id))).one()
    shown = {name: getattr(indicator, name) for name in _FIELDS}
    value = await _VALUES[indicator.measure](session, programme, year)
    return shown | {"year": year, "value": int(value or 0), "target": indicator.targets.get(str(year))}


async def create(session: AsyncSession, actor: Actor, form: IndicatorCreate) -> _Shown:
    programme = await session.scalar(select(Programme).where(Programme.id == form.programme_id))
    if programme is None or not access.may("indicators:read", actor.roles_at(programme.path)):
        raise NotFound("没有这个品牌")
    access.require(actor, "indicators:create", programme.path)
    same = select(Indicator.id).where(Indicator.programme_id == programme.id, Indicator.code == form.code)
    if await session.scalar(same) is not None:
        raise Duplicate("此品牌已有此编码")
    indicator = Indicator(district_id=actor.district_id, id=new_id(), path=programme.path, **form.model_dump())
    session.add(indicator)
    publish(session, NOUN, indicator, "create", actor=actor, data=changes(form.model_dump(mode="json")))
    return await present(session, indicator, year_of(now()))


async def update(
    session: AsyncSession, actor: Actor, indicator_id: UUID, version: int, form: IndicatorUpdate
) -> _Shown:
    indicator = await load(session, actor, indicator_id, "indicators:update")
    await hold(session, indicator, version)
    for name, value in form.model_dump(exclude_unset=True).items():
        setattr(indicator, name, value)
    told = changes(form.model_dump(mode="json", exclude_unset=True))
    publish(session, NOUN, indicator, "update", actor=actor, data=told)
    return await present(session, indicator, year_of(now()))


def _projects(programme: Programme) -> ColumnElement[bool]:
    """A programme's own projects; of a method all of its community's."""
    if programme.kind is ProgrammeKind.METHOD:
        return Project.community_id == programme.community_id
    return Project.programme_id == programme.id


def _delivered(programme: Programme, year: int) -> ColumnElement[bool]:
    start, end = span_of(year)
    done = Project.state.in_(("delivered", "evaluated", "archived"))
    return and_(_projects(programme), done, Project.delivered_at >= start, Project.delivered_at < end)


async def _count(session: AsyncSession, programme: Programme, year: int) -> int | None:
    return await session.scalar(select(func.count()).select_from(Project).where(_delivered(programme, year)))


async def _reached(session: AsyncSession, programme: Programme, year: int) -> int | None:
    return await session.scalar(select(func.sum(Project.people_reached)).where(_delivered(programme, year)))


async def _needs(session: AsyncSession, programme: Programme, year: int) -> int | None:
    done = select(Project.id).where(_delivered(programme, year))
    answered = select(func.count(distinct(ProjectNeed.need_id))).where(ProjectNeed.project_id.in_(done))
    return await session.scalar(answered)


async def _units(session: AsyncSession, programme: Programme, year: int) -> int | None:
    done = select(Project.id).where(_delivered(programme, year))
    inside = (ProjectUnit.project_id.in_(done), ProjectUnit.left_at.is_(None))
    return await session.scalar(select(func.count(distinct(ProjectUnit.organization_id))).where(*inside))


async def _minutes(session: AsyncSession, programme: Programme, year: int) -> int | None:
    """Confirmed minutes less reversed ones: in orders and activities of the programme's projects; of a method, in the community."""
    start, end = span_of(year)
    rows = select(confirmed_minutes()).where(HourEntry.served_from >= start, HourEntry.served_from < end)
    low, high = below(programme.path)
    rows = rows.where(HourEntry.path >= low, HourEntry.path < high)
    if programme.kind is ProgrammeKind.PROGRAMME:
        theirs = select(Project.id).where(_projects(programme))
        orders = select(ProjectNeed.order_id).where(
            ProjectNeed.project_id.in_(theirs), ProjectNeed.order_id.is_not(None)
        )
        held = select(Activity.id).where(Activity.project_id.in_(theirs))
        rows = rows.where(or_(HourEntry.order_id.in_(orders), HourEntry.activity_id.in_(held)))
    return await session.scalar(rows)


def confirmed_minutes() -> Any:
    """The sum of what the account of confirmed minutes got and gave back."""
    gained = case((HourEntry.credit == Account.CONFIRMED, HourEntry.minutes), else_=0)
    lost = case((HourEntry.debit == Account.CONFIRMED, HourEntry.minutes), else_=0)
    return func.sum(gained - lost)


async def _fen(session: AsyncSession, programme: Programme, year: int) -> int | None:
    theirs = select(Project.id).where(_projects(programme))
    return await session.scalar(select(booked_fen()).where(Voucher.project_id.in_(theirs), booked_in(year)))


def booked_fen() -> Any:
    """The sum of approved vouchers less what was reversed."""
    sign = case((Voucher.kind == VoucherKind.REVERSE, -1), else_=1)
    return func.sum(sign * Voucher.amount_fen)


def booked_in(year: int) -> ColumnElement[bool]:
    in_year = Voucher.dated_on.between(date(year, 1, 1), date(year, 12, 31))
    return and_(Voucher.state == VoucherState.APPROVED, in_year)


async def _activities(session: AsyncSession, programme: Programme, year: int) -> int | None:
    """Those with their report in: of the programme's projects; of a method, of the whole community."""
    start, end = span_of(year)
    held = (Activity.state == ActivityState.CONCLUDED, Activity.starts_at >= start, Activity.starts_at < end)
    rows = select(func.count()).select_from(Activity).where(*held)
    if programme.kind is ProgrammeKind.PROGRAMME:
        return await session.scalar(rows.where(Activity.project_id.in_(select(Project.id).where(_projects(programme)))))
    return await session.scalar(rows.where(Activity.community_id == programme.community_id))


async def _meetings(session: AsyncSession, programme: Programme, year: int) -> int | None:
    start, end = span_of(year)
    here = (JointMeeting.community_id == programme.community_id, JointMeeting.state.in_(HELD))
    within = (JointMeeting.starts_at >= start, JointMeeting.starts_at < end)
    return await session.scalar(select(func.count()).select_from(JointMeeting).where(*here, *within))


_VALUES: dict[Measure, Callable[[AsyncSession, Programme, int], Awaitable[int | None]]] = {
    Measure.PROJECTS_DELIVERED: _count,
    Measure.PEOPLE_REACHED: _reached,
    Measure.NEEDS_ANSWERED: _needs,
    Measure.UNITS_TAKING_PART: _units,
    Measure.SERVICE_MINUTES: _minutes,
    Measure.SPENT_FEN: _fen,
    Measure.ACTIVITIES_HELD: _activities,
    Measure.MEETINGS_HELD: _meetings,
}
