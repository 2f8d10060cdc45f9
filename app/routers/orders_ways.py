"""工单的派单方式：看、改、停。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, operation, step
from app.routers.orders import shown
from app.routers.route import HouseRoute
from app.schemas.orders import OrderRead
from app.schemas.orders_ways import OrderHalt, OrderSteer, OrderWayRead
from app.services import orders_steer

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


@router.get("/{id}/way", response_model=OrderWayRead, **operation("orders:way", "工单按什么方式派、派到哪一步"))
async def order_way(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await orders_steer.read(session, actor, id)


@router.post("/{id}/steer", response_model=OrderRead, **step("orders:steer", "改定派单方式，或让系统从头再派"))
async def order_steer(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: OrderSteer
) -> dict[str, Any]:
    return shown(response, await orders_steer.steer(session, actor, id, form))


@router.post("/{id}/halt", response_model=OrderRead, **step("orders:halt", "停止系统派单"))
async def order_halt(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: OrderHalt
) -> dict[str, Any]:
    return shown(response, await orders_steer.halt(session, actor, id, form))
