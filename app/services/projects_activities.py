"""Activities of a project: who may count one to it, how many it has, and that they are over before it is delivered.

The project is locked when an activity or a series is counted to it and when it is delivered, so that neither slips past the other.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden, RuleBroken
from app.domain.activities import OVER
from app.domain.activity_series import SeriesState
from app.domain.people import Actor, Relation
from app.domain.projects import TAKES_ACTIVITIES
from app.models import Activity, ActivitySeries, Place, Project
from app.services.access import READER_ROLES
from app.services.projects_case import load

_GIVES = READER_ROLES | {Relation.LEAD, Relation.SUPPORT}


async def must_take(session: AsyncSession, actor: Actor, project_id: UUID | None, place: Place) -> None:
    """Hold the project an activity here is to be counted to: 403 for whoever is not in it, 409 before and after its time."""
    if project_id is None:
        return
    case = await load(session, actor, project_id, "projects:read")
    if not case.parties & _GIVES:
        raise Forbidden("只有社区和参与该项目的单位可以把活动列入项目")
    if case.project.state not in TAKES_ACTIVITIES:
        raise Conflict("项目列入清单后、报告完成前才能安排活动", state=case.project.state.value)
    if place.community_id != case.project.community_id:
        raise RuleBroken("活动须在项目所在的社区", field="project_id")


async def must_be_over(session: AsyncSession, project: Project) -> None:
    """409 with what of the project is still to be held. A series that goes on will bring more."""
    series = select(ActivitySeries.id).where(
        ActivitySeries.project_id == project.id, ActivitySeries.state != SeriesState.ENDED
    )
    if found := [str(row) for row in await session.scalars(series.order_by(ActivitySeries.id))]:
        raise Conflict("项目还有系列活动未结束：请先结束这些系列，尚未举行的各次随之取消", series_ids=found)
    waiting = select(Activity.id).where(Activity.project_id == project.id, Activity.state.not_in(OVER))
    if found := [str(row) for row in await session.scalars(waiting.order_by(Activity.starts_at, Activity.id))]:
        raise Conflict("项目还有活动未举行或未总结；不再举行的请先取消", activity_ids=found)
