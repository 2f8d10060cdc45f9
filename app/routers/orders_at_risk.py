"""风险工单：未办结的工单，离期限近的在前，附原因。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.orders_at_risk import AtRiskPage, AtRiskQuery
from app.services import orders_at_risk

router = APIRouter(prefix="/orders", tags=["工单"], route_class=HouseRoute)


@router.get("/at-risk", response_model=AtRiskPage, **operation("orders:at_risk", "风险工单，离期限近的在前，附原因"))
async def order_at_risk_list(
    session: SessionDep, actor: ActorDep, query: Annotated[AtRiskQuery, Query()]
) -> Page[dict[str, Any]]:
    return await orders_at_risk.page(session, actor, query)
