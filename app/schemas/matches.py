"""Matches as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import FileQuery
from app.core.types import Form, Moment, Read, Words
from app.domain.matches import LapseReason, MatchAction, MatchResult, MatchState
from app.domain.matching import DismissReason, Part
from app.domain.resources import ResourceKind
from app.schemas.categories import CategoryCode
from app.schemas.resources import Quantity

MOST = 20
Most = Annotated[int, Field(ge=1, le=MOST, description="最多列出几个")]


class MatchConfirm(Form):
    """确认：同时预订资源。不填时间则按需求希望的时间起两小时；不填数量则按需求人数。"""

    quantity: Quantity | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class MatchDismiss(Form):
    """不采用：同一需求不再建议此资源；同类需求中它的得分按原因降低，时间越久影响越小。"""

    reason: DismissReason
    words: Words | None = None


class MatchQuery(FileQuery):
    need_id: UUID | None = None
    resource_id: UUID | None = None
    run_id: UUID | None = None
    batch_id: Annotated[UUID | None, Field(description="整批对接")] = None
    chosen: Annotated[bool | None, Field(description="整批方案所选的")] = None
    place_id: Annotated[UUID | None, Field(description="需求所在地点或其上级")] = None
    state: MatchState | None = None


class MatchRead(Read):
    id: UUID
    state: MatchState
    run_id: UUID
    need_id: UUID
    need_title: str
    resource_id: UUID
    resource_name: str
    resource_kind: ResourceKind
    organization_name: Annotated[str | None, Field(description="提供单位")]
    owner_name: Annotated[str | None, Field(description="提供人，姓名已隐去部分")]
    category: CategoryCode | None
    rank: int
    chosen: Annotated[bool | None, Field(description="是否整批方案所选；不是整批对接的为空")]
    score: float
    learnt: Annotated[float, Field(description="以往不采用所余的系数，1 为未受影响")]
    parts: Annotated[dict[Part, float], Field(description="各项得分，0 至 1")]
    weights: Annotated[dict[Part, int], Field(description="作出建议时的权重")]
    reasons: list[str]
    dismiss_reason: DismissReason | None
    dismiss_words: str | None
    lapse_reason: LapseReason | None
    result: Annotated[MatchResult | None, Field(description="确认后做了什么")]
    booking_id: UUID | None
    order_id: UUID | None
    decided_at: datetime | None
    actions: list[MatchAction]
    created_at: datetime
    version: int


class MatchPage(Read):
    items: list[MatchRead]
    next_cursor: str | None


class FittingNeed(Read):
    need_id: UUID
    title: str
    category: CategoryCode | None
    wanted_at: datetime | None
    score: float
    learnt: float
    parts: dict[Part, float]
    reasons: list[str]


class FittingNeeds(Read):
    """资源可服务的需求，得分高的在前；只列出查看人本来就能看到的。"""

    resource_id: UUID
    looked: Annotated[int, Field(description="比较了多少件需求")]
    more: Annotated[bool, Field(description="是否还有未及比较的需求")]
    items: list[FittingNeed]


class FittingNeedsQuery(Form):
    most: Most = 10
