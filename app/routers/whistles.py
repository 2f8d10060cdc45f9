"""吹哨：社区、街道就一张工单或一件事项召集部门到场，先由领导批准。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.whistles import (
    WhistleApprove,
    WhistleBlow,
    WhistleCancel,
    WhistleDeny,
    WhistleDraft,
    WhistlePage,
    WhistleQuery,
    WhistleRead,
    WhistleReplace,
    WhistleUpdate,
    WhistleWithdraw,
)
from app.services import whistles, whistles_steps
from app.services.whistles_case import WhistleCase

router = APIRouter(prefix="/whistles", tags=["吹哨报到"], route_class=HouseRoute)


async def shown(session: SessionDep, actor: Actor, response: Response, case: WhistleCase) -> dict[str, Any]:
    tagged(response, case.whistle.version, f"/v1/whistles/{case.whistle.id}")
    return await whistles.present(session, actor, case)


@router.get("", response_model=WhistlePage, **operation("whistles:list", "哨单列表，新的在前"))
async def whistle_list(
    session: SessionDep, actor: ActorDep, query: Annotated[WhistleQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await whistles.page(session, actor, query)
    return Page(await whistles.shown(session, actor, found.items), found.next_cursor)


@router.post("", **operation("whistles:draft", "起草吹哨", keyed=True, created=WhistleRead, read="whistle_read"))
async def whistle_draft(session: SessionDep, actor: ActorDep, response: Response, form: WhistleDraft) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles.draft(session, actor, form))


@router.get("/{id}", response_model=WhistleRead, **operation("whistles:read", "一张哨单"))
async def whistle_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles.read(session, actor, id))


@router.patch(
    "/{id}", response_model=WhistleRead, **operation("whistles:update", "修改草稿，批准之前；告知待审批的领导")
)
async def whistle_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: WhistleUpdate
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles.update(session, actor, id, version, form))


@router.post("/{id}/approve", response_model=WhistleRead, **step("whistles:approve", "批准吹哨"))
async def whistle_approve(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleApprove
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.approve(session, actor, id, form))


@router.post("/{id}/deny", response_model=WhistleRead, **step("whistles:deny", "不批准吹哨"))
async def whistle_deny(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleDeny
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.deny(session, actor, id, form))


@router.post("/{id}/blow", response_model=WhistleRead, **step("whistles:blow", "吹哨，召集部门"))
async def whistle_blow(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleBlow
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.blow(session, actor, id, form))


@router.post("/{id}/replace", response_model=WhistleRead, **step("whistles:replace", "改召其他部门"))
async def whistle_replace(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleReplace
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.replace(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=WhistleRead, **step("whistles:withdraw", "撤回草稿"))
async def whistle_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleWithdraw
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.withdraw(session, actor, id, form))


@router.post("/{id}/cancel", response_model=WhistleRead, **step("whistles:cancel", "取消吹哨"))
async def whistle_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: WhistleCancel
) -> dict[str, Any]:
    return await shown(session, actor, response, await whistles_steps.cancel(session, actor, id, form))
