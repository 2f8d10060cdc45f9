"""Organizations as they go in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, Read
from app.domain.organizations import OrganizationKind


class OrganizationQuery(FileQuery):
    kind: OrganizationKind | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    joint_committee: Annotated[bool | None, Field(description="是否大党委成员单位")] = None


class OrganizationCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "partner_unit",
                    "name": "青城便民服务中心",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                }
            ]
        }
    )

    kind: OrganizationKind
    name: Line
    place_id: UUID
    parent_id: UUID | None = None


class OrganizationUpdate(Form):
    name: Line = "-"
    kind: OrganizationKind = OrganizationKind.PARTNER_UNIT


class OrganizationRead(Read):
    id: UUID
    kind: OrganizationKind
    name: str
    place_id: UUID
    community_id: UUID | None
    parent_id: UUID | None
    joint_committee: Annotated[bool, Field(description="是否大党委成员单位；随成员登记（committee-members）而变")]
    version: int


class OrganizationPage(Read):
    items: list[OrganizationRead]
    next_cursor: str | None
