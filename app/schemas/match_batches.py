"""Batches of matching as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Form, Read
from app.domain.match_batches import BatchState
from app.schemas.matches import Most


class MatchBatchStart(Form):
    """为社区所有未办结的需求一并找资源，使整体最合适。每件需求保留得分最高的几个，整批方案所选的标出；逐个由人确认。"""

    place_id: Annotated[UUID, Field(description="社区")]
    most: Most = 5


class MatchBatchRead(Read):
    """一次整批对接。轮询至 state 为 done 或 failed；建议见 /v1/matches?batch_id=。"""

    id: UUID
    place_id: UUID
    state: BatchState
    most: int
    total_needs: Annotated[int | None, Field(description="未办结的需求数；尚未开始时为空")]
    looked_needs: Annotated[int, Field(description="已比较的需求")]
    written_needs: Annotated[int, Field(description="已写下建议的需求")]
    chosen_needs: Annotated[int, Field(description="整批方案中得到资源的需求")]
    score: Annotated[float | None, Field(description="整批方案得分之和")]
    message: Annotated[str | None, Field(description="失败的原因")]
    requested_by: UUID | None
    created_at: datetime
    finished_at: datetime | None
    version: int


class MatchBatchPage(Read):
    items: list[MatchBatchRead]
    next_cursor: str | None


class MatchBatchQuery(PageQuery):
    state: BatchState | None = None
