"""成员单位的工作记录：由轮值、会议、认领、工单、时长与评价得出，不须填报。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.duty_records import DutyRecordPage, DutyRecordQuery, DutyRecordRead, DutyRecordYear
from app.services import duty_records

router = APIRouter(prefix="/duty-records", tags=["大党委"], route_class=HouseRoute)


@router.get("", response_model=DutyRecordPage, **operation("duty-records:list", "各成员单位的工作记录"))
async def duty_record_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DutyRecordQuery, Query()]
) -> Page[dict[str, Any]]:
    return await duty_records.page(session, actor, query)


@router.get("/{id}", response_model=DutyRecordRead, **operation("duty-records:read", "一个成员单位的工作记录"))
async def duty_record_read(
    id: UUID, session: SessionDep, actor: ActorDep, query: Annotated[DutyRecordYear, Query()]
) -> dict[str, Any]:
    return await duty_records.read(session, actor, id, query.year)
