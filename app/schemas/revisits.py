"""Revisits as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Read, Words
from app.domain.revisits import RevisitAction, RevisitReason, RevisitState


class RevisitQuery(FileQuery):
    state: RevisitState | None = None
    reason: RevisitReason | None = None
    order_id: UUID | None = None
    overdue: Annotated[bool, Field(description="只看逾期未回访的")] = False


class RevisitOpen(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"order_id": "0192f3a0-7c1e-7000-8000-000000000001"}]})

    order_id: Annotated[UUID, Field(description="已办结的工单")]


class RevisitMiss(Form):
    """未联系上。"""


class RevisitRecord(Form):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"solved": False, "satisfied": False, "words": "水管修好两天又漏了"}]}
    )

    solved: Annotated[bool, Field(description="居民认为是否解决；未解决的工单随即重新办理")]
    satisfied: Annotated[bool, Field(description="居民是否满意；计入满意率，以回访为准")]
    words: Annotated[Words | None, Field(description="居民的话；承办人看不到")] = None


class RevisitRead(Read):
    id: UUID
    order_id: UUID
    round: Annotated[int, Field(description="工单的第几轮")]
    reason: RevisitReason
    state: RevisitState
    due_at: Annotated[datetime, Field(description="应在何时以前回访")]
    overdue_at: Annotated[datetime | None, Field(description="何时发现逾期")]
    tries: Annotated[int, Field(description="未联系上几次")]
    done_at: datetime | None
    done_by: UUID | None
    solved: bool | None
    satisfied: bool | None
    words: str | None
    reopened: Annotated[bool, Field(description="工单是否因此重新办理；已过期限或需求已撤回的不再办理")]
    actions: Annotated[list[RevisitAction], Field(description="此刻您可做的动作")]
    version: int


class RevisitPage(Read):
    items: list[RevisitRead]
    next_cursor: str | None
