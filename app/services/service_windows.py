"""When a person is serving: one open window at a time, kept apart from all others by the database (I4)."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.core.ids import new_id
from app.models import ServiceWindow
from app.services.hours_record import Served, serving


async def begin_window(session: AsyncSession, served: Served, moment: datetime) -> None:
    """An open-ended window; the exclusion constraint refuses a second one, the lookup says so in words first."""
    elsewhere = await session.scalar(
        select(ServiceWindow.id)
        .where(ServiceWindow.person_id == served.person_id, func.upper_inf(ServiceWindow.during))
        .limit(1)
    )
    if elsewhere is not None:
        raise Conflict("正在另一处服务，请先签退")
    session.add(
        ServiceWindow(
            district_id=served.district_id,
            id=new_id(),
            person_id=served.person_id,
            **{serving(served): served.id},
            during=Range(moment, None),
        )
    )
    await session.flush()


def _open(served: Served) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return getattr(ServiceWindow, serving(served)) == served.id, func.upper_inf(ServiceWindow.during)


async def end_window(session: AsyncSession, served: Served, moment: datetime) -> None:
    await session.execute(
        update(ServiceWindow)
        .where(*_open(served))
        .values(during=func.tstzrange(func.lower(ServiceWindow.during), moment))
    )


async def drop_window(session: AsyncSession, served: Served) -> None:
    """Forget an open window whose end nobody knows, so that the true time can be entered."""
    await session.execute(delete(ServiceWindow).where(*_open(served)))
