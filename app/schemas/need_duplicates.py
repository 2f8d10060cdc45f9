"""The worklist of needs that may be the same."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Read
from app.domain.needs import NeedState
from app.schemas.needs_intake import NearNeed


class NeedDuplicateQuery(FileQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属；不填则看您负责的全部")] = None


class NeedDuplicateRead(Read):
    """一件需求，和更早的、可能是同一件事的几件。"""

    need_id: UUID
    title: str
    state: NeedState
    category: str | None
    place_id: UUID
    asked_at: datetime
    near: list[NearNeed]


class NeedDuplicatePage(Read):
    """一页可能不满；还有 next_cursor 就还有更早的。"""

    items: list[NeedDuplicateRead]
    next_cursor: str | None
