"""整批派单：一个地点所有待派工单一并选人。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import DispatchBatch
from app.routers.deps import ActorDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.dispatch_batches import (
    DispatchBatchPage,
    DispatchBatchQuery,
    DispatchBatchRead,
    DispatchBatchStart,
    DispatchChoicePage,
    DispatchChoiceQuery,
)
from app.services import dispatch_batches

router = APIRouter(prefix="/dispatch-batches", tags=["工单"], route_class=HouseRoute)


@router.post(
    "",
    **operation(
        "dispatch-batches:start",
        "为一个地点的待派工单整批派单，收下后在后台进行",
        keyed=True,
        created=DispatchBatchRead,
        read="dispatch_batch_read",
    ),
)
async def dispatch_batch_start(
    session: SessionDep, actor: ActorDep, response: Response, form: DispatchBatchStart
) -> DispatchBatch:
    found = await dispatch_batches.start(session, actor, form)
    tagged(response, found.version, f"/v1/dispatch-batches/{found.id}")
    return found


@router.get("", response_model=DispatchBatchPage, **operation("dispatch-batches:list", "整批派单的列表，新的在前"))
async def dispatch_batch_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DispatchBatchQuery, Query()]
) -> Page[DispatchBatch]:
    return await dispatch_batches.page(session, actor, query)


@router.get("/{id}", response_model=DispatchBatchRead, **operation("dispatch-batches:read", "一次整批派单及其进度"))
async def dispatch_batch_read(id: UUID, session: SessionDep, actor: ActorDep) -> DispatchBatch:
    return await dispatch_batches.read(session, actor, id)


@router.get(
    "/{id}/choices",
    response_model=DispatchChoicePage,
    **operation("dispatch-batches:choices", "一次整批派单的方案与被抢先的工单，附各项理由"),
)
async def dispatch_batch_choices(
    id: UUID, session: SessionDep, actor: ActorDep, query: Annotated[DispatchChoiceQuery, Query()]
) -> Page[dict[str, Any]]:
    return await dispatch_batches.choices(session, actor, id, query)
