"""对接权重：得分各项在本区占多少。"""

from fastapi import APIRouter, Response

from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.match_weights import MatchWeightsRead, MatchWeightsSet
from app.services import match_weights
from app.services.match_weights import Weights

router = APIRouter(prefix="/match-weights", tags=["对接"], route_class=HouseRoute)


def shown(response: Response, weights: Weights) -> dict[str, int]:
    tagged(response, weights.version)
    return match_weights.present(weights)


@router.get("", response_model=MatchWeightsRead, **operation("match-weights:read", "对接得分的权重"))
async def match_weight_read(session: SessionDep, actor: ActorDep, response: Response) -> dict[str, int]:
    return shown(response, await match_weights.read(session, actor))


@router.put("", response_model=MatchWeightsRead, **operation("match-weights:set", "设定对接得分的权重"))
async def match_weight_set(
    session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: MatchWeightsSet
) -> dict[str, int]:
    return shown(response, await match_weights.set_weights(session, actor, version, form))
