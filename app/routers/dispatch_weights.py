"""派单权重：邀请谁更合适，各项在本区、在某类服务占多少。"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.dispatch_weights import DispatchWeightsQuery, DispatchWeightsRead, DispatchWeightsSet
from app.services import dispatch_weights
from app.services.dispatch_weights import Setting

router = APIRouter(prefix="/dispatch-weights", tags=["工单"], route_class=HouseRoute)


def shown(response: Response, setting: Setting) -> dict[str, Any]:
    tagged(response, setting.edition)
    return dispatch_weights.present(setting)


@router.get("", response_model=DispatchWeightsRead, **operation("dispatch-weights:read", "派单代价的权重"))
async def dispatch_weight_read(
    session: SessionDep, actor: ActorDep, response: Response, query: Annotated[DispatchWeightsQuery, Query()]
) -> dict[str, Any]:
    return shown(response, await dispatch_weights.read(session, actor, query.category))


@router.put("", response_model=DispatchWeightsRead, **operation("dispatch-weights:set", "设定派单代价的权重"))
async def dispatch_weight_set(
    session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: DispatchWeightsSet
) -> dict[str, Any]:
    return shown(response, await dispatch_weights.set_weights(session, actor, version, form))
