"""Clocks as they go out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Read
from app.domain.clocks import ClockKind, ClockState, ClockSubject
from app.domain.work_time import Unit


class ClockQuery(PageQuery):
    kind: ClockKind | None = None
    state: ClockState | None = None
    late: Annotated[bool, Field(description="只看已逾期的，含已升级的")] = False
    ended: Annotated[bool, Field(description="也看已完成、已终止的")] = False
    subject_id: Annotated[UUID | None, Field(description="某一需求、工单或被吹哨部门的")] = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None


class ClockRead(Read):
    id: UUID
    kind: ClockKind
    subject: ClockSubject
    subject_id: UUID
    round: int
    community_id: UUID | None
    grid_id: UUID | None
    state: ClockState
    level: Annotated[int, Field(description="逾期后升到哪一级：1 网格、2 社区、3 街道、4 区；未逾期为 0")]
    unit: Annotated[Unit, Field(description="按什么计：工作分钟、不分昼夜的分钟、工作日")]
    limit_minutes: Annotated[int, Field(description="时限，按其计法的分钟；按工作日计的，一个工作日为 1440")]
    extended_minutes: Annotated[int, Field(description="批准的延期，同上")]
    left_minutes: Annotated[int, Field(description="现在还剩多少，同上；负数为已逾期多少；已结束的为结束时")]
    source: Annotated[str, Field(description="时限的依据：法规条文，或“本系统规定”")]
    started_at: datetime
    warn_at: datetime
    due_at: Annotated[datetime, Field(description="期限；暂停中的为暂停时所算，恢复后顺延")]
    paused_at: Annotated[datetime | None, Field(description="自何时起暂停；空为未暂停")]
    ended_at: Annotated[datetime | None, Field(description="何时完成或终止")]
    awaits_year: Annotated[
        int | None, Field(description="期限还须待哪一年的节假日安排公布后重新计算；空为已按公布的安排计算")
    ]


class ClockPage(Read):
    items: list[ClockRead]
    next_cursor: str | None
