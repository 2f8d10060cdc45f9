"""Exchanges of turns as they go in and out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, LongLine, Read
from app.domain.duty_turns import ExchangeAction, ExchangeState


class DutyExchangeQuery(FileQuery):
    community_id: UUID | None = None
    state: ExchangeState | None = None


class DutyExchangeAsk(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "turn_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "other_turn_id": "0192f3a0-7c1e-7000-8000-000000000002",
                }
            ]
        }
    )

    turn_id: Annotated[UUID, Field(description="本单位的轮值")]
    other_turn_id: Annotated[UUID, Field(description="希望换到的轮值，同一年度、尚未开始")]


class DutyExchangeAgree(Form):
    """同意。公示期满无异议即调换。"""


class DutyExchangeDecline(Form):
    """不同意。不需要理由。"""


class DutyExchangeWithdraw(Form):
    """撤回。不需要理由。"""


class DutyExchangeObject(Form):
    reason: Annotated[LongLine, Field(description="社区不同意的理由；请勿写个人信息")]


class DutyExchangeRead(Read):
    id: UUID
    community_id: UUID
    turn_id: UUID
    other_turn_id: UUID
    asking_id: Annotated[UUID, Field(description="提出的单位")]
    asked_id: Annotated[UUID, Field(description="被请求的单位")]
    state: ExchangeState
    due_on: Annotated[date, Field(description="答复的最后一日；对方同意后为社区提出不同意的最后一日")]
    objection: str | None
    actions: Annotated[list[ExchangeAction], Field(description="此刻您可做的动作")]
    version: int


class DutyExchangePage(Read):
    items: list[DutyExchangeRead]
    next_cursor: str | None
