"""Member units of a joint committee as they go in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, Read
from app.domain.organizations import OrganizationKind


class CommitteeMemberQuery(FileQuery):
    community_id: Annotated[UUID | None, Field(description="某社区的大党委")] = None
    organization_id: Annotated[UUID | None, Field(description="某单位参加的大党委")] = None
    kind: Annotated[OrganizationKind | None, Field(description="单位类型")] = None
    current: Annotated[bool | None, Field(description="是否现任成员；不填则全部")] = None


class CommitteeMemberCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "community_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "organization_id": "0192f3a0-7c1e-7000-8000-000000000002",
                    "joined_on": "2026-11-24",
                }
            ]
        }
    )

    community_id: UUID
    organization_id: UUID
    joined_on: Annotated[Day, Field(description="加入日期，不晚于今天")]
    liaison_id: Annotated[UUID | None, Field(description="联络员：为该单位办事的人")] = None
    deputy_id: Annotated[UUID | None, Field(description="副联络员")] = None


class CommitteeMemberUpdate(Form):
    liaison_id: Annotated[UUID | None, Field(description="联络员")] = None
    deputy_id: Annotated[UUID | None, Field(description="副联络员")] = None


class CommitteeMemberLeave(Form):
    left_on: Annotated[Day, Field(description="退出日期，不晚于今天")]
    reason: Annotated[LongLine, Field(description="退出原因；请勿写个人信息")]


class CommitteeMemberRead(Read):
    id: UUID
    community_id: UUID
    organization_id: UUID
    organization_name: str
    organization_kind: OrganizationKind
    liaison_id: UUID | None
    liaison_name: Annotated[Line | None, Field(description="隐去部分的姓名")]
    deputy_id: UUID | None
    deputy_name: Annotated[Line | None, Field(description="隐去部分的姓名")]
    joined_on: date
    left_on: date | None
    left_reason: str | None
    version: int


class CommitteeMemberPage(Read):
    items: list[CommitteeMemberRead]
    next_cursor: str | None
