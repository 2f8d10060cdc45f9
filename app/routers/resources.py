"""资源库：单位和个人提供的场地、人才、物资、资金、服务、信息。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import resources as forms
from app.schemas.matches import FittingNeeds, FittingNeedsQuery
from app.schemas.resources import FreeSpans, ResourcePage, ResourceRead
from app.services import matches, resources, resources_read
from app.services.resources_case import ResourceCase
from app.services.resources_read import FreeTimes

router = APIRouter(prefix="/resources", tags=["资源库"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, sealer: Sealer, case: ResourceCase) -> dict[str, Any]:
    tagged(response, case.resource.version, f"/v1/resources/{case.resource.id}")
    return (await resources_read.present(session, sealer, [case]))[0]


@router.get("", response_model=ResourcePage, **operation("resources:list", "资源列表，新的在前"))
async def resource_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[forms.ResourceQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await resources_read.page(session, actor, query)
    return Page(await resources_read.present(session, sealer, found.items), found.next_cursor)


@router.post("", **operation("resources:offer", "提供资源", keyed=True, created=ResourceRead, read="resource_read"))
async def resource_offer(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.ResourceOffer
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.offer(session, actor, form))


@router.get("/{id}", response_model=ResourceRead, **operation("resources:read", "一个资源"))
async def resource_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources_read.read(session, actor, id))


@router.get("/{id}/free", response_model=FreeSpans, **operation("resources:free", "何时有空，空着多少"))
async def resource_free(
    id: UUID, session: SessionDep, actor: ActorDep, query: Annotated[forms.FreeQuery, Query()]
) -> FreeTimes:
    return await resources_read.free(session, actor, id, query)


@router.get("/{id}/needs", response_model=FittingNeeds, **operation("resources:needs", "可服务哪些需求，合适的在前"))
async def resource_needs(
    id: UUID, session: SessionDep, actor: ActorDep, query: Annotated[FittingNeedsQuery, Query()]
) -> dict[str, Any]:
    return await matches.needs_of(session, actor, id, query)


@router.patch("/{id}", response_model=ResourceRead, **operation("resources:update", "修改资源"))
async def resource_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: forms.ResourceUpdate,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.update(session, actor, id, version, form))


@router.put("/{id}/windows", response_model=ResourceRead, **operation("resources:set_windows", "设定开放时段"))
async def resource_set_windows(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: forms.ResourceSetWindows,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.set_windows(session, actor, id, version, form))


@router.post("/{id}/publish", response_model=ResourceRead, **step("resources:publish", "入库"))
async def resource_publish(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ResourcePublish,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.publish_resource(session, actor, id, form))


@router.post("/{id}/refuse", response_model=ResourceRead, **step("resources:refuse", "不予入库"))
async def resource_refuse(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ResourceRefuse,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.refuse(session, actor, id, form))


@router.post("/{id}/pause", response_model=ResourceRead, **step("resources:pause", "暂停"))
async def resource_pause(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ResourcePause,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.pause(session, actor, id, form))


@router.post("/{id}/resume", response_model=ResourceRead, **step("resources:resume", "恢复"))
async def resource_resume(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ResourceResume,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.resume(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=ResourceRead, **step("resources:withdraw", "撤回"))
async def resource_withdraw(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.ResourceWithdraw,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await resources.withdraw(session, actor, id, form))
