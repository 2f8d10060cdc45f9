"""群众评议：项目完成后，居民各评一次。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.evaluations import (
    EvaluationCreate,
    EvaluationPage,
    EvaluationQuery,
    EvaluationRead,
    EvaluationSummary,
)
from app.services import evaluations

router = APIRouter(tags=["共建项目"], route_class=HouseRoute)


@router.get("/evaluations", response_model=EvaluationPage, **operation("evaluations:list", "我的评议，新的在前"))
async def evaluation_list(
    session: SessionDep, actor: ActorDep, query: Annotated[EvaluationQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await evaluations.page(session, actor, query)
    return Page([evaluations.present(evaluation) for evaluation in found.items], found.next_cursor)


@router.post(
    "/evaluations",
    **operation("evaluations:give", "评议项目", keyed=True, created=EvaluationRead, read="evaluation_read"),
)
async def evaluation_give(
    session: SessionDep, actor: ActorDep, response: Response, form: EvaluationCreate
) -> dict[str, Any]:
    evaluation = await evaluations.give(session, actor, form)
    tagged(response, evaluation.version, f"/v1/evaluations/{evaluation.id}")
    return evaluations.present(evaluation)


@router.get("/evaluations/{id}", response_model=EvaluationRead, **operation("evaluations:read", "我的一次评议"))
async def evaluation_read(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return evaluations.present(await evaluations.read(session, actor, id))


@router.get(
    "/projects/{id}/evaluation", response_model=EvaluationSummary, **operation("projects:read", "项目评议的结果")
)
async def project_evaluation(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await evaluations.summary(session, actor, id)
