"""查重与合并：同一个人建了两份档案。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.people import PersonRead
from app.schemas.people_merge import DuplicatesRead, PersonMerge
from app.services import people, people_merge

router = APIRouter(prefix="/people/{id}", tags=["人员"], route_class=HouseRoute)


@router.get("/duplicates", response_model=DuplicatesRead, **operation("people:compare", "可能重复的档案"))
async def person_compare(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await people_merge.duplicates(session, actor, sealer, id)


@router.post(
    "/merge", response_model=PersonRead, **step("people:merge", "并入另一份档案；答复是留下的那一份，不可撤销")
)
async def person_merge(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PersonMerge
) -> dict[str, Any]:
    survivor = await people_merge.merge(session, actor, sealer, id, form)
    tagged(response, survivor.version)
    return await people.present_to(session, actor, sealer, survivor)
