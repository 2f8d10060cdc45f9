"""Milestones as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, Read


class MilestoneQuery(FileQuery):
    project_id: UUID | None = None
    open: Annotated[bool | None, Field(description="只看未完成的，或只看已了结的")] = None
    overdue: Annotated[bool, Field(description="只看逾期未完成的")] = False


class MilestoneCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "project_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "title": "灯具到货",
                    "due_on": "2026-12-20",
                }
            ]
        }
    )

    project_id: UUID
    title: Line
    due_on: Day


class MilestoneUpdate(Form):
    title: Line = "-"
    due_on: Annotated[Day, Field(description="改期后重新提醒")] = date(2000, 1, 1)


class MilestoneComplete(Form):
    words: Annotated[LongLine | None, Field(description="完成情况")] = None


class MilestoneDrop(Form):
    words: Annotated[LongLine, Field(description="为何不再做")]


class MilestoneRead(Read):
    id: UUID
    project_id: UUID
    title: str
    due_on: date
    done_at: datetime | None
    done_by: UUID | None
    dropped_at: datetime | None
    words: str | None
    reminded_at: datetime | None
    overdue_at: datetime | None
    version: int


class MilestonePage(Read):
    items: list[MilestoneRead]
    next_cursor: str | None
