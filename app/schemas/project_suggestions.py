"""Suggested projects as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, LongLine, Read, Words
from app.domain.project_suggestions import SuggestionAction, SuggestionState
from app.domain.projects import Link, ProjectKind
from app.schemas.projects import Fen


class ProjectSuggestionQuery(FileQuery):
    state: SuggestionState | None = None
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None


class ProjectSuggestionAdopt(Form):
    """以这些需求提出共建项目：地点为建议的地点，未办结的需求列入其中。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "体委小区老旧水管整体更换",
                    "aims": "更换三栋楼的入户立管，从源头解决反复漏水",
                    "kind": "micro",
                    "link": "services",
                    "starts_on": "2026-12-01",
                    "ends_on": "2027-02-28",
                    "budget_fen": 4800000,
                }
            ]
        }
    )

    title: Annotated[Line, Field(description="列入清单后居民可见，不写个人信息")]
    aims: Annotated[Words, Field(description="目标与内容；不写个人信息")]
    kind: ProjectKind
    link: Annotated[Link, Field(description="八联中的哪一联")]
    programme_id: Annotated[UUID | None, Field(description="本社区的品牌")] = None
    starts_on: Day
    ends_on: Day
    budget_fen: Fen = 0


class ProjectSuggestionDismiss(Form):
    reason: Annotated[LongLine, Field(description="为何不立项；不写个人信息")]


class ProjectSuggestionRead(Read):
    id: UUID
    place_id: UUID
    category: str
    state: SuggestionState
    since: Annotated[datetime, Field(description="从何时起的需求计算在内")]
    needs: Annotated[int, Field(description="同一地点、同类需求现有几件")]
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str | None
    project_id: UUID | None
    actions: Annotated[list[SuggestionAction], Field(description="此刻您可做的动作")]
    version: int


class ProjectSuggestionPage(Read):
    items: list[ProjectSuggestionRead]
    next_cursor: str | None
