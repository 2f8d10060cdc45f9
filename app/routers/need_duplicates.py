"""疑似重复的需求：受理人员的待核清单。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.need_duplicates import NeedDuplicatePage, NeedDuplicateQuery
from app.services import need_duplicates

router = APIRouter(prefix="/need-duplicates", tags=["需求"], route_class=HouseRoute)


@router.get("", response_model=NeedDuplicatePage, **operation("need-duplicates:list", "疑似重复的需求，新的在前"))
async def need_duplicate_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[NeedDuplicateQuery, Query()]
) -> Page[dict[str, Any]]:
    return await need_duplicates.page(session, actor, sealer, query)
