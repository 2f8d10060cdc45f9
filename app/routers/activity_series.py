"""系列活动：按规则重复、固定参加、从某日起修改。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import ActivitySeries
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import activity_series as forms
from app.schemas.activity_series import ActivitySeriesPage, ActivitySeriesRead
from app.services import activities_insurance, activity_series, activity_series_follow, activity_series_members

router = APIRouter(prefix="/activity-series", tags=["系列活动"], route_class=HouseRoute)


async def shown(
    session: SessionDep, actor: Actor, response: Response, series: ActivitySeries, location: str | None = None
) -> dict[str, Any]:
    tagged(response, series.version, location)
    return (await activity_series.present(session, actor, [series]))[0]


@router.get("", response_model=ActivitySeriesPage, **operation("activity-series:list", "系列活动列表，新的在前"))
async def activity_series_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.ActivitySeriesQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await activity_series.page(session, actor, query)
    return Page(await activity_series.present(session, actor, found.items), found.next_cursor)


@router.post(
    "",
    **operation(
        "activity-series:create", "填报系列活动", keyed=True, created=ActivitySeriesRead, read="activity_series_read"
    ),
)
async def activity_series_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesCreate
) -> dict[str, Any]:
    series = await activity_series.create(session, actor, form)
    return await shown(session, actor, response, series, f"/v1/activity-series/{series.id}")


@router.get("/{id}", response_model=ActivitySeriesRead, **operation("activity-series:read", "一个系列活动"))
async def activity_series_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series.read(session, actor, id))


@router.post("/{id}/publish", response_model=ActivitySeriesRead, **step("activity-series:publish", "发布系列活动"))
async def activity_series_publish(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesPublish
) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series.publish_(session, actor, id, form))


@router.post("/{id}/change", response_model=ActivitySeriesRead, **step("activity-series:change", "修改某日起的各次"))
async def activity_series_change(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesChange
) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series_follow.change(session, actor, id, form))


@router.post("/{id}/end", response_model=ActivitySeriesRead, **step("activity-series:end", "结束系列活动"))
async def activity_series_end(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesEnd
) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series.end(session, actor, id, form))


@router.post("/{id}/insure", response_model=ActivitySeriesRead, **step("activity-series:insure", "登记志愿者的保险"))
async def activity_series_insure(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesInsure
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_insurance.insure_series(session, actor, id, form))


@router.post("/{id}/join", response_model=ActivitySeriesRead, **step("activity-series:join", "固定参加"))
async def activity_series_join(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ActivitySeriesJoin,
) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series_members.join(session, actor, sealer, id, form))


@router.post("/{id}/leave", response_model=ActivitySeriesRead, **step("activity-series:leave", "不再固定参加"))
async def activity_series_leave(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySeriesLeave
) -> dict[str, Any]:
    return await shown(session, actor, response, await activity_series_members.leave(session, actor, id, form))
