"""吹哨报到的数字：各类哨几次、各时限按时与逾期、互评平均分。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.whistle_figures import WhistleFiguresQuery, WhistleFiguresRead
from app.services import whistle_figures

router = APIRouter(prefix="/whistle-figures", tags=["吹哨报到"], route_class=HouseRoute)


@router.get(
    "",
    response_model=WhistleFiguresRead,
    **operation("whistle-figures:read", "期间内吹响的哨：各类几次、各时限按时与逾期、各部门互评"),
)
async def whistle_figure_read(
    session: SessionDep, actor: ActorDep, query: Annotated[WhistleFiguresQuery, Query()]
) -> dict[str, Any]:
    return await whistle_figures.read(session, actor, query)
