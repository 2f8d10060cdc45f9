"""Decisions of joint meetings as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Read, Words
from app.domain.meeting_decisions import DecisionAction, DecisionState


class MeetingDecisionQuery(FileQuery):
    meeting_id: UUID | None = None
    community_id: UUID | None = None
    organization_id: Annotated[UUID | None, Field(description="由某单位办理的")] = None
    state: DecisionState | None = None
    overdue: Annotated[bool | None, Field(description="待办理且已逾期的，或其余的")] = None


class MeetingDecisionComplete(Form):
    result: Annotated[Words, Field(description="办理结果；请勿写个人信息")]


class MeetingDecisionReopen(Form):
    words: Annotated[Words, Field(description="为何退回")]


class MeetingDecisionReassign(Form):
    """改由另一成员单位办理，或另定期限；只填要改的。"""

    organization_id: Annotated[UUID | None, Field(description="改由哪个成员单位办理")] = None
    due_on: Annotated[Day | None, Field(description="新的期限，不早于今天")] = None
    words: Annotated[Words, Field(description="为何改派或改期")]


class MeetingDecisionDrop(Form):
    words: Annotated[Words, Field(description="为何不再办理")]


class MeetingDecisionRead(Read):
    id: UUID
    meeting_id: UUID
    community_id: UUID
    number: Annotated[int, Field(description="在会议决定事项中的次序")]
    what: str
    organization_id: UUID
    organization_name: str
    due_on: date | None
    state: DecisionState
    overdue: Annotated[bool, Field(description="待办理且已过期限")]
    result: Annotated[str | None, Field(description="办理单位写明的结果")]
    words: Annotated[str | None, Field(description="社区最近一次退回、改派、改期或不再办理的理由")]
    done_at: datetime | None
    actions: Annotated[list[DecisionAction], Field(description="此刻您可做的动作")]
    version: int


class MeetingDecisionPage(Read):
    items: list[MeetingDecisionRead]
    next_cursor: str | None
