"""Weights of the cost of dispatch as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, Read
from app.domain.dispatch_cost import BOUNDS, WEIGHTS, Part, told
from app.schemas.categories import CategoryCode

_LEAST, _MOST = BOUNDS[Part.LOAD]
_Metres = Annotated[int, Field(ge=_LEAST, le=_MOST)]


class DispatchWeightsQuery(Form):
    category: Annotated[CategoryCode | None, Field(description="服务类别；不填为本区通用")] = None


class DispatchWeightsSet(Form):
    """派单代价各项的权重：此项最不利时相当于远了多少米；距离一项为百分比。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"category": "repair.plumbing", **told(WEIGHTS)}]})

    category: Annotated[CategoryCode | None, Field(description="服务类别，其下各类一并适用；不填为本区通用")] = None
    pairing: Annotated[_Metres, Field(description="没有结对包联")]
    nearness: Annotated[_Metres, Field(description="不在同一网格")]
    distance: Annotated[
        int, Field(ge=BOUNDS[Part.DISTANCE][0], le=BOUNDS[Part.DISTANCE][1], description="路程的百分比")
    ]
    skill: Annotated[_Metres, Field(description="技能毫不契合")]
    satisfaction: Annotated[_Metres, Field(description="以往评价全为 1 分")]
    continuity: Annotated[_Metres, Field(description="从未服务过此人")]
    load: Annotated[_Metres, Field(description="每件在办工单")]
    notice: Annotated[_Metres, Field(description="近期每被邀请一次")]
    pending: Annotated[_Metres, Field(description="每件待答复的邀请")]


class DispatchWeightsRead(Read):
    """现行权重。``category`` 为其来源：本类、上级类别；空为本区通用或系统默认。"""

    asked_category: str | None
    category: str | None
    edition: Annotated[int, Field(description="所问类别自己设定过几次；0 为未设定，沿用上级、本区通用或系统默认")]
    set_by: UUID | None
    set_at: datetime | None
    pairing: int
    nearness: int
    distance: int
    skill: int
    satisfaction: int
    continuity: int
    load: int
    notice: int
    pending: int
