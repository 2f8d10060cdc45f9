"""Imports as they are shown; what comes in is a file, not a form."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from app.core.paging import PageQuery
from app.core.types import Read
from app.domain.imports import ImportState, RejectCode

_EXAMPLE: dict[str, JsonValue] = {
    "id": "0192f3a0-7c1e-7000-8000-0000000000a1",
    "community_id": "0192f3a0-7c1e-7000-8000-000000000001",
    "file_name": "群众留言2026年10月.csv",
    "archive": False,
    "state": "running",
    "total_rows": 9210,
    "done_rows": 4000,
    "created_rows": 3990,
    "existing_rows": 6,
    "rejected_rows": 4,
    "message": None,
    "requested_by": "0192f3a0-7c1e-7000-8000-0000000000b2",
    "created_at": "2026-11-02T01:20:00Z",
    "updated_at": "2026-11-02T01:20:03Z",
    "finished_at": None,
    "version": 2,
}


class ImportRead(Read):
    """一次导入。轮询至 state 为 done 或 failed；done_rows / total_rows 即进度。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: UUID
    community_id: UUID
    file_name: str
    archive: Annotated[bool, Field(description="旧留言存档：其需求不计受理时限")]
    state: ImportState
    total_rows: Annotated[int | None, Field(description="文件的行数，表头不计；尚未读到时为空")]
    done_rows: Annotated[int, Field(description="已处理的行数 = 新增 + 已有 + 拒收")]
    created_rows: Annotated[int, Field(description="新增的需求")]
    existing_rows: Annotated[int, Field(description="先前已导入、内容相同的行")]
    rejected_rows: Annotated[int, Field(description="拒收的行，见 /rejects")]
    message: Annotated[str | None, Field(description="失败的原因")]
    requested_by: UUID | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    version: int


class ImportPage(Read):
    items: list[ImportRead]
    next_cursor: str | None


class ImportQuery(PageQuery):
    state: ImportState | None = None


class RejectRead(Read):
    """拒收的一行，及其原因。"""

    row_number: Annotated[int, Field(description="第几行，从 1 起，表头不计")]
    source_number: Annotated[str | None, Field(description="留言编号")]
    code: RejectCode
    reason: str


class RejectPage(Read):
    items: list[RejectRead]
    next_cursor: str | None


class RejectQuery(PageQuery):
    """拒收清单按行号排列。"""
