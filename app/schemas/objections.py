"""Objections of units as they go out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.types import Read
from app.domain.objections import Ground, Verdict


class ObjectionRead(Read):
    """单位对派单的一次异议与裁决。"""

    id: UUID
    order_id: UUID
    organization_id: Annotated[UUID, Field(description="提出异议的单位")]
    assigned_by: Annotated[UUID | None, Field(description="派单人")]
    ground: Annotated[Ground, Field(description="理由类别")]
    basis: Annotated[str, Field(description="引用的职责依据")]
    objected_at: datetime
    verdict: Annotated[Verdict | None, Field(description="裁决；未裁决为空")]
    words: Annotated[str | None, Field(description="裁决理由")]
    judged_by: Annotated[UUID | None, Field(description="裁决人")]
    judged_at: datetime | None


class ObjectionList(Read):
    order_id: UUID
    items: list[ObjectionRead]
