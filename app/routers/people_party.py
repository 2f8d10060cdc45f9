"""党员：在册登记、报到、三进。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import people_party as forms
from app.schemas.people_party import MembershipRead
from app.services import people_party

router = APIRouter(prefix="/people/{id}", tags=["党员"], route_class=HouseRoute)


def shown(response: Response, membership: dict[str, Any]) -> dict[str, Any]:
    tagged(response, membership["version"])
    return membership


@router.get("/party-membership", response_model=MembershipRead, **operation("people:read_membership", "党员身份"))
async def person_read_membership(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await people_party.read(session, actor, id))


@router.post("/register-member", response_model=MembershipRead, **step("people:register_member", "在册登记"))
async def person_register_member(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.PersonRegisterMember
) -> dict[str, Any]:
    return shown(response, await people_party.register(session, actor, id, form))


@router.post("/report-in", response_model=MembershipRead, **step("people:report_in", "报到"))
async def person_report_in(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.PersonReportIn
) -> dict[str, Any]:
    return shown(response, await people_party.report_in(session, actor, id, form))


@router.post("/enter", response_model=MembershipRead, **step("people:enter", "进网格、进党群服务中心、进微信群"))
async def person_enter(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.PersonEnter
) -> dict[str, Any]:
    return shown(response, await people_party.enter(session, actor, id, form))


@router.post("/leave-party", response_model=MembershipRead, **step("people:leave_party", "转出、撤回报到"))
async def person_leave_party(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.PersonLeaveParty
) -> dict[str, Any]:
    return shown(response, await people_party.leave(session, actor, id, form))
