"""哨的种类：各步时限、可召集的部门、由哪一级批准，均为数据。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import WhistleType
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.whistle_types import (
    WhistleTypeCreate,
    WhistleTypePage,
    WhistleTypeQuery,
    WhistleTypeRead,
    WhistleTypeUpdate,
)
from app.services import whistle_types

router = APIRouter(prefix="/whistle-types", tags=["吹哨报到"], route_class=HouseRoute)


def shown(response: Response, found: WhistleType) -> dict[str, Any]:
    tagged(response, found.version, f"/v1/whistle-types/{found.id}")
    return whistle_types.present(found)


@router.get("", response_model=WhistleTypePage, **operation("whistle-types:list", "哨的种类"))
async def whistle_type_list(
    session: SessionDep, actor: ActorDep, query: Annotated[WhistleTypeQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await whistle_types.page(session, actor, query)
    return Page([whistle_types.present(one) for one in found.items], found.next_cursor)


@router.post(
    "",
    **operation("whistle-types:create", "新增哨的种类", keyed=True, created=WhistleTypeRead, read="whistle_type_read"),
)
async def whistle_type_create(
    session: SessionDep, actor: ActorDep, response: Response, form: WhistleTypeCreate
) -> dict[str, Any]:
    return shown(response, await whistle_types.create(session, actor, form))


@router.get("/{id}", response_model=WhistleTypeRead, **operation("whistle-types:read", "一种哨"))
async def whistle_type_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await whistle_types.load(session, actor, id))


@router.patch(
    "/{id}",
    response_model=WhistleTypeRead,
    **operation("whistle-types:update", "修改哨的种类；已吹的哨不受影响"),
)
async def whistle_type_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: WhistleTypeUpdate
) -> dict[str, Any]:
    return shown(response, await whistle_types.update(session, actor, id, version, form))
