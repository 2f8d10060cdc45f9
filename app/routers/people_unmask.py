"""人员：查看敏感字段的明文。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.routers.deps import ActorDep, DatabaseDep, SealerDep, SessionDep, operation
from app.routers.route import HouseRoute
from app.schemas.people_unmask import PersonUnmask, PersonUnmaskedRead
from app.services import people_unmask

router = APIRouter(prefix="/people", tags=["人员"], route_class=HouseRoute)


# Takes no Idempotency-Key: its answer must not be kept anywhere.
@router.post(
    "/{id}/unmask",
    response_model=PersonUnmaskedRead,
    **operation("people:unmask", "查看明文：写明用途与理由，留下审计记录"),
)
async def person_unmask(
    id: UUID, session: SessionDep, database: DatabaseDep, actor: ActorDep, sealer: SealerDep, form: PersonUnmask
) -> dict[str, Any]:
    return await people_unmask.unmask(session, database, actor, sealer, id, form)
