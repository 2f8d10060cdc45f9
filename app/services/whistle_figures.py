"""Figures of whistles, counted from the whistles blown within a period, their calls and the calls' limits as they stand."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, distinct, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.people import Actor
from app.domain.rates import counted, span_of
from app.domain.whistle_calls import OF_DEPARTMENT, TASK_NAMES, Task
from app.models import Organization, Place, Whistle, WhistleCall, WhistleClock, WhistleType
from app.schemas.whistle_figures import WhistleFiguresQuery
from app.services.rates import place_counted
from app.services.rates_counts import at_or_under

_CALLED = and_(WhistleCall.district_id == Whistle.district_id, WhistleCall.whistle_id == Whistle.id)


async def read(session: AsyncSession, actor: Actor, query: WhistleFiguresQuery) -> dict[str, Any]:
    """The fields of a WhistleFiguresRead, of the actor's own place or one below it; 404 for any other."""
    place = await place_counted(session, actor, "whistle-figures:read", query.place_id)
    blown = _blown(place, query)
    limits = await _limits(session, blown)
    types = [
        dict(row) | {"limits": [limits[row["type_id"]][task] for task in OF_DEPARTMENT]}
        for row in (await session.execute(_types(blown))).mappings()
    ]
    departments = [_rounded(dict(row)) for row in (await session.execute(_departments(blown))).mappings()]
    return query.model_dump() | {"types": types, "departments": departments}


def _blown(place: Place, query: WhistleFiguresQuery) -> ColumnElement[bool]:
    start, end = span_of(query.from_on, query.until_on)
    return and_(at_or_under(Whistle, place), Whistle.blown_at >= start, Whistle.blown_at < end)


def _types(blown: ColumnElement[bool]) -> Select[Any]:
    kind = and_(WhistleType.district_id == Whistle.district_id, WhistleType.id == Whistle.type_id)
    return (
        select(WhistleType.id.label("type_id"), WhistleType.name)
        .add_columns(func.count(distinct(Whistle.id)).label("whistles"), func.count(WhistleCall.id).label("calls"))
        .select_from(Whistle)
        .join(WhistleType, kind)
        .outerjoin(WhistleCall, _CALLED)
        .where(blown)
        .group_by(WhistleType.id, WhistleType.name)
        .order_by(WhistleType.name, WhistleType.id)
    )


async def _limits(session: AsyncSession, blown: ColumnElement[bool]) -> dict[UUID, dict[Task, dict[str, Any]]]:
    """Type → task → how its limits were kept. One that was stopped when it was late already is late."""
    late = WhistleClock.due_at < func.coalesce(WhistleClock.met_at, WhistleClock.stopped_at, now())
    ended = or_(WhistleClock.met_at.is_not(None), WhistleClock.stopped_at.is_not(None))
    of_call = and_(WhistleClock.district_id == WhistleCall.district_id, WhistleClock.call_id == WhistleCall.id)
    rows = await session.execute(
        select(Whistle.type_id, WhistleClock.task)
        .add_columns(
            _many(WhistleClock.met_at.is_not(None), not_(late)).label("timely"),
            _many(late).label("late"),
            _many(not_(ended), not_(late)).label("running"),
            _many(WhistleClock.stopped_at.is_not(None), not_(late)).label("stopped"),
        )
        .join(WhistleCall, _CALLED)
        .join(WhistleClock, of_call)
        .where(blown)
        .group_by(Whistle.type_id, WhistleClock.task)
    )
    found: dict[UUID, dict[Task, dict[str, Any]]] = defaultdict(lambda: {task: _kept(task) for task in OF_DEPARTMENT})
    for type_id, task, *numbers in rows:
        found[type_id][task] = _kept(task, *numbers)
    return found


def _kept(task: Task, timely: int = 0, late: int = 0, running: int = 0, stopped: int = 0) -> dict[str, Any]:
    numbers = {"timely": timely, "late": late, "running": running, "stopped": stopped}
    share = counted(timely, timely + late, {}).share
    return {"task": task, "name": TASK_NAMES[task], "share": share} | numbers


def _departments(blown: ColumnElement[bool]) -> Select[Any]:
    unit = and_(Organization.district_id == WhistleCall.district_id, Organization.id == WhistleCall.organization_id)
    back = WhistleCall.rating_back
    return (
        select(Organization.id.label("organization_id"), Organization.name, func.count().label("calls"))
        .add_columns(func.count(WhistleCall.rating).label("rated"), func.avg(WhistleCall.rating).label("mean"))
        .add_columns(func.count(back).label("rated_back"), func.avg(back).label("mean_back"))
        .select_from(Whistle)
        .join(WhistleCall, _CALLED)
        .join(Organization, unit)
        .where(blown)
        .group_by(Organization.id, Organization.name)
        .order_by(Organization.name, Organization.id)
    )


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    means = {name: None if row[name] is None else round(float(row[name]), 2) for name in ("mean", "mean_back")}
    return row | means


def _many(*which: ColumnElement[bool]) -> Any:
    return func.count().filter(and_(*which))
