"""Assignments and the steps a helper takes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read, Words
from app.domain.assignments import AssignmentAction, AssignmentState, CheckMethod
from app.domain.catalogue import Skill
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


class ExplainedFact(Read):
    fact: str
    title: str
    value: Annotated[float, Field(description="关于您的事实")]
    unit: str
    words: str
    weight: Annotated[float, Field(description="此项的权重：米，距离为百分比")]
    cost: Annotated[float, Field(description="折合为米")]


class AssignmentExplanation(Read):
    """为何邀请您：用到了关于您的哪些事实、各占多少、排第几。不涉及他人是谁。"""

    assignment_id: UUID
    order_id: UUID
    automatic: Annotated[bool, Field(description="是否由系统自动选择")]
    words: str
    facts: list[ExplainedFact]
    skills: Annotated[list[Skill], Field(description="此类工单要求、而您登记有的技能")]
    cost: float | None
    rank: Annotated[int | None, Field(description="在符合条件的人中排第几")]
    feasible: Annotated[int | None, Field(description="共有多少人符合条件")]
