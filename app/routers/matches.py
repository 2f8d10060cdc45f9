"""对接：为需求找资源，确认即预订，不采用的原因会被记住。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import matches as forms
from app.schemas.matches import MatchPage, MatchRead
from app.services import matches, matches_case
from app.services.matches_case import MatchCase

router = APIRouter(prefix="/matches", tags=["对接"], route_class=HouseRoute)


async def shown(response: Response, session: SessionDep, sealer: Sealer, case: MatchCase) -> dict[str, Any]:
    tagged(response, case.match.version, f"/v1/matches/{case.match.id}")
    return (await matches_case.present(session, sealer, [case]))[0]


@router.get("", response_model=MatchPage, **operation("matches:list", "对接列表，新的在前"))
async def match_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[forms.MatchQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await matches.page(session, actor, query)
    return Page(await matches_case.present(session, sealer, found.items), found.next_cursor)


@router.get("/{id}", response_model=MatchRead, **operation("matches:read", "一个对接，得分的组成与理由"))
async def match_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(response, session, sealer, await matches.read(session, actor, id))


@router.post("/{id}/confirm", response_model=MatchRead, **step("matches:confirm", "确认对接，预订资源"))
async def match_confirm(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.MatchConfirm,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await matches.confirm(session, actor, id, form))


@router.post("/{id}/dismiss", response_model=MatchRead, **step("matches:dismiss", "不采用，写明原因"))
async def match_dismiss(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: forms.MatchDismiss,
) -> dict[str, Any]:
    return await shown(response, session, sealer, await matches.dismiss(session, actor, id, form))
