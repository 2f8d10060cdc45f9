"""Items of the claim round as they go in and out."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, LongLine, Read
from app.domain.joint_work import ItemAction, ItemState


class ClaimItemQuery(FileQuery):
    turn_id: UUID | None = None
    community_id: UUID | None = None
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
    need_id: UUID
    title: Annotated[LongLine, Field(description="写给成员单位看的题目；请勿写个人信息")]
    most_units: Annotated[int, Field(ge=1, le=20, description="最多几个单位共同认领")] = 1


class ClaimItemConfirm(Form):
    """确认认领：需求的待派工单即指派给牵头单位。"""


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
    title: str
    most_units: int
    state: ItemState
    order_id: Annotated[UUID | None, Field(description="指派给牵头单位的工单")]
    claims: Annotated[list[ClaimantRead], Field(description="认领的单位，先后为序")]
    actions: Annotated[list[ItemAction], Field(description="此刻您可做的动作")]
    version: int


class ClaimItemPage(Read):
    items: list[ClaimItemRead]
    next_cursor: str | None
