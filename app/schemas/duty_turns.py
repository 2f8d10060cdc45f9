"""Turns of the duty rotation as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, LongWords, Read
from app.domain.duty_turns import TurnAction, TurnState
from app.domain.joint_work import DutyStep
from app.schemas.duty_draws import Year


class DutyTurnQuery(FileQuery):
    community_id: UUID | None = None
    organization_id: UUID | None = None
    year: Year | None = None
    state: TurnState | None = None
    on: Annotated[Day | None, Field(description="只看这一天的轮值")] = None


class DutyTurnReport(Form):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"words": "召开联席会议一次，认领服务事项五件，已全部办结。"}]}
    )

    words: Annotated[LongWords, Field(description="轮值报告；所做工作由系统汇总，不必重复填写；请勿写个人信息")]


class DutyTurnClose(Form):
    """办结。不需要理由。"""


class DutyTurnRead(Read):
    id: UUID
    draw_id: UUID
    community_id: UUID
    year: int
    number: Annotated[int, Field(description="第几个双月，1 至 6")]
    organization_id: UUID
    organization_name: str
    state: TurnState
    starts_on: date
    ends_on: date
    exchange_id: Annotated[UUID | None, Field(description="正在办理的调换")]
    report: Annotated[str | None, Field(description="轮值报告；成员单位与工作人员可见")]
    reported_at: datetime | None
    actions: Annotated[list[TurnAction], Field(description="此刻您可做的动作")]
    version: int


class DutyStepRead(Read):
    step: DutyStep
    name: str
    due_on: Annotated[date, Field(description="最后一日")]
    done: Annotated[bool, Field(description="由所做的工作得出，不须填报")]
    overdue: bool


class DutyTurnPage(Read):
    items: list[DutyTurnRead]
    next_cursor: str | None
