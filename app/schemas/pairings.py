"""Pairings 结对包联 as they go in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, Read
from app.domain.pairings import PairingEnd, PairingLevel
from app.domain.places import PlaceKind

_PLACE = "0192f3a0-7c1e-7000-8000-000000000001"
_MEMBER = "0192f3a0-7c1e-7000-8000-000000000003"
_Level = Annotated[PairingLevel, Field(description="单位包小区、党总支包楼栋、党支部包单元、党员包户")]
_Unit = Annotated[UUID | None, Field(description="单位或党组织；党员包户时不填")]
_Member = Annotated[UUID | None, Field(description="在册或报到党员；只用于党员包户")]


class PairingQuery(FileQuery):
    level: PairingLevel | None = None
    place_id: Annotated[UUID | None, Field(description="就是这个地点的")] = None
    under: Annotated[UUID | None, Field(description="某地点及其下属的")] = None
    organization_id: Annotated[UUID | None, Field(description="某单位或党组织的")] = None
    person_id: Annotated[UUID | None, Field(description="某党员的")] = None
    current: Annotated[bool | None, Field(description="只看今天有效的，或只看今天无效的")] = None
    on: Annotated[Day | None, Field(description="某日有效的")] = None


class PairingCreate(Form):
    """结对包联。同一地点、同一层级，任何一天只有一个；补记过去的须写明最后一日与原因。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"level": "member", "place_id": _PLACE, "person_id": _MEMBER, "starts_on": "2026-11-24"}]
        }
    )

    level: _Level
    place_id: Annotated[UUID, Field(description="小区、楼栋、单元或户，与层级相应")]
    organization_id: _Unit = None
    person_id: _Member = None
    starts_on: Annotated[Day, Field(description="第一日")]
    ends_on: Annotated[Day | None, Field(description="最后一日；不填为持续有效")] = None
    end_reason: Annotated[PairingEnd | None, Field(description="结束的原因；有最后一日时必填")] = None


class PairingFinish(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_on": "2026-11-30", "reason": "term"}]})

    ends_on: Annotated[Day, Field(description="最后一日；误登的，那些日子空出来")]
    reason: PairingEnd


class PairingReplace(Form):
    """换一个结对方：原来的到前一日为止，新的当日开始。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"person_id": _MEMBER, "starts_on": "2026-12-01"}]})

    organization_id: _Unit = None
    person_id: _Member = None
    starts_on: Annotated[Day, Field(description="新的第一日")]
    reason: PairingEnd = PairingEnd.REPLACED


class PairingRead(Read):
    id: UUID
    level: PairingLevel
    place_id: UUID
    place_kind: PlaceKind
    place_name: str
    organization_id: UUID | None
    organization_name: str | None
    person_id: UUID | None
    person_name: Annotated[Line | None, Field(description="隐去部分的姓名")]
    starts_on: date
    ends_on: Annotated[date | None, Field(description="最后一日；空为持续有效")]
    end_reason: PairingEnd | None
    made_by: UUID | None
    version: int


class PairingPage(Read):
    items: list[PairingRead]
    next_cursor: str | None


class ResponsibleQuery(Form):
    on: Annotated[Day | None, Field(description="哪一日；不填为今天")] = None


class ResponsibleRead(Read):
    """某日对一个地点负责的结对方，由近及远：户、单元、楼栋、小区。"""

    place_id: UUID
    on: date
    items: list[PairingRead]
