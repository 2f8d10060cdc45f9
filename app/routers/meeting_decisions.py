"""联席会议决定事项：由成员单位办理，逾期提醒。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import MeetingDecision
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import meeting_decisions as forms
from app.schemas.meeting_decisions import MeetingDecisionPage, MeetingDecisionQuery, MeetingDecisionRead
from app.services import meeting_decisions

router = APIRouter(prefix="/meeting-decisions", tags=["大党委"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, actor: Actor, row: MeetingDecision) -> dict[str, Any]:
    tagged(response, row.version, f"/v1/meeting-decisions/{row.id}")
    return (await meeting_decisions.present(session, actor, [row]))[0]


@router.get("", response_model=MeetingDecisionPage, **operation("meeting-decisions:list", "决定事项，新的在前"))
async def meeting_decision_list(
    session: SessionDep, actor: ActorDep, query: Annotated[MeetingDecisionQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await meeting_decisions.page(session, actor, query)
    return Page(await meeting_decisions.present(session, actor, found.items), found.next_cursor)


@router.get("/{id}", response_model=MeetingDecisionRead, **operation("meeting-decisions:read", "一个决定事项"))
async def meeting_decision_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(response, session, actor, await meeting_decisions.load(session, actor, id))


@router.post(
    "/{id}/complete", response_model=MeetingDecisionRead, **step("meeting-decisions:complete", "办结，写明结果")
)
async def meeting_decision_complete(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MeetingDecisionComplete
) -> dict[str, Any]:
    return await shown(response, session, actor, await meeting_decisions.complete(session, actor, id, form))


@router.post("/{id}/reopen", response_model=MeetingDecisionRead, **step("meeting-decisions:reopen", "退回重办"))
async def meeting_decision_reopen(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MeetingDecisionReopen
) -> dict[str, Any]:
    return await shown(response, session, actor, await meeting_decisions.reopen(session, actor, id, form))


@router.post("/{id}/reassign", response_model=MeetingDecisionRead, **step("meeting-decisions:reassign", "改派或改期"))
async def meeting_decision_reassign(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MeetingDecisionReassign
) -> dict[str, Any]:
    return await shown(response, session, actor, await meeting_decisions.reassign(session, actor, id, form))


@router.post("/{id}/drop", response_model=MeetingDecisionRead, **step("meeting-decisions:drop", "不再办理"))
async def meeting_decision_drop(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MeetingDecisionDrop
) -> dict[str, Any]:
    return await shown(response, session, actor, await meeting_decisions.drop(session, actor, id, form))
