"""Why a clock is due when it is, as it goes out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Number, Read
from app.domain.clocks import ClockKind, Mark
from app.domain.work_time import Unit
from app.domain.workdays import DayKind


class MarkRead(Read):
    at: datetime
    mark: Mark
    words: Annotated[str, Field(description="发生了什么、因为什么")]
    minutes: Annotated[int | None, Field(description="起算和类别变更：时限；延期：增加多少；按其计法的分钟")]
    source: Annotated[str | None, Field(description="该时限的依据")]
    reference_id: Annotated[UUID | None, Field(description="依据的记录，如批准的延期")]


class StretchRead(Read):
    starts_at: datetime
    ends_at: datetime
    counted: bool
    reason: Annotated[str, Field(description="为何计或不计：办公时间、午休、非办公时间、休息日、节假日……")]


class DayRead(Read):
    on: date
    kind: DayKind
    words: Annotated[str, Field(description="工作日、休息日、节假日或调休上班")]
    occasion: Annotated[str | None, Field(description="因何节日放假或调休")]
    counted_seconds: Number
    stretches: list[StretchRead]


class ClockTraceRead(Read):
    """期限是怎么算出来的。各日所计之和为 counted_seconds，与 left_seconds 之和即 granted_seconds。"""

    clock_id: UUID
    kind: ClockKind
    unit: Unit
    due_at: datetime
    granted_seconds: Annotated[Number, Field(description="时限加批准的延期，按其计法")]
    counted_seconds: Annotated[Number, Field(description="到期限为止所计；已结束的到结束为止，暂停的到暂停为止")]
    left_seconds: Annotated[Number, Field(description="其余；到期限为止算的为 0")]
    source: Annotated[str, Field(description="时限的依据：法规条文，或“本系统规定”")]
    notices: Annotated[list[str], Field(description="所依据的国务院办公厅节假日安排")]
    awaits_year: Annotated[int | None, Field(description="还须待哪一年的节假日安排公布后重新计算")]
    marks: Annotated[list[MarkRead], Field(description="起算、暂停、恢复、延期、类别变更等，按时间")]
    days: Annotated[list[DayRead], Field(description="计时的每一天；暂停期间不列")]
