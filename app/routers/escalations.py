"""升级：本级办不成的工单提请上一级，一次一级；上级答复或退回，可接手派单。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import Escalation
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.escalations import (
    EscalationAnswer,
    EscalationPage,
    EscalationQuery,
    EscalationRaise,
    EscalationRead,
    EscalationReturn,
)
from app.services import escalations

router = APIRouter(prefix="/escalations", tags=["工单"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, actor: Actor, row: Escalation) -> dict[str, Any]:
    tagged(response, row.version, f"/v1/escalations/{row.id}")
    (found,) = await escalations.present(session, actor, [row])
    return found


@router.get("", response_model=EscalationPage, **operation("escalations:list", "升级列表，新的在前"))
async def escalation_list(
    session: SessionDep, actor: ActorDep, query: Annotated[EscalationQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await escalations.page(session, actor, query)
    return Page(await escalations.present(session, actor, found.items), found.next_cursor)


@router.post(
    "",
    **operation("escalations:raise", "提请上一级", keyed=True, created=EscalationRead, read="escalation_read"),
)
async def escalation_raise(
    session: SessionDep, actor: ActorDep, response: Response, form: EscalationRaise
) -> dict[str, Any]:
    return await shown(response, session, actor, await escalations.raise_(session, actor, form))


@router.get("/{id}", response_model=EscalationRead, **operation("escalations:read", "一次升级"))
async def escalation_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(response, session, actor, await escalations.load(session, actor, id))


@router.post("/{id}/answer", response_model=EscalationRead, **step("escalations:answer", "答复升级，可接手派单"))
async def escalation_answer(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: EscalationAnswer
) -> dict[str, Any]:
    return await shown(response, session, actor, await escalations.answer(session, actor, id, form))


@router.post("/{id}/return", response_model=EscalationRead, **step("escalations:return", "退回升级"))
async def escalation_return(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: EscalationReturn
) -> dict[str, Any]:
    return await shown(response, session, actor, await escalations.return_(session, actor, id, form))
