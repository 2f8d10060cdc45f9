"""品牌与工作法。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Programme
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.programmes import ProgrammeCreate, ProgrammePage, ProgrammeQuery, ProgrammeRead, ProgrammeUpdate
from app.services import programmes

router = APIRouter(prefix="/programmes", tags=["品牌与指标"], route_class=HouseRoute)


def shown(response: Response, programme: Programme, location: str | None = None) -> dict[str, Any]:
    tagged(response, programme.version, location)
    return programmes.present(programme)


@router.get("", response_model=ProgrammePage, **operation("programmes:list", "品牌与工作法列表"))
async def programme_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ProgrammeQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await programmes.page(session, actor, query)
    return Page([programmes.present(programme) for programme in found.items], found.next_cursor)


@router.post(
    "",
    **operation("programmes:create", "新增品牌或工作法", keyed=True, created=ProgrammeRead, read="programme_read"),
)
async def programme_create(
    session: SessionDep, actor: ActorDep, response: Response, form: ProgrammeCreate
) -> dict[str, Any]:
    programme = await programmes.create(session, actor, form)
    return shown(response, programme, f"/v1/programmes/{programme.id}")


@router.get("/{id}", response_model=ProgrammeRead, **operation("programmes:read", "一个品牌或工作法"))
async def programme_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await programmes.load(session, actor, id))


@router.patch("/{id}", response_model=ProgrammeRead, **operation("programmes:update", "修改品牌或工作法"))
async def programme_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: ProgrammeUpdate
) -> dict[str, Any]:
    return shown(response, await programmes.update(session, actor, id, version, form))
