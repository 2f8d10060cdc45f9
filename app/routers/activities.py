"""活动：填报、发布、报名、签到、总结。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import Activity
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import activities as forms
from app.schemas.activities import ActivityPage, ActivityRead, CheckInCode
from app.services import activities, activities_insurance, activities_steps, sign_ups_check

router = APIRouter(prefix="/activities", tags=["活动"], route_class=HouseRoute)


async def shown(
    session: SessionDep, actor: Actor, response: Response, activity: Activity, location: str | None = None
) -> dict[str, Any]:
    tagged(response, activity.version, location)
    return (await activities.present(session, actor, [activity]))[0]


@router.get("", response_model=ActivityPage, **operation("activities:list", "活动列表，按开始时间"))
async def activity_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.ActivityQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await activities.page(session, actor, query)
    return Page(await activities.present(session, actor, found.items), found.next_cursor)


@router.post("", **operation("activities:create", "填报活动", keyed=True, created=ActivityRead, read="activity_read"))
async def activity_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityCreate
) -> dict[str, Any]:
    activity = await activities.create(session, actor, form)
    return await shown(session, actor, response, activity, f"/v1/activities/{activity.id}")


@router.get("/{id}", response_model=ActivityRead, **operation("activities:read", "一个活动"))
async def activity_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(session, actor, response, (await activities.read(session, actor, id)).activity)


@router.patch("/{id}", response_model=ActivityRead, **operation("activities:update", "修改活动"))
async def activity_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    version: VersionDep,
    form: forms.ActivityUpdate,
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.update(session, actor, id, version, form))


@router.get("/{id}/check-in-code", response_model=CheckInCode, **operation("activities:show_code", "现场出示的签到码"))
async def activity_show_code(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await sign_ups_check.code(session, actor, sealer, id)


@router.post("/{id}/propose", response_model=ActivityRead, **step("activities:propose", "提请发布"))
async def activity_propose(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityPropose
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.propose(session, actor, id, form))


@router.post("/{id}/send-back", response_model=ActivityRead, **step("activities:send_back", "退回修改"))
async def activity_send_back(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivitySendBack
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.send_back(session, actor, id, form))


@router.post("/{id}/publish", response_model=ActivityRead, **step("activities:publish", "发布"))
async def activity_publish(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityPublish
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.publish_(session, actor, id, form))


@router.post("/{id}/close", response_model=ActivityRead, **step("activities:close", "截止报名"))
async def activity_close(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityClose
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.close(session, actor, id, form))


@router.post("/{id}/reopen", response_model=ActivityRead, **step("activities:reopen", "重新开放报名"))
async def activity_reopen(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityReopen
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.reopen(session, actor, id, form))


@router.post("/{id}/insure", response_model=ActivityRead, **step("activities:insure", "登记志愿者的保险"))
async def activity_insure(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityInsure
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_insurance.insure(session, actor, id, form))


@router.post("/{id}/start", response_model=ActivityRead, **step("activities:start", "开始，可以签到"))
async def activity_start(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityStart
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.start(session, actor, id, form))


@router.post("/{id}/conclude", response_model=ActivityRead, **step("activities:conclude", "总结"))
async def activity_conclude(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityConclude
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.conclude(session, actor, id, form))


@router.post("/{id}/cancel", response_model=ActivityRead, **step("activities:cancel", "取消活动"))
async def activity_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ActivityCancel
) -> dict[str, Any]:
    return await shown(session, actor, response, await activities_steps.cancel(session, actor, id, form))
