"""对接建议：一次查找及其全部结果。"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.match_runs import MatchRunPropose, MatchRunRead
from app.services import match_runs

router = APIRouter(prefix="/match-runs", tags=["对接"], route_class=HouseRoute)


@router.post(
    "",
    **operation(
        "match-runs:propose", "为一件需求找最合适的资源", keyed=True, created=MatchRunRead, read="match_run_read"
    ),
)
async def match_run_propose(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: MatchRunPropose
) -> dict[str, Any]:
    found = await match_runs.propose(session, actor, form)
    tagged(response, found.run.version, f"/v1/match-runs/{found.run.id}")
    return await match_runs.present(session, sealer, found)


@router.get("/{id}", response_model=MatchRunRead, **operation("match-runs:read", "一次对接建议，及其各项现状"))
async def match_run_read(id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await match_runs.present(session, sealer, await match_runs.read(session, actor, id))
