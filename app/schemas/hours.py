"""Service time as it goes in and out. All durations are minutes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Moment, Read, Words
from app.domain.hours import HourStatus, Source


class HourQuery(PageQuery):
    person_id: UUID | None = None
    order_id: UUID | None = None
    activity_id: UUID | None = None
    mine: Annotated[bool, Field(description="只看我自己的；没有管理角色的人始终如此")] = False


class HourSupplement(Form):
    """补录：须有佐证，并由另一人确认（令第67号第十一条）。工单与活动填其一。"""

    order_id: UUID | None = None
    activity_id: UUID | None = None
    person_id: UUID
    served_from: Moment
    served_until: Moment
    evidence: Words


class HourConfirm(Form):
    words: LongLine | None = None


class HourReverse(Form):
    reason: Words


class HourRead(Read):
    id: UUID
    person_id: UUID
    order_id: Annotated[UUID | None, Field(description="来自哪个工单")]
    assignment_id: UUID | None
    activity_id: Annotated[UUID | None, Field(description="来自哪个活动")]
    sign_up_id: UUID | None
    minutes: int
    served_from: datetime
    served_until: datetime
    source: Source
    status: HourStatus
    evidence: str | None
    entered_by: UUID | None
    recorded_at: datetime
    record_due_at: Annotated[datetime, Field(description="记录时限：活动结束后十个工作日（令第67号第十一条）")]
    late: Annotated[bool, Field(description="记录是否逾期")]
    confirmed_at: datetime | None
    reversed_at: datetime | None
    reverse_reason: str | None


class HourPage(Read):
    items: list[HourRead]
    next_cursor: str | None


class BalanceRead(Read):
    """余额始终是账目之和，单位为分钟。"""

    person_id: UUID
    recorded_minutes: int
    confirmed_minutes: int
