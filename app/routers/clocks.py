"""时限：签收、首次联系、办结各到什么时候，为什么；预警、逾期、逐级升级。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.clocks import ClockPage, ClockQuery, ClockRead
from app.schemas.clocks_trace import ClockTraceRead
from app.services import clocks_read, clocks_trace

router = APIRouter(prefix="/clocks", tags=["时限"], route_class=HouseRoute)


@router.get("", response_model=ClockPage, **operation("clocks:list", "时限列表，新的在前"))
async def clock_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ClockQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await clocks_read.page(session, actor, query)
    return Page(await clocks_read.present(session, found.items), found.next_cursor)


@router.get("/{id}", response_model=ClockRead, **operation("clocks:read", "一个时限"))
async def clock_read(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return (await clocks_read.present(session, [await clocks_read.read(session, actor, id)]))[0]


@router.get("/{id}/trace", response_model=ClockTraceRead, **operation("clocks:trace", "为什么到这时候：逐日列出与依据"))
async def clock_trace(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await clocks_trace.trace(session, actor, id)
