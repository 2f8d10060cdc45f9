"""需求入口：类别建议与相似需求。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step
from app.routers.needs import shown
from app.routers.route import HouseRoute
from app.schemas.need_respondents import NeedClearRespondent, NeedNameRespondent, RespondentsRead
from app.schemas.needs import NeedRead
from app.schemas.needs_intake import (
    CategorySuggestions,
    NearNeeds,
    NearNeedsQuery,
    NeedDismissDuplicate,
    NeedRestoreDuplicate,
    NeedSuggest,
    NeedSuggestions,
)
from app.services import need_duplicates as duplicates
from app.services import need_respondents, need_respondents_asked, needs_intake, suggestions

router = APIRouter(prefix="/needs", tags=["需求"], route_class=HouseRoute)


@router.post(
    "/suggest",
    response_model=NeedSuggestions,
    **operation("needs:suggest", "点单前：可能的类别和相似的需求，只是建议"),
)
async def need_suggest(session: SessionDep, actor: ActorDep, sealer: SealerDep, form: NeedSuggest) -> dict[str, Any]:
    return await needs_intake.suggest(session, actor, sealer, form)


@router.get(
    "/{id}/suggestions",
    response_model=CategorySuggestions,
    **operation("needs:suggestions", "受理时：这件需求可能的类别，附理由"),
)
async def need_suggestions(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return {"categories": await suggestions.for_need(session, actor, id)}


@router.get(
    "/{id}/duplicates",
    response_model=NearNeeds,
    **operation("needs:duplicates", "可能是同一件事的需求，附理由"),
)
async def need_duplicates(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[NearNeedsQuery, Query()]
) -> dict[str, Any]:
    return {"items": await duplicates.of_need(session, actor, sealer, id, dismissed=query.dismissed)}


@router.post(
    "/{id}/dismiss-duplicate",
    response_model=NeedRead,
    **step("needs:dismiss_duplicate", "认定不是同一件事，之后不再提示"),
)
async def need_dismiss_duplicate(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: NeedDismissDuplicate
) -> dict[str, Any]:
    return await shown(session, sealer, response, await duplicates.dismiss(session, actor, id, form))


@router.post(
    "/{id}/restore-duplicate",
    response_model=NeedRead,
    **step("needs:restore_duplicate", "撤销不是同一件事的认定，之后照常提示"),
)
async def need_restore_duplicate(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: NeedRestoreDuplicate
) -> dict[str, Any]:
    return await shown(session, sealer, response, await duplicates.restore(session, actor, id, form))


@router.get(
    "/{id}/respondents",
    response_model=RespondentsRead,
    **operation("needs:respondents", "被反映对象：不参与办理的人和单位"),
)
async def need_respondents_of(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await need_respondents.of_need(session, actor, sealer, id)


@router.post(
    "/{id}/name-respondent",
    response_model=NeedRead,
    **step("needs:name_respondent", "登记被反映对象，之后其不参与办理"),
)
async def need_name_respondent(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: NeedNameRespondent
) -> dict[str, Any]:
    return await shown(session, sealer, response, await need_respondents_asked.record(session, actor, id, form))


@router.post(
    "/{id}/clear-respondent",
    response_model=NeedRead,
    **step("needs:clear_respondent", "撤销一条被反映对象的登记"),
)
async def need_clear_respondent(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: NeedClearRespondent
) -> dict[str, Any]:
    return await shown(session, sealer, response, await need_respondents.clear(session, actor, id, form))
