"""Contributions of units to the eight links, as they go out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Read
from app.domain.projects import Link
from app.schemas.indicators import Year


class ContributionQuery(FileQuery):
    place_id: Annotated[UUID | None, Field(description="某社区，或某地点及其下属的单位")] = None
    organization_id: UUID | None = None
    year: Year | None = None
    link: Annotated[Link | None, Field(description="只看一联")] = None


class LinkRead(Read):
    link: Link
    projects_led: int
    projects_supported: int
    orders_done: int
    service_minutes: int
    spent_fen: int
    activities_held: Annotated[int, Field(description="主办并已总结的活动")]
    resources_lent: Annotated[int, Field(description="所提供资源被使用的次数；计入资源联用")]
    meetings_attended: Annotated[int, Field(description="参加的联席会议；计入党建联带")]


class ContributionRead(Read):
    """某单位某年度在八联中的贡献，由项目、工单、活动、时长、凭证、资源的使用与联席会议算出。"""

    organization_id: UUID
    name: str
    year: int
    links: list[LinkRead]


class ContributionPage(Read):
    items: list[ContributionRead]
    next_cursor: str | None
