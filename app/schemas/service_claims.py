"""Claims of member units as they go in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Read
from app.domain.joint_work import ClaimAction, ClaimState


class ServiceClaimQuery(FileQuery):
    item_id: UUID | None = None
    organization_id: UUID | None = None
    state: ClaimState | None = None


class ServiceClaimMake(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"item_id": "0192f3a0-7c1e-7000-8000-000000000001"}]})

    item_id: Annotated[UUID, Field(description="为本单位认领；第一个认领的单位牵头")]


class ServiceClaimWithdraw(Form):
    """撤回。不需要理由。"""


class ServiceClaimRead(Read):
    id: UUID
    item_id: UUID
    turn_id: UUID
    organization_id: UUID
    leads: bool
    state: ClaimState
    actions: Annotated[list[ClaimAction], Field(description="此刻您可做的动作")]
    version: int


class ServiceClaimPage(Read):
    items: list[ServiceClaimRead]
    next_cursor: str | None
