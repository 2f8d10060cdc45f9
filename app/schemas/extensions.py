"""Extensions of limits as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Read, Words
from app.domain.extensions import MOST_DAYS, ExtensionAction, ExtensionReason, ExtensionState


class ExtensionQuery(PageQuery):
    order_id: UUID | None = None
    state: ExtensionState | None = None


class ExtensionAsk(Form):
    """承办人在期限内申请延期。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "reason": "parts_or_funds",
                    "words": "水泵须从厂家调货，预计五日到货",
                    "working_days": 5,
                }
            ]
        }
    )

    order_id: UUID
    reason: Annotated[ExtensionReason, Field(description="原因类别")]
    words: Annotated[Words, Field(description="说明")]
    working_days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="申请延长几个工作日")]


class ExtensionApprove(Form):
    words: Words | None = None


class ExtensionDeny(Form):
    words: Annotated[Words, Field(description="不批准的理由")]


class ExtensionWithdraw(Form):
    """撤回。不需要理由。"""


class ExtensionRead(Read):
    id: UUID
    order_id: UUID
    round: Annotated[int, Field(description="工单的第几轮")]
    state: ExtensionState
    reason: ExtensionReason
    words: Annotated[str | None, Field(description="说明；点单人所见为空")]
    working_days: int
    asked_by: Annotated[UUID | None, Field(description="点单人所见为空")]
    due_before: Annotated[datetime, Field(description="延期前的办结期限")]
    due_after: Annotated[datetime | None, Field(description="批准后的办结期限")]
    decided_by: UUID | None
    decided_at: datetime | None
    decision_words: Annotated[str | None, Field(description="点单人所见为空")]
    version: int
    created_at: datetime
    actions: Annotated[list[ExtensionAction], Field(description="您现在可以做的")]


class ExtensionPage(Read):
    items: list[ExtensionRead]
    next_cursor: str | None
