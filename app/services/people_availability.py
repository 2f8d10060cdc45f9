"""When somebody is free: the whole week with its exceptions is replaced at once."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken
from app.core.ids import new_id
from app.domain import availability
from app.domain.people import Actor
from app.models import AvailabilityException, AvailabilityWindow, Person
from app.schemas.people_availability import ExceptionRead, PersonSetAvailability, WindowRead
from app.services import minors, people
from app.services.outbox import publish

_WINDOW = tuple(WindowRead.model_fields)
_EXCEPTION = tuple(ExceptionRead.model_fields)


async def read(session: AsyncSession, actor: Actor, person_id: UUID) -> dict[str, Any]:
    person = await people.load(session, actor, person_id, "people:read_availability")
    await minors.must_be_approved(session, actor, person)
    return await _present(session, person)


async def _present(session: AsyncSession, person: Person) -> dict[str, Any]:
    week = select(AvailabilityWindow).where(AvailabilityWindow.person_id == person.id)
    days = select(AvailabilityException).where(AvailabilityException.person_id == person.id)
    windows = await session.scalars(week.order_by(AvailabilityWindow.weekday, AvailabilityWindow.from_minute))
    exceptions = await session.scalars(days.order_by(AvailabilityException.on, AvailabilityException.from_minute))
    return {
        "person_id": person.id,
        "windows": [{name: getattr(row, name) for name in _WINDOW} for row in windows],
        "exceptions": [{name: getattr(row, name) for name in _EXCEPTION} for row in exceptions],
        "version": person.version,
    }


async def replace(
    session: AsyncSession, actor: Actor, person_id: UUID, version: int, form: PersonSetAvailability
) -> dict[str, Any]:
    """State the week and the days that are not like it. 422 for overlaps."""
    person = (await people.hold(session, actor, person_id, "people:set_availability", version)).person
    windows = [window.plain() for window in form.windows]
    exceptions = [exception.plain() for exception in form.exceptions]
    availability.check(windows, exceptions)
    if any(not date(2000, 1, 1) <= exception.on <= date(2099, 12, 31) for exception in exceptions):
        raise RuleBroken("例外的日期须在 2000 年至 2099 年之间", field="exceptions")
    await session.execute(delete(AvailabilityWindow).where(AvailabilityWindow.person_id == person.id))
    await session.execute(delete(AvailabilityException).where(AvailabilityException.person_id == person.id))
    own = {"district_id": person.district_id, "person_id": person.id}
    session.add_all(
        AvailabilityWindow(id=new_id(), **own, **{name: getattr(window, name) for name in _WINDOW})
        for window in windows
    )
    session.add_all(
        AvailabilityException(id=new_id(), **own, **{name: getattr(day, name) for name in _EXCEPTION})
        for day in exceptions
    )
    publish(session, "person", person, "set_availability", actor=actor, data={"windows": len(windows)})
    await session.flush()
    return await _present(session, person)
