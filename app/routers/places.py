"""地点：区、街道、社区、网格、小区、楼栋、单元、户。户只给可查看当地住址的工作人员、住户本人（监护人）与承办其工单的人。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Place
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.places import LocateQuery, PlaceCreate, PlacePage, PlaceQuery, PlaceRead, PlaceUpdate
from app.services import places

router = APIRouter(prefix="/places", tags=["地点"], route_class=HouseRoute)


@router.get("", response_model=PlacePage, **operation("places:list", "地点列表"))
async def place_list(session: SessionDep, actor: ActorDep, query: Annotated[PlaceQuery, Query()]) -> Page[Place]:
    return await places.page(session, actor, query)


@router.get("/grid", response_model=PlaceRead, **operation("places:locate", "坐标属于哪个网格"))
async def place_locate(session: SessionDep, actor: ActorDep, query: Annotated[LocateQuery, Query()]) -> Place:
    return await places.locate(session, actor, query)


@router.get("/{id}", response_model=PlaceRead, **operation("places:read", "一个地点"))
async def place_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> Place:
    place = await places.read(session, actor, id)
    tagged(response, place.version)
    return place


@router.post("", **operation("places:create", "新增地点", keyed=True, created=PlaceRead, read="place_read"))
async def place_create(session: SessionDep, actor: ActorDep, response: Response, form: PlaceCreate) -> Place:
    place = await places.create(session, actor, form)
    tagged(response, place.version, f"/v1/places/{place.id}")
    return place


@router.patch("/{id}", response_model=PlaceRead, **operation("places:update", "更正地点"))
async def place_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: PlaceUpdate
) -> Place:
    place = await places.update(session, actor, id, version, form)
    tagged(response, place.version)
    return place
