"""Joint meetings as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, LongWords, Moment, Read, Words
from app.domain.joint_work import NOTICE_DAYS, MeetingAction, MeetingState

_ID = "0192f3a0-7c1e-7000-8000-000000000001"


class JointMeetingQuery(FileQuery):
    turn_id: UUID | None = None
    community_id: UUID | None = None
    state: MeetingState | None = None


class JointMeetingCall(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "turn_id": _ID,
                    "title": "大党委一季度联席会议",
                    "starts_at": "2027-01-15T14:30:00+08:00",
                    "venue": "社区党群服务中心二楼会议室",
                    "agenda": ["通报需求清单", "认领服务事项"],
                }
            ]
        }
    )

    turn_id: UUID
    title: Line
    starts_at: Annotated[Moment, Field(description=f"至少提前 {NOTICE_DAYS} 天通知")]
    venue: LongLine
    agenda: Annotated[list[LongLine], Field(min_length=1, max_length=50, description="议程")]


class AttendanceForm(Form):
    organization_id: UUID
    person_id: Annotated[UUID | None, Field(description="到会的人，须是该单位的人")] = None


class DecisionForm(Form):
    what: Annotated[LongLine, Field(description="决定事项；请勿写个人信息")]
    organization_id: Annotated[UUID | None, Field(description="由哪个成员单位办理")] = None
    due_on: Annotated[Day | None, Field(description="何时办结")] = None


class JointMeetingMinute(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"attendances": [{"organization_id": _ID}], "minutes": "通报需求五件，现场认领三件。", "decisions": []}
            ]
        }
    )

    attendances: Annotated[list[AttendanceForm], Field(max_length=300, description="到会单位")]
    minutes: Annotated[LongWords, Field(description="会议纪要；请勿写居民的个人信息")]
    decisions: Annotated[list[DecisionForm], Field(max_length=100)]


class JointMeetingSeal(Form):
    """确认纪要。此后只能补充。"""


class JointMeetingCancel(Form):
    reason: LongLine


class JointMeetingAdd(Form):
    words: Annotated[Words, Field(description="对已确认纪要的补充或更正")]


class AttendanceRead(Read):
    organization_id: UUID
    organization_name: str
    person_id: UUID | None
    person_name: Annotated[str | None, Field(description="隐去部分的姓名")]


class DecisionRead(Read):
    what: str
    organization_id: UUID | None
    due_on: date | None


class AdditionRead(Read):
    id: UUID
    words: str
    added_at: datetime


class JointMeetingRead(Read):
    id: UUID
    turn_id: UUID
    community_id: UUID
    state: MeetingState
    title: str
    starts_at: datetime
    venue: str
    agenda: list[str]
    members: Annotated[int, Field(description="通知的成员单位数")]
    attendances: list[AttendanceRead]
    quorate: Annotated[bool | None, Field(description="到会单位是否过半；记录之后给出")]
    minutes: str | None
    decisions: list[DecisionRead]
    digest: Annotated[str | None, Field(description="确认时纪要的 SHA-256")]
    sealed_at: datetime | None
    additions: list[AdditionRead]
    cancelled_because: str | None
    actions: Annotated[list[MeetingAction], Field(description="此刻您可做的动作")]
    version: int


class JointMeetingPage(Read):
    items: list[JointMeetingRead]
    next_cursor: str | None
