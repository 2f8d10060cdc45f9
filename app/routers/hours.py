"""服务时长：记录、补录、确认、冲正。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step
from app.routers.route import HouseRoute
from app.schemas.hours import BalanceRead, HourConfirm, HourPage, HourQuery, HourRead, HourReverse, HourSupplement
from app.services import hours

router = APIRouter(prefix="/hours", tags=["时长"], route_class=HouseRoute)


@router.get("", response_model=HourPage, **operation("hours:list", "时长记录，新的在前"))
async def hour_list(session: SessionDep, actor: ActorDep, query: Annotated[HourQuery, Query()]) -> Page[dict[str, Any]]:
    return await hours.page(session, actor, query)


@router.get("/balance", response_model=BalanceRead, **operation("hours:list", "我的时长余额"))
async def hour_balance(session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await hours.balance(session, actor)


@router.get("/{id}", response_model=HourRead, **operation("hours:read", "一条时长记录"))
async def hour_read(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await hours.read(session, actor, id)


@router.post("", **operation("hours:supplement", "补录时长", keyed=True, created=HourRead, read="hour_read"))
async def hour_supplement(session: SessionDep, actor: ActorDep, form: HourSupplement) -> dict[str, Any]:
    return await hours.supplement(session, actor, form)


@router.post("/{id}/confirm", response_model=HourRead, **step("hours:confirm", "确认时长"))
async def hour_confirm(id: UUID, session: SessionDep, actor: ActorDep, form: HourConfirm) -> dict[str, Any]:
    return await hours.confirm(session, actor, id, form)


@router.post("/{id}/reverse", response_model=HourRead, **step("hours:reverse", "冲正时长"))
async def hour_reverse(id: UUID, session: SessionDep, actor: ActorDep, form: HourReverse) -> dict[str, Any]:
    return await hours.reverse(session, actor, id, form)
