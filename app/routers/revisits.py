"""回访：办结之后，由承办人以外的人询问居民。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.revisits import RevisitMiss, RevisitOpen, RevisitPage, RevisitQuery, RevisitRead, RevisitRecord
from app.services import revisits

router = APIRouter(prefix="/revisits", tags=["质量"], route_class=HouseRoute)


def shown(response: Response, found: dict[str, Any]) -> dict[str, Any]:
    tagged(response, found["version"], f"/v1/revisits/{found['id']}")
    return found


@router.get("", response_model=RevisitPage, **operation("revisits:list", "回访列表，新的在前"))
async def revisit_list(
    session: SessionDep, actor: ActorDep, query: Annotated[RevisitQuery, Query()]
) -> Page[dict[str, Any]]:
    return await revisits.page(session, actor, query)


@router.post("", **operation("revisits:open", "抽选一个工单回访", keyed=True, created=RevisitRead, read="revisit_read"))
async def revisit_open(session: SessionDep, actor: ActorDep, response: Response, form: RevisitOpen) -> dict[str, Any]:
    return shown(response, await revisits.open_(session, actor, form))


@router.get("/{id}", response_model=RevisitRead, **operation("revisits:read", "一次回访"))
async def revisit_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await revisits.read(session, actor, id))


@router.post("/{id}/miss", response_model=RevisitRead, **step("revisits:miss", "记未联系上"))
async def revisit_miss(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: RevisitMiss
) -> dict[str, Any]:
    return shown(response, await revisits.miss(session, actor, id))


@router.post("/{id}/record", response_model=RevisitRead, **step("revisits:record", "记回访结果"))
async def revisit_record(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: RevisitRecord
) -> dict[str, Any]:
    return shown(response, await revisits.record(session, actor, id, form))
