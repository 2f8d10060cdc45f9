"""Assignments and the steps a helper takes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read, Words
from app.domain.assignments import AssignmentAction, AssignmentState, CheckMethod
from app.schemas.places import PositionForm


class AssignmentQuery(PageQuery):
    order_id: UUID | None = None
    person_id: UUID | None = None
    state: AssignmentState | None = None
    mine: Annotated[bool, Field(description="只看我自己的；没有管理角色的人始终如此")] = False


class AssignmentCheckIn(Form):
    position: Annotated[PositionForm | None, Field(description="本人签到时必填；网格员见证时不填")] = None


class AssignmentCheckOut(Form):
    words: LongLine | None = None


class AssignmentCancel(Form):
    words: Words


class AssignmentMiss(Form):
    words: Words


class AssignmentExcuse(Form):
    words: Words


class AssignmentRead(Read):
    id: UUID
    order_id: UUID
    slot: int
    person_id: UUID | None
    organization_id: UUID | None
    state: AssignmentState
    answer_by: datetime | None
    accepted_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    check_in_method: CheckMethod | None
    check_out_method: CheckMethod | None
    choice: Annotated[dict[str, Any] | None, Field(description="为何选中此人；只给工作人员看")]
    version: int
    created_at: datetime
    actions: Annotated[list[AssignmentAction], Field(description="您现在可以做的")]


class AssignmentPage(Read):
    items: list[AssignmentRead]
    next_cursor: str | None
