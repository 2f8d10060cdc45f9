"""Residents' evaluations of projects as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Read, Words


class EvaluationQuery(PageQuery):
    project_id: UUID | None = None


class EvaluationCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"project_id": "0192f3a0-7c1e-7000-8000-000000000001", "rating": 5, "words": "楼道亮了"}]
        }
    )

    project_id: UUID
    rating: Annotated[int, Field(ge=1, le=5, description="满意度，一至五")]
    words: Annotated[Words | None, Field(description="不署名；评议期满后社区可见")] = None


class EvaluationRead(Read):
    id: UUID
    project_id: UUID
    round: int
    rating: int
    words: str | None
    created_at: datetime


class EvaluationPage(Read):
    items: list[EvaluationRead]
    next_cursor: str | None


class EvaluationSummary(Read):
    """各次评分的合计，不含姓名与先后。评议期满前、或参评人数过少时，只给出人数。"""

    project_id: UUID
    round: int
    until: Annotated[datetime | None, Field(description="评议到何时为止")]
    count: int
    average: float | None
    ratings: Annotated[dict[str, int], Field(description="一至五分各几人")]
    words: list[str]
    too_few: Annotated[bool, Field(description="参评人数过少")]
    too_low: Annotated[bool, Field(description="平均分过低")]
