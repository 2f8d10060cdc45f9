"""The office hours of a district: what working minutes are counted in. What has held is never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import RuleBroken, StaleVersion
from app.core.ids import new_id
from app.domain import access
from app.domain.clocks import OPEN
from app.domain.people import Actor
from app.domain.work_time import HOUSE_HOURS, OfficeHours, Schedule, Unit, Week, check_week, week_of
from app.models import Clock, Place
from app.models import OfficeHours as Row
from app.models.base import literal_in
from app.schemas.office_hours import OfficeHoursSet
from app.services.outbox import publish

NOUN = "office_hours"


@dataclass(frozen=True, slots=True)
class Hours:
    """``version`` counts the changes; 0: the house's own hold."""

    schedules: OfficeHours
    version: int = 0


async def hours_of(session: AsyncSession) -> OfficeHours:
    """What held and holds in the district at hand, the house's own before."""
    rows = await session.execute(select(Row.valid_from, Row.week).order_by(Row.valid_from))
    return (*HOUSE_HOURS, *(Schedule(row.valid_from, week_of(row.week)) for row in rows))


async def read(session: AsyncSession, actor: Actor) -> Hours:
    access.require_anywhere(actor, "office-hours:read")
    return _of((await session.scalars(_rows())).all())


def _rows() -> Any:
    return select(Row).order_by(Row.valid_from).execution_options(populate_existing=True)


def _of(rows: Sequence[Row]) -> Hours:
    held = tuple(Schedule(row.valid_from, week_of(row.week)) for row in rows)
    return Hours((*HOUSE_HOURS, *held), sum(row.version for row in rows))


def present(hours: Hours) -> dict[str, Any]:
    """The fields of an OfficeHoursRead."""
    return {"schedules": [_schedule(one) for one in hours.schedules], "version": hours.version}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    windows = [
        {"weekday": number, "from_minute": begin, "until_minute": end}
        for number, day in enumerate(schedule.week, 1)
        for begin, end in day
    ]
    return {"valid_from": None if schedule.valid_from == date.min else schedule.valid_from, "windows": windows}


async def set_hours(session: AsyncSession, actor: Actor, version: int, form: OfficeHoursSet) -> Hours:
    """Other hours from a day to come; set again for the same day, they are replaced. Clocks under way are counted again."""
    access.require_anywhere(actor, "office-hours:set")
    district = (await session.scalars(select(Place).where(Place.parent_id.is_(None)).with_for_update())).one()
    rows = list((await session.scalars(_rows())).all())
    if version != sum(row.version for row in rows):
        raise StaleVersion()
    if form.valid_from <= today():
        raise RuleBroken("办公时间只能自今天之后的某天起", field="valid_from")
    week = _week(form)
    row = next((one for one in rows if one.valid_from == form.valid_from), None)
    if row is None:
        row = Row(district_id=actor.district_id, id=new_id(), path=district.path, valid_from=form.valid_from, version=0)
        session.add(row)
        rows.append(row)
    row.week, row.set_by = [list(map(list, day)) for day in week], actor.person_id
    data = {"valid_from": form.valid_from.isoformat(), "week": row.week}
    publish(session, NOUN, row, "set", actor=actor, data=data)
    await session.flush()
    await _count_again(session)
    return _of(sorted(rows, key=lambda one: one.valid_from))


def _week(form: OfficeHoursSet) -> Week:
    week = tuple(
        tuple(sorted((one.from_minute, one.until_minute) for one in form.windows if one.weekday == day))
        for day in range(1, 8)
    )
    check_week(week)
    return week


async def _count_again(session: AsyncSession) -> None:
    """The workers count every open clock of working minutes anew; in the order of ids, as they lock them themselves."""
    running = (Clock.unit == Unit.WORKING_MINUTES, text(literal_in("clocks.state", OPEN)))
    locked = select(Clock.id).where(*running).order_by(Clock.id).with_for_update()
    await session.execute(update(Clock).where(Clock.id.in_(locked)).values(stale=True))
