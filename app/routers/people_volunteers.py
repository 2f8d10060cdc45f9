"""志愿者：登记、查看八项、退出。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.people_volunteers import PersonLeaveVolunteering, PersonVolunteer, VolunteerRead
from app.services import people_volunteers

router = APIRouter(prefix="/people/{id}", tags=["志愿者"], route_class=HouseRoute)


def shown(response: Response, volunteer: dict[str, Any]) -> dict[str, Any]:
    tagged(response, volunteer["version"])
    return volunteer


@router.get("/volunteer", response_model=VolunteerRead, **operation("people:read_volunteer", "志愿者登记的八项"))
async def person_read_volunteer(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return shown(response, await people_volunteers.read(session, actor, sealer, id))


@router.post("/volunteer", response_model=VolunteerRead, **step("people:volunteer", "登记为志愿者"))
async def person_volunteer(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PersonVolunteer
) -> dict[str, Any]:
    return shown(response, await people_volunteers.register(session, actor, sealer, id, form))


@router.post("/leave-volunteering", response_model=VolunteerRead, **step("people:leave_volunteering", "不再做志愿者"))
async def person_leave_volunteering(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: PersonLeaveVolunteering,
) -> dict[str, Any]:
    return shown(response, await people_volunteers.leave(session, actor, sealer, id, form))
