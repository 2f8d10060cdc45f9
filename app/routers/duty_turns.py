"""轮值：谁在哪两个月轮值，期满报告与办结。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.people import Actor
from app.models import DutyTurn
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.duty_turns import (
    DutyStepRead,
    DutyTurnClose,
    DutyTurnPage,
    DutyTurnQuery,
    DutyTurnRead,
    DutyTurnReport,
)
from app.services import duty_checklist, duty_turns

router = APIRouter(prefix="/duty-turns", tags=["大党委"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, actor: Actor, turn: DutyTurn) -> dict[str, Any]:
    tagged(response, turn.version)
    return (await duty_turns.present(session, actor, [turn]))[0]


@router.get("", response_model=DutyTurnPage, **operation("duty-turns:list", "轮值安排"))
async def duty_turn_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DutyTurnQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await duty_turns.page(session, actor, query)
    return Page(await duty_turns.present(session, actor, found.items), found.next_cursor)


@router.get("/{id}", response_model=DutyTurnRead, **operation("duty-turns:read", "一个轮值"))
async def duty_turn_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return await shown(response, session, actor, await duty_turns.load(session, actor, id))


@router.get(
    "/{id}/checklist",
    response_model=list[DutyStepRead],
    **operation("duty-turns:checklist", "轮值清单：各步骤的期限与进展"),
)
async def duty_turn_checklist(id: UUID, session: SessionDep, actor: ActorDep) -> list[dict[str, Any]]:
    return await duty_checklist.checklist(session, actor, id)


@router.post("/{id}/report", response_model=DutyTurnRead, **step("duty-turns:report", "提交轮值报告"))
async def duty_turn_report(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: DutyTurnReport
) -> dict[str, Any]:
    return await shown(response, session, actor, await duty_turns.report(session, actor, id, form))


@router.post("/{id}/close", response_model=DutyTurnRead, **step("duty-turns:close", "办结轮值"))
async def duty_turn_close(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: DutyTurnClose
) -> dict[str, Any]:
    return await shown(response, session, actor, await duty_turns.close(session, actor, id))
