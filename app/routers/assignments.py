"""接单记录：签到、签退、取消。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import assignments as forms
from app.schemas.assignments import AssignmentExplanation, AssignmentPage, AssignmentQuery, AssignmentRead
from app.services import assignments, assignments_explain
from app.services.assignments import AssignmentCase

router = APIRouter(prefix="/assignments", tags=["接单记录"], route_class=HouseRoute)


def shown(response: Response, case: AssignmentCase) -> dict[str, Any]:
    tagged(response, case.assignment.version)
    return assignments.present(case.assignment, case.parties)


@router.get("", response_model=AssignmentPage, **operation("assignments:list", "接单记录列表，新的在前"))
async def assignment_list(
    session: SessionDep, actor: ActorDep, query: Annotated[AssignmentQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await assignments.page(session, actor, query)
    items = [assignments.present(row, assignments.parties_of(row, actor)) for row in found.items]
    return Page(items, found.next_cursor)


@router.get("/{id}", response_model=AssignmentRead, **operation("assignments:read", "一条接单记录"))
async def assignment_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await assignments.load(session, actor, id, "assignments:read", lock=False))


@router.get(
    "/{id}/explanation",
    response_model=AssignmentExplanation,
    **operation("assignments:explain", "为何邀请我：自动匹配的解释"),
)
async def assignment_explain(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await assignments_explain.explain(session, actor, id)


@router.post("/{id}/check-in", response_model=AssignmentRead, **step("assignments:check_in", "签到"))
async def assignment_check_in(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.AssignmentCheckIn
) -> dict[str, Any]:
    return shown(response, await assignments.check_in(session, actor, id, form))


@router.post("/{id}/check-out", response_model=AssignmentRead, **step("assignments:check_out", "签退，记录时长"))
async def assignment_check_out(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.AssignmentCheckOut
) -> dict[str, Any]:
    return shown(response, await assignments.check_out(session, actor, id, form))


@router.post("/{id}/cancel", response_model=AssignmentRead, **step("assignments:cancel", "取消接单"))
async def assignment_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.AssignmentCancel
) -> dict[str, Any]:
    return shown(response, await assignments.cancel(session, actor, id, form))


@router.post("/{id}/miss", response_model=AssignmentRead, **step("assignments:miss", "登记未到场"))
async def assignment_miss(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.AssignmentMiss
) -> dict[str, Any]:
    return shown(response, await assignments.miss(session, actor, id, form))


@router.post("/{id}/excuse", response_model=AssignmentRead, **step("assignments:excuse", "认可理由"))
async def assignment_excuse(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.AssignmentExcuse
) -> dict[str, Any]:
    return shown(response, await assignments.excuse(session, actor, id, form))
