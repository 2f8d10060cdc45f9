"""联办：牵头方或派单人请他人协办工单的一部分。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.co_handlings import (
    CoHandlingAccept,
    CoHandlingCancel,
    CoHandlingComplete,
    CoHandlingDecline,
    CoHandlingInvite,
    CoHandlingLeave,
    CoHandlingPage,
    CoHandlingQuery,
    CoHandlingRead,
)
from app.services import co_handlings
from app.services.co_handlings import CoHandlingCase

router = APIRouter(prefix="/co-handlings", tags=["联办"], route_class=HouseRoute)


def shown(response: Response, case: CoHandlingCase) -> dict[str, Any]:
    tagged(response, case.row.version, f"/v1/co-handlings/{case.row.id}")
    return co_handlings.present(case.row, case.parties)


@router.get("", response_model=CoHandlingPage, **operation("co-handlings:list", "联办列表，新的在前"))
async def co_handling_list(
    session: SessionDep, actor: ActorDep, query: Annotated[CoHandlingQuery, Query()]
) -> Page[dict[str, Any]]:
    return await co_handlings.page(session, actor, query)


@router.post(
    "",
    **operation("co-handlings:invite", "请人或单位协办", keyed=True, created=CoHandlingRead, read="co_handling_read"),
)
async def co_handling_invite(
    session: SessionDep, actor: ActorDep, response: Response, form: CoHandlingInvite
) -> dict[str, Any]:
    return shown(response, await co_handlings.invite(session, actor, form))


@router.get("/{id}", response_model=CoHandlingRead, **operation("co-handlings:read", "一次联办"))
async def co_handling_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await co_handlings.load(session, actor, id, "co-handlings:read"))


@router.post("/{id}/accept", response_model=CoHandlingRead, **step("co-handlings:accept", "同意协办"))
async def co_handling_accept(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: CoHandlingAccept
) -> dict[str, Any]:
    return shown(response, await co_handlings.accept(session, actor, id))


@router.post("/{id}/decline", response_model=CoHandlingRead, **step("co-handlings:decline", "婉拒协办"))
async def co_handling_decline(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: CoHandlingDecline
) -> dict[str, Any]:
    return shown(response, await co_handlings.decline(session, actor, id, form))


@router.post("/{id}/complete", response_model=CoHandlingRead, **step("co-handlings:complete", "报告协办完成"))
async def co_handling_complete(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: CoHandlingComplete
) -> dict[str, Any]:
    return shown(response, await co_handlings.complete(session, actor, id, form))


@router.post("/{id}/leave", response_model=CoHandlingRead, **step("co-handlings:leave", "退出协办"))
async def co_handling_leave(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: CoHandlingLeave
) -> dict[str, Any]:
    return shown(response, await co_handlings.leave(session, actor, id, form))


@router.post("/{id}/cancel", response_model=CoHandlingRead, **step("co-handlings:cancel", "取消协办"))
async def co_handling_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: CoHandlingCancel
) -> dict[str, Any]:
    return shown(response, await co_handlings.cancel(session, actor, id, form))
