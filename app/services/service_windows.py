"""When a person is serving: one open window at a time, kept apart from all others by the database (I4)."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.core.ids import new_id
from app.models import Assignment, ServiceWindow


async def begin_window(session: AsyncSession, assignment: Assignment, moment: datetime) -> None:
    """An open-ended window; the exclusion constraint refuses a second one, the lookup says so in words first."""
    serving = await session.scalar(
        select(ServiceWindow.id)
        .where(ServiceWindow.person_id == assignment.person_id, func.upper_inf(ServiceWindow.during))
        .limit(1)
    )
    if serving is not None:
        raise Conflict("正在另一处服务，请先签退")
    session.add(
        ServiceWindow(
            district_id=assignment.district_id,
            id=new_id(),
            person_id=assignment.person_id,
            assignment_id=assignment.id,
            during=Range(moment, None),
        )
    )
    await session.flush()


async def end_window(session: AsyncSession, assignment: Assignment, moment: datetime) -> None:
    await session.execute(
        update(ServiceWindow)
        .where(ServiceWindow.assignment_id == assignment.id, func.upper_inf(ServiceWindow.during))
        .values(during=func.tstzrange(func.lower(ServiceWindow.during), moment))
    )


async def drop_window(session: AsyncSession, assignment: Assignment) -> None:
    """Forget an open window whose end nobody knows, so that the true time can be entered."""
    await session.execute(
        delete(ServiceWindow).where(ServiceWindow.assignment_id == assignment.id, func.upper_inf(ServiceWindow.during))
    )
