"""三率：由工单、时限与回访实际算出，附分子、分母与不计入的件数。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.rates import RateQuery, RatesRead
from app.services import rates

router = APIRouter(prefix="/rates", tags=["质量"], route_class=HouseRoute)


@router.get(
    "",
    response_model=RatesRead,
    **operation("rates:read", "响应率、解决率、满意率，附分子、分母与不计入的件数；分档不排名"),
)
async def rate_read(session: SessionDep, actor: ActorDep, query: Annotated[RateQuery, Query()]) -> dict[str, Any]:
    return await rates.read(session, actor, query)
