"""Items of the claim round as they go in and out."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from app.core.paging import FileQuery
from app.core.types import Form, LongLine, Read
from app.domain.joint_work import ItemAction, ItemState


class ClaimItemQuery(FileQuery):
    turn_id: UUID | None = None
    community_id: UUID | None = None
    need_id: Annotated[UUID | None, Field(description="某件需求")] = None
    project_id: Annotated[UUID | None, Field(description="某个共建项目")] = None
    state: ItemState | None = None


class ClaimItemCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "turn_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "need_id": "0192f3a0-7c1e-7000-8000-000000000002",
                    "title": "为三号楼加装楼道扶手",
                    "most_units": 3,
                }
            ]
        }
    )

    turn_id: UUID
    need_id: Annotated[UUID | None, Field(description="已入库且未办结的需求；与 project_id 只填一个")] = None
    project_id: Annotated[UUID | None, Field(description="待认领的共建项目；与 need_id 只填一个")] = None
    title: Annotated[LongLine, Field(description="写给成员单位看的题目；请勿写个人信息")]
    most_units: Annotated[int, Field(ge=1, le=20, description="最多几个单位共同认领")] = 1

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.need_id is None) == (self.project_id is None):
            raise ValueError("need_id 与 project_id 须填写其中一个")
        return self


class ClaimItemConfirm(Form):
    """确认认领：需求的待派工单即指派给牵头单位；项目即由各单位牵头、配合。"""


class ClaimItemDrop(Form):
    """撤下。不需要理由。"""


class ClaimantRead(Read):
    claim_id: UUID
    organization_id: UUID
    organization_name: str
    leads: Annotated[bool, Field(description="是否牵头")]


class ClaimItemRead(Read):
    id: UUID
    turn_id: UUID
    community_id: UUID
    need_id: UUID | None
    project_id: UUID | None
    title: str
    most_units: int
    state: ItemState
    order_id: Annotated[UUID | None, Field(description="需求指派给牵头单位的工单")]
    claims: Annotated[list[ClaimantRead], Field(description="认领的单位，先后为序")]
    actions: Annotated[list[ItemAction], Field(description="此刻您可做的动作")]
    version: int


class ClaimItemPage(Read):
    items: list[ClaimItemRead]
    next_cursor: str | None
