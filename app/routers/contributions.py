"""八联贡献：由项目、工单、时长与凭证算出，不必另报。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.contributions import ContributionPage, ContributionQuery
from app.services import contributions

router = APIRouter(prefix="/contributions", tags=["品牌与指标"], route_class=HouseRoute)


@router.get("", response_model=ContributionPage, **operation("contributions:list", "各单位某年度的八联贡献"))
async def contribution_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ContributionQuery, Query()]
) -> Page[dict[str, Any]]:
    return await contributions.page(session, actor, query)
