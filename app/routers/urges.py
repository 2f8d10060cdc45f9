"""催单：点单人、受影响的居民与社区催未办结的工单。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import Urge
from app.routers.deps import ActorDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.urges import UrgeCreate, UrgePage, UrgeQuery, UrgeRead
from app.services import urges

router = APIRouter(prefix="/urges", tags=["工单"], route_class=HouseRoute)


async def shown(session: SessionDep, response: Response, actor: Actor, urge: Urge) -> dict[str, Any]:
    tagged(response, urge.version, f"/v1/urges/{urge.id}")
    return (await urges.shown(session, actor, [urge]))[0]


@router.get("", response_model=UrgePage, **operation("urges:list", "催办列表，新的在前"))
async def urge_list(session: SessionDep, actor: ActorDep, query: Annotated[UrgeQuery, Query()]) -> Page[dict[str, Any]]:
    found = await urges.page(session, actor, query)
    return Page(await urges.shown(session, actor, found.items), found.next_cursor)


@router.post(
    "",
    **operation("urges:create", "催办，每人每个工作日一次", keyed=True, created=UrgeRead, read="urge_read"),
)
async def urge_create(session: SessionDep, actor: ActorDep, response: Response, form: UrgeCreate) -> dict[str, Any]:
    return await shown(session, response, actor, await urges.create(session, actor, form))


@router.get("/{id}", response_model=UrgeRead, **operation("urges:read", "一次催办"))
async def urge_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(session, response, actor, await urges.load(session, actor, id))
