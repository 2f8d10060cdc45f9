"""Everything that is kept of a person, for themselves."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.types import Form, Read


class ExportQuery(Form):
    request_id: Annotated[
        UUID | None, Field(description="工作人员代为导出时必填：所答复的查阅请求；本人与监护人不填")
    ] = None


class ExportSection(Read):
    name: str
    title: str
    columns: Annotated[dict[str, str], Field(description="字段与中文名称")]
    rows: list[dict[str, Any]]
    truncated: Annotated[bool, Field(description="条数过多，只列出最近的")]


class ExportTotals(Read):
    recorded_minutes: Annotated[int, Field(description="已记录、待确认的服务时长（分钟）")]
    confirmed_minutes: Annotated[int, Field(description="已确认的服务时长（分钟）")]


class ExportRead(Read):
    """一个人的全部信息。敏感字段为明文，请妥善保管。"""

    person_id: UUID
    made_at: datetime
    totals: ExportTotals
    sections: list[ExportSection]
