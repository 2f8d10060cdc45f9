"""联系方式：接单人在服务时段内查看点单人的姓名、电话、住址。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.routers.deps import ActorDep, DatabaseDep, SealerDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.contacts import ContactRead, OrderContact
from app.services import contacts

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


# Takes no Idempotency-Key: its answer must not be kept anywhere.
@router.post(
    "/{id}/contact",
    response_model=ContactRead,
    **operation("orders:contact", "查看点单人的联系方式：接单后、服务时段内"),
)
async def order_contact(
    id: UUID, session: SessionDep, database: DatabaseDep, actor: ActorDep, sealer: SealerDep, _: OrderContact
) -> dict[str, Any]:
    return await contacts.contact(session, database, actor, sealer, id)
