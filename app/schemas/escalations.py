"""Escalations 升级 as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Read, Words
from app.domain.escalations import EscalationAction, EscalationState
from app.domain.levels import Level


class EscalationQuery(FileQuery):
    order_id: Annotated[UUID | None, Field(description="只看某一工单的")] = None
    state: EscalationState | None = None
    to_level: Annotated[Level | None, Field(description="只看升到某一级的")] = None


class EscalationRaise(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "tried": "已关闭总阀、联系物业两次，主管道在墙内，本级无力开挖",
                    "wish": "请协调供水公司到场",
                }
            ]
        }
    )

    order_id: UUID
    tried: Annotated[Words, Field(description="已做了哪些，为何本级办不成")]
    wish: Annotated[Words, Field(description="请上级做什么")]


class EscalationAnswer(Form):
    decision: Annotated[Words, Field(description="决定怎样办")]
    help: Annotated[Words | None, Field(description="给予的支持")] = None
    takes_over: Annotated[bool, Field(description="本轮由本级接手派单")] = False


class EscalationReturn(Form):
    reason: Annotated[Words, Field(description="为何退回")]


class EscalationRead(Read):
    id: UUID
    order_id: UUID
    round: Annotated[int, Field(description="工单的第几轮")]
    state: EscalationState
    from_level: Level
    to_level: Level
    raised_by: UUID
    tried: str
    wish: str
    due_at: Annotated[datetime, Field(description="上级最迟何时答复")]
    decided_level: Annotated[Level | None, Field(description="由哪一级答复或退回")]
    decided_by: UUID | None
    decided_at: datetime | None
    decision: str | None
    help: str | None
    takes_over: bool
    reply: Annotated[str | None, Field(description="退回的理由")]
    told_level: Annotated[Level | None, Field(description="逾期后已报至哪一级")]
    actions: Annotated[list[EscalationAction], Field(description="此刻您可做的动作")]
    created_at: datetime
    version: int


class EscalationPage(Read):
    items: list[EscalationRead]
    next_cursor: str | None
