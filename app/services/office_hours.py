"""The office hours of a district: what working minutes are counted in. What has held is never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import access
from app.domain.people import Actor
from app.domain.work_time import HOUSE_HOURS, OfficeHours, Schedule, week_of
from app.models import OfficeHours as Row

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
    return held_of((await session.scalars(rows_held())).all())


def rows_held() -> Any:
    return select(Row).order_by(Row.valid_from).execution_options(populate_existing=True)


def held_of(rows: Sequence[Row]) -> Hours:
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
