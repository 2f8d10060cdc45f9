"""Runs of matching as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Form, Read
from app.schemas.matches import MatchRead, Most


class MatchRunPropose(Form):
    """为一件需求找最合适的资源。得分及其组成、理由、当时的权重一并保存，备选的也保存。"""

    need_id: UUID
    most: Most = 10


class MatchRunRead(Read):
    id: UUID
    need_id: UUID
    batch_id: Annotated[UUID | None, Field(description="所属的整批对接")]
    looked: Annotated[int, Field(description="比较了多少个资源")]
    more: Annotated[bool, Field(description="是否还有未及比较的资源")]
    matches: list[MatchRead]
    created_at: datetime
