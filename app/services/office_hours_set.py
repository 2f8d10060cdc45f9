"""Setting office hours: from a day to come, and what is under way is counted again."""

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import RuleBroken, StaleVersion
from app.core.ids import new_id
from app.domain import access
from app.domain.clocks import OPEN
from app.domain.people import Actor
from app.domain.work_time import Unit, Week, check_week
from app.models import Clock, Place
from app.models import OfficeHours as Row
from app.models.base import literal_in
from app.schemas.office_hours import OfficeHoursSet
from app.services import whistle_clocks
from app.services.office_hours import NOUN, Hours, held_of, rows_held
from app.services.outbox import publish


async def set_hours(session: AsyncSession, actor: Actor, version: int, form: OfficeHoursSet) -> Hours:
    """Other hours from a day to come; set again for the same day, they are replaced. Clocks under way are counted again."""
    access.require_anywhere(actor, "office-hours:set")
    district = (await session.scalars(select(Place).where(Place.parent_id.is_(None)).with_for_update())).one()
    rows = list((await session.scalars(rows_held())).all())
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
    return held_of(sorted(rows, key=lambda one: one.valid_from))


def _week(form: OfficeHoursSet) -> Week:
    week = tuple(
        tuple(sorted((one.from_minute, one.until_minute) for one in form.windows if one.weekday == day))
        for day in range(1, 8)
    )
    check_week(week)
    return week


async def _count_again(session: AsyncSession) -> None:
    """The workers count every open clock of working minutes anew; in the order of ids, as they lock them themselves. Those of
    whistles are few, and counted here.
    """
    running = (Clock.unit == Unit.WORKING_MINUTES, text(literal_in("clocks.state", OPEN)))
    locked = select(Clock.id).where(*running).order_by(Clock.id).with_for_update()
    await session.execute(update(Clock).where(Clock.id.in_(locked)).values(stale=True))
    await whistle_clocks.count_again(session)
