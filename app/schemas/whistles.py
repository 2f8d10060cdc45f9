"""Whistles as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Line, LongLine, Read, Words
from app.domain.levels import Level
from app.domain.whistles import MOST_CALLED, WhistleAction, WhistleState
from app.schemas.categories import CategoryCode
from app.schemas.whistle_types import LimitsRead


class WhistleQuery(FileQuery):
    state: WhistleState | None = None
    type_id: UUID | None = None
    order_id: UUID | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    organization_id: Annotated[UUID | None, Field(description="召集了某部门的")] = None
    mine: Annotated[bool, Field(description="只看我起草的")] = False


class WhistleDraft(Form):
    """在一张工单上吹哨，写 order_id；没有工单的事项，写 place_id。两者取一。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000002",
                    "title": "体委小区主供水管爆裂",
                    "words": "路面塌陷，三栋楼停水，请到场关阀、抢修、设置围挡。",
                    "department_ids": ["0192f3a0-7c1e-7000-8000-000000000003"],
                }
            ]
        }
    )

    type_id: UUID
    order_id: UUID | None = None
    place_id: UUID | None = None
    category: Annotated[CategoryCode | None, Field(description="事项类别；在工单上吹哨时取工单的")] = None
    title: Line
    words: Annotated[Words, Field(description="何事、要各部门做什么；请勿写居民的个人信息")]
    department_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_CALLED, description="请求召集的部门")]


class WhistleUpdate(Form):
    """修改草稿，批准之前；只写要改的。"""

    title: Line = "-"
    words: Annotated[Words, Field(description="何事、要各部门做什么；请勿写居民的个人信息")] = "-"
    department_ids: Annotated[
        list[UUID], Field(min_length=1, max_length=MOST_CALLED, description="请求召集的部门")
    ] = []


class WhistleApprove(Form):
    words: Words | None = None


class WhistleDeny(Form):
    words: Annotated[Words, Field(description="不批准的理由")]


class WhistleBlow(Form):
    """吹哨，召集所列部门。"""


class WhistleReplace(Form):
    call_id: Annotated[UUID, Field(description="争议成立的报到单")]
    organization_id: Annotated[UUID, Field(description="代替的部门")]


class WhistleWithdraw(Form):
    """撤回，吹哨之前。"""


class WhistleCancel(Form):
    reason: Annotated[LongLine, Field(description="取消的理由")]


class WhistleRead(Read):
    id: UUID
    state: WhistleState
    type_id: UUID
    type_name: str
    level: Annotated[Level, Field(description="由哪一级批准")]
    order_id: UUID | None
    category: str | None
    title: str
    words: Annotated[str | None, Field(description="已不属其事的部门看不到")]
    place_id: Annotated[UUID | None, Field(description="已不属其事的部门看不到")]
    community_id: UUID | None
    department_ids: Annotated[list[UUID], Field(description="请求召集的部门；部门只看到自己")]
    drafted_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    decision_words: Annotated[str | None, Field(description="审批意见；部门看不到")]
    lapses_at: Annotated[datetime | None, Field(description="到时未审批、未吹哨即失效")]
    type_version: Annotated[int | None, Field(description="吹哨时种类的版本")]
    limits: Annotated[LimitsRead | None, Field(description="吹哨时的各步时限")]
    blown_at: datetime | None
    acted_at: datetime | None
    cancel_reason: str | None
    ended_at: datetime | None
    closed_by_system: bool
    created_at: datetime
    actions: Annotated[list[WhistleAction], Field(description="您现在可以做的")]
    version: int


class WhistlePage(Read):
    items: list[WhistleRead]
    next_cursor: str | None
