"""延期：承办人在期限内申请，由他人批准。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.extensions import (
    ExtensionApprove,
    ExtensionAsk,
    ExtensionDeny,
    ExtensionPage,
    ExtensionQuery,
    ExtensionRead,
    ExtensionWithdraw,
)
from app.services import extensions
from app.services.extensions import ExtensionCase

router = APIRouter(prefix="/extensions", tags=["延期"], route_class=HouseRoute)


def shown(response: Response, case: ExtensionCase) -> dict[str, Any]:
    tagged(response, case.extension.version, f"/v1/extensions/{case.extension.id}")
    return extensions.present(case)


@router.get("", response_model=ExtensionPage, **operation("extensions:list", "延期申请列表，新的在前"))
async def extension_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ExtensionQuery, Query()]
) -> Page[dict[str, Any]]:
    return await extensions.page(session, actor, query)


@router.post(
    "",
    **operation("extensions:ask", "申请延期", keyed=True, created=ExtensionRead, read="extension_read"),
)
async def extension_ask(session: SessionDep, actor: ActorDep, response: Response, form: ExtensionAsk) -> dict[str, Any]:
    return shown(response, await extensions.ask(session, actor, form))


@router.get("/{id}", response_model=ExtensionRead, **operation("extensions:read", "一次延期申请"))
async def extension_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await extensions.load(session, actor, id, "extensions:read"))


@router.post("/{id}/approve", response_model=ExtensionRead, **step("extensions:approve", "批准延期"))
async def extension_approve(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: ExtensionApprove
) -> dict[str, Any]:
    return shown(response, await extensions.approve(session, actor, id, form))


@router.post("/{id}/deny", response_model=ExtensionRead, **step("extensions:deny", "不批准延期"))
async def extension_deny(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: ExtensionDeny
) -> dict[str, Any]:
    return shown(response, await extensions.deny(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=ExtensionRead, **step("extensions:withdraw", "撤回延期申请"))
async def extension_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: ExtensionWithdraw
) -> dict[str, Any]:
    return shown(response, await extensions.withdraw(session, actor, id))
