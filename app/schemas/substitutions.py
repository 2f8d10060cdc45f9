"""Substitutions: who stands in for whom while they are away."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Moment, Read
from app.domain.people import Role

_SOME_ID = "0192f3a0-7c1e-7000-8000-000000000001"


class SubstitutionQuery(PageQuery):
    person_id: Annotated[UUID | None, Field(description="谁不在，或谁代理")] = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    in_force: Annotated[bool | None, Field(description="是否正在代理；不填则连同过去与将来的")] = None


class SubstitutionCreate(Form):
    """安排代理。代理人须已是同一辖区的工作人员，代理不长于其任期；代理的角色不能再授予、再借出，最长一百八十天。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "substitute_id": _SOME_ID,
                    "starts_at": "2026-12-01T00:00:00+00:00",
                    "ends_at": "2026-12-08T00:00:00+00:00",
                    "reason": "外出培训",
                }
            ]
        }
    )

    absent_id: Annotated[UUID | None, Field(description="谁不在；不填则为本人")] = None
    substitute_id: Annotated[UUID, Field(description="由谁代理")]
    starts_at: Annotated[Moment | None, Field(description="不填则立即开始")] = None
    ends_at: Moment
    reason: Annotated[LongLine, Field(description="一句话即可，不写病情等敏感内容")]


class SubstitutionEnd(Form):
    pass


class LentGrantRead(Read):
    id: UUID
    role: Role
    role_name: str
    place_id: UUID
    lent_from_id: Annotated[UUID, Field(description="原授权")]
    starts_at: datetime
    ends_at: datetime | None


class SubstitutionRead(Read):
    id: UUID
    absent_id: UUID
    absent_name: Annotated[str, Field(description="已脱敏")]
    substitute_id: UUID
    substitute_name: Annotated[str, Field(description="已脱敏")]
    starts_at: datetime
    ends_at: datetime
    reason: str
    arranged_by: UUID
    ended_at: Annotated[datetime | None, Field(description="提前结束的时间")]
    grants: Annotated[list[LentGrantRead], Field(description="代理的角色")]
    version: int
    created_at: datetime


class SubstitutionPage(Read):
    items: list[SubstitutionRead]
    next_cursor: str | None
