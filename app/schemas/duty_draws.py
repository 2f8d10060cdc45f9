"""Draws of the duty rotation as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, Read
from app.domain.duty_rotation import Relaxed
from app.domain.duty_turns import DrawAction, DrawState

Year = Annotated[int, Field(ge=2000, le=2099)]


class DutyDrawQuery(FileQuery):
    community_id: UUID | None = None
    year: Year | None = None
    state: DrawState | None = None


class ExemptionForm(Form):
    organization_id: UUID
    reason: Annotated[Line, Field(description="本年度不参加轮值的原因；请勿写个人信息")]


class DutyDrawFreeze(Form):
    """冻结成员名单。开签用的公开来源须在冻结之后才公布，因此谁也无法左右结果。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "community_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "year": 2027,
                    "source": "中国福利彩票双色球第2026138期开奖号码",
                    "source_on": "2026-12-01",
                }
            ]
        }
    )

    community_id: UUID
    year: Year
    source: Annotated[LongLine, Field(description="公开来源：冻结之后才公布、人人可查的数字，如某期彩票开奖号码")]
    source_on: Annotated[Day, Field(description="公开来源公布的日期，须在今天之后")]
    exempt: Annotated[list[ExemptionForm], Field(max_length=200, description="本年度不参加的单位")] = []


class DutyDrawReveal(Form):
    word: Annotated[Line, Field(description="公开来源公布的内容，如“03 08 11 19 25 31+07”")]


class DutyDrawPublish(Form):
    """公布。公布后不可更改。"""


class DutyDrawDiscard(Form):
    reason: Annotated[LongLine, Field(description="作废的理由，公开；请勿写个人信息")]


class EntrantRead(Read):
    organization_id: UUID
    name: str
    joined_year: Annotated[int, Field(description="加入大党委的年份")]
    last_year: Annotated[int | None, Field(description="上次轮值的年份")]
    turns: Annotated[int, Field(description="此前轮值次数")]
    load: Annotated[int, Field(description="冻结前 365 天内承接本社区工单数")]
    exempt: Annotated[str | None, Field(description="不参加的原因")]
    lot: Annotated[str | None, Field(description="签：SHA-256(种子:单位编号)；开签后给出")]


class DrawnRead(Read):
    organization_id: UUID
    name: str
    number: Annotated[int, Field(description="第几个双月，1 至 6")]
    lap: Annotated[int, Field(description="本年度第几次轮值，一般为 1")]


class DutyDrawRead(Read):
    id: UUID
    community_id: UUID
    year: int
    state: DrawState
    source: str
    source_on: date
    commitment: Annotated[str, Field(description="随机数的 SHA-256，冻结时即公布")]
    nonce: Annotated[str | None, Field(description="随机数；开签后给出")]
    word: str | None
    seed: Annotated[str | None, Field(description="SHA-256(随机数:公开内容)；开签后给出")]
    entrants: Annotated[list[EntrantRead], Field(description="冻结的名单与全部输入")]
    turns: Annotated[list[DrawnRead], Field(description="抽中的六个双月，依次")]
    reserve: Annotated[list[UUID], Field(description="递补顺序：轮值单位退出时由其依次接替")]
    relaxed: Annotated[list[Relaxed], Field(description="因单位不足而放宽的规则")]
    discarded_because: str | None
    frozen_at: datetime
    published_at: datetime | None
    actions: Annotated[list[DrawAction], Field(description="此刻您可做的动作")]
    version: int


class DutyDrawPage(Read):
    items: list[DutyDrawRead]
    next_cursor: str | None
