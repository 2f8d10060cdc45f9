"""Supervisions 督办 as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Read, Words
from app.domain.levels import Level
from app.domain.supervisions import MOST_WORKING_DAYS, Ground, SupervisionAction, SupervisionState


def _once(grounds: list[Ground]) -> list[Ground]:
    if len(set(grounds)) < len(grounds):
        raise ValueError("事由不能重复")
    return grounds


Grounds = Annotated[
    list[Ground], Field(min_length=1, max_length=len(Ground), description="督办事由"), AfterValidator(_once)
]
WorkingDays = Annotated[
    int, Field(ge=1, le=MOST_WORKING_DAYS, description="几个工作日内答复，当日不计，调休照国务院通知")
]


class SupervisionQuery(FileQuery):
    order_id: Annotated[UUID | None, Field(description="只看某一工单的")] = None
    state: SupervisionState | None = None
    mine: Annotated[bool, Field(description="只看我设的")] = False


class SupervisionSet(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "grounds": ["urged", "overdue"],
                    "words": "居民三次催办，已超过办结期限，请说明原因并尽快办理",
                    "working_days": 2,
                }
            ]
        }
    )

    order_id: UUID
    grounds: Grounds
    words: Annotated[Words, Field(description="督办要求；请勿写居民个人信息")]
    working_days: WorkingDays


class SupervisionAnswer(Form):
    words: Annotated[Words, Field(description="正在怎样办、何时办好")]


class SupervisionReturn(Form):
    words: Annotated[Words, Field(description="还缺什么")]
    working_days: WorkingDays


class SupervisionLift(Form):
    words: Words | None = None


class SupervisionRead(Read):
    id: UUID
    order_id: UUID
    round: Annotated[int, Field(description="设立时工单的第几轮")]
    state: SupervisionState
    level: Annotated[Level, Field(description="由哪一级督办")]
    office_id: Annotated[UUID, Field(description="督办方所在地点")]
    set_by: UUID
    grounds: list[Ground]
    words: str
    working_days: int
    due_at: datetime
    returns: Annotated[int, Field(description="答复被退回几次")]
    answer: str | None
    answered_by: UUID | None
    answered_at: datetime | None
    reply: Annotated[str | None, Field(description="退回或解除时的说明")]
    lifted_at: datetime | None
    told_level: Annotated[Level | None, Field(description="逾期后已报至哪一级")]
    actions: Annotated[list[SupervisionAction], Field(description="此刻您可做的动作")]
    created_at: datetime
    version: int


class SupervisionPage(Read):
    items: list[SupervisionRead]
    next_cursor: str | None
