"""签收与首次联系：不改变工单状态，各完成一个时限。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, step
from app.routers.orders import shown
from app.routers.route import HouseRoute
from app.schemas.orders import OrderRead
from app.schemas.orders_signing import OrderFirstContact, OrderSign
from app.services import orders_signing

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


@router.post("/{id}/sign", response_model=OrderRead, **step("orders:sign", "签收：单位确认收到指派"))
async def order_sign(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: OrderSign
) -> dict[str, Any]:
    return shown(response, await orders_signing.sign(session, actor, id, form))


@router.post("/{id}/first-contact", response_model=OrderRead, **step("orders:first_contact", "记下首次联系点单人"))
async def order_first_contact(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: OrderFirstContact
) -> dict[str, Any]:
    return shown(response, await orders_signing.first_contact(session, actor, id, form))
