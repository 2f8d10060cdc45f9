"""What happened, and what people are told about it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, Read


class EventQuery(PageQuery):
    aggregate_id: Annotated[UUID | None, Field(description="某一需求、工单、接单记录…的全部历史，按次序")] = None


class EventRead(Read):
    """一次变更。position 为变更流中的次序；seq 为该对象的第几次变更。"""

    id: UUID
    position: int | None
    aggregate: str
    aggregate_id: UUID
    seq: int
    action: str
    source: str | None
    target: str | None
    actor_id: Annotated[UUID | None, Field(description="空为系统")]
    data: dict[str, Any]
    at: datetime


class EventPage(Read):
    items: list[EventRead]
    next_cursor: Annotated[
        str | None, Field(description="下次从这里继续；变更流没有尽头，可一直轮询；一个对象的历史有尽头")
    ]


class NoticeQuery(PageQuery):
    unread: Annotated[bool, Field(description="只看未读")] = False


class NoticeMark(Form):
    pass


class NoticeRead(Read):
    id: UUID
    event_id: UUID
    text: str
    read_at: datetime | None
    created_at: datetime


class NoticePage(Read):
    items: list[NoticeRead]
    next_cursor: str | None
