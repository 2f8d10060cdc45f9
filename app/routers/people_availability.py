"""空闲时间：每周时段与例外。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.people_availability import AvailabilityRead, PersonSetAvailability
from app.services import people_availability

router = APIRouter(prefix="/people/{id}/availability", tags=["空闲时间"], route_class=HouseRoute)


def shown(response: Response, found: dict[str, Any]) -> dict[str, Any]:
    tagged(response, found["version"])
    return found


@router.get("", response_model=AvailabilityRead, **operation("people:read_availability", "何时有空"))
async def person_read_availability(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response
) -> dict[str, Any]:
    return shown(response, await people_availability.read(session, actor, id))


@router.put("", response_model=AvailabilityRead, **operation("people:set_availability", "说明何时有空，整体替换"))
async def person_set_availability(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    version: VersionDep,
    form: PersonSetAvailability,
) -> dict[str, Any]:
    return shown(response, await people_availability.replace(session, actor, id, version, form))
