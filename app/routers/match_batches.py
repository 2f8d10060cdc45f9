"""整批对接：一个社区所有未办结的需求一并找资源。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import MatchBatch
from app.routers.deps import ActorDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.match_batches import MatchBatchPage, MatchBatchQuery, MatchBatchRead, MatchBatchStart
from app.services import match_batches

router = APIRouter(prefix="/match-batches", tags=["对接"], route_class=HouseRoute)


@router.post(
    "",
    **operation(
        "match-batches:start",
        "为一个社区的需求整批对接，收下后在后台进行",
        keyed=True,
        created=MatchBatchRead,
        read="match_batch_read",
    ),
)
async def match_batch_start(
    session: SessionDep, actor: ActorDep, response: Response, form: MatchBatchStart
) -> MatchBatch:
    found = await match_batches.start(session, actor, form)
    tagged(response, found.version, f"/v1/match-batches/{found.id}")
    return found


@router.get("", response_model=MatchBatchPage, **operation("match-batches:list", "整批对接的列表，新的在前"))
async def match_batch_list(
    session: SessionDep, actor: ActorDep, query: Annotated[MatchBatchQuery, Query()]
) -> Page[MatchBatch]:
    return await match_batches.page(session, actor, query)


@router.get("/{id}", response_model=MatchBatchRead, **operation("match-batches:read", "一次整批对接及其进度"))
async def match_batch_read(id: UUID, session: SessionDep, actor: ActorDep) -> MatchBatch:
    return await match_batches.read(session, actor, id)
