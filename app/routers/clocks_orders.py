"""工单的时限。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.clocks_orders import ClockList
from app.services import clocks_read

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


@router.get("/{id}/clocks", response_model=ClockList, **operation("orders:clocks", "工单的时限，含已结束的"))
async def order_clocks(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return {"items": await clocks_read.present(session, await clocks_read.of_order(session, actor, id))}
