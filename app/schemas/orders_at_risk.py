"""Orders at risk as they go out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import PageQuery
from app.core.types import Read
from app.domain.needs import Urgency
from app.domain.orders import OrderState
from app.domain.orders_at_risk import Risk


class AtRiskQuery(PageQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None


class RiskRead(Read):
    risk: Risk
    name: Annotated[str, Field(description="如“将超期”“催办 3 次”")]
    count: Annotated[int | None, Field(description="婉拒、催办的次数；其余为空")]


class AtRiskRead(Read):
    id: UUID
    need_id: UUID
    state: OrderState
    title: str
    category: str
    urgency: Urgency
    community_id: UUID | None
    grid_id: UUID | None
    place_id: UUID
    round: int
    people_wanted: int
    people_accepted: int
    due_at: Annotated[datetime, Field(description="办结期限")]
    risks: Annotated[list[RiskRead], Field(description="为何可能办不成，重的在前；离期限尚远而无异常的为空")]


class AtRiskPage(Read):
    items: list[AtRiskRead]
    next_cursor: str | None
