"""指标：数值由实际工作算出，不能填写。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.indicators import IndicatorCreate, IndicatorPage, IndicatorQuery, IndicatorRead, IndicatorUpdate
from app.services import indicators

router = APIRouter(prefix="/indicators", tags=["品牌与指标"], route_class=HouseRoute)


def shown(response: Response, found: dict[str, Any], *, made: bool = False) -> dict[str, Any]:
    tagged(response, found["version"], f"/v1/indicators/{found['id']}" if made else None)
    return found


@router.get("", response_model=IndicatorPage, **operation("indicators:list", "指标及其年度数值"))
async def indicator_list(
    session: SessionDep, actor: ActorDep, query: Annotated[IndicatorQuery, Query()]
) -> Page[dict[str, Any]]:
    return await indicators.page(session, actor, query)


@router.post("", **operation("indicators:create", "新增指标", keyed=True, created=IndicatorRead, read="indicator_read"))
async def indicator_create(
    session: SessionDep, actor: ActorDep, response: Response, form: IndicatorCreate
) -> dict[str, Any]:
    return shown(response, await indicators.create(session, actor, form), made=True)


@router.get("/{id}", response_model=IndicatorRead, **operation("indicators:read", "一个指标及其今年的数值"))
async def indicator_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await indicators.read(session, actor, id))


@router.patch("/{id}", response_model=IndicatorRead, **operation("indicators:update", "修改指标"))
async def indicator_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: IndicatorUpdate
) -> dict[str, Any]:
    return shown(response, await indicators.update(session, actor, id, version, form))
