"""未诉先办：同一地点反复出现的同类需求，建议立项一次解决。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.project_suggestions import (
    ProjectSuggestionAdopt,
    ProjectSuggestionDismiss,
    ProjectSuggestionPage,
    ProjectSuggestionQuery,
    ProjectSuggestionRead,
)
from app.services import project_suggestions

router = APIRouter(prefix="/project-suggestions", tags=["质量"], route_class=HouseRoute)


def shown(response: Response, found: dict[str, Any]) -> dict[str, Any]:
    tagged(response, found["version"], f"/v1/project-suggestions/{found['id']}")
    return found


@router.get("", response_model=ProjectSuggestionPage, **operation("project-suggestions:list", "项目建议列表，新的在前"))
async def project_suggestion_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ProjectSuggestionQuery, Query()]
) -> Page[dict[str, Any]]:
    return await project_suggestions.page(session, actor, query)


@router.get("/{id}", response_model=ProjectSuggestionRead, **operation("project-suggestions:read", "一项建议"))
async def project_suggestion_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await project_suggestions.read(session, actor, id))


@router.post(
    "/{id}/adopt",
    response_model=ProjectSuggestionRead,
    **step("project-suggestions:adopt", "立项：以这些需求提出共建项目"),
)
async def project_suggestion_adopt(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: ProjectSuggestionAdopt
) -> dict[str, Any]:
    return shown(response, await project_suggestions.adopt(session, actor, id, form))


@router.post(
    "/{id}/dismiss", response_model=ProjectSuggestionRead, **step("project-suggestions:dismiss", "不立项，写明理由")
)
async def project_suggestion_dismiss(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: ProjectSuggestionDismiss
) -> dict[str, Any]:
    return shown(response, await project_suggestions.dismiss(session, actor, id, form))
