"""Grants: who holds which role where, from when to when, and by whose hand."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Moment, Read
from app.domain.people import Role

_SOME_ID = "0192f3a0-7c1e-7000-8000-000000000001"


class GrantQuery(PageQuery):
    person_id: Annotated[UUID | None, Field(description="谁的角色")] = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    role: Role | None = None
    in_force: Annotated[bool | None, Field(description="是否现在有效；不填则连同过去与将来的")] = None


class GrantCreate(Form):
    """授予角色。只能授予低于自己的角色，在自己的辖区之内，不超过自己的任期，且不能授予自己。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": _SOME_ID,
                    "role": "grid_worker",
                    "place_id": _SOME_ID,
                    "ends_at": "2027-12-31T16:00:00+00:00",
                }
            ]
        }
    )

    person_id: UUID
    role: Role
    place_id: Annotated[UUID, Field(description="角色所在的地点；覆盖其全部下属")]
    starts_at: Annotated[Moment | None, Field(description="不填则立即生效")] = None
    ends_at: Annotated[Moment | None, Field(description="不填则无截止；授予人任期有截止的，须填写")] = None


class GrantRevoke(Form):
    """收回角色，或放下自己的角色。由此借出的代理角色一并结束。"""

    reason: LongLine


class GrantRead(Read):
    id: UUID
    person_id: UUID
    person_name: Annotated[str, Field(description="已脱敏")]
    role: Role
    role_name: str
    place_id: UUID
    place_kind: str
    path: str
    starts_at: datetime
    ends_at: datetime | None
    in_force: Annotated[bool, Field(description="现在是否有效")]
    granted_by: Annotated[UUID | None, Field(description="由谁授予；空为启用时或由运维命令给出")]
    substitution_id: Annotated[UUID | None, Field(description="因哪一次代理而来")]
    lent_from_id: Annotated[UUID | None, Field(description="代理的是哪一项授权")]
    lent_by: Annotated[UUID | None, Field(description="代理谁")]
    revoked_at: datetime | None
    revoked_by: UUID | None
    version: int
    created_at: datetime


class GrantPage(Read):
    items: list[GrantRead]
    next_cursor: str | None


class StandsInFor(Read):
    person_id: UUID
    name: Annotated[str, Field(description="已脱敏")]


class MyGrantRead(Read):
    """我现在的一项角色；代理他人时注明代理谁、到何时。"""

    id: UUID
    role: Role
    role_name: str
    place_id: UUID
    place_kind: str
    path: str
    ends_at: datetime | None
    stands_in_for: StandsInFor | None
