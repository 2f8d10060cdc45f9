"""Bookings as they go in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Form, Moment, Read, Words
from app.domain.bookings import HOLD_MINUTES, LONGEST_HOLD_MINUTES, BookingAction, BookingState, Purpose
from app.domain.resources import Nature
from app.schemas.resources import Quantity


class BookingHold(Form):
    """暂留资源，须在期限内确认。按库存领用的不填时间；其他的填起止时间。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resource_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "purpose": "need",
                    "purpose_id": "0192f3a0-7c1e-7000-8000-000000000002",
                    "quantity": 2,
                    "starts_at": "2026-12-05T09:00:00+08:00",
                    "ends_at": "2026-12-05T11:00:00+08:00",
                }
            ]
        }
    )

    resource_id: UUID
    purpose: Annotated[Purpose, Field(description="用于什么；活动的场地由活动自身预订，这里预订活动另用的物品等")]
    purpose_id: UUID
    quantity: Quantity = 1
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    hold_minutes: Annotated[int, Field(ge=1, le=LONGEST_HOLD_MINUTES, description="暂留多少分钟")] = HOLD_MINUTES


class BookingConfirm(Form):
    """确认。"""


class BookingFulfill(Form):
    """登记已使用。"""


class BookingRelease(Form):
    """释放：不再需要。"""


class BookingCancel(Form):
    """取消：写明理由，预订人会收到。"""

    words: Words


class BookingQuery(FileQuery):
    resource_id: UUID | None = None
    purpose_id: UUID | None = None
    state: BookingState | None = None
    mine: Annotated[bool, Field(description="本人预订的")] = False


class BookingRead(Read):
    id: UUID
    state: BookingState
    resource_id: UUID
    resource_name: str
    nature: Nature
    quantity: int
    unit: str
    starts_at: datetime | None
    ends_at: datetime | None
    purpose: Purpose
    purpose_id: UUID
    use_place_id: Annotated[UUID | None, Field(description="使用地点；只给预订人与当地工作人员")]
    expires_at: datetime | None
    cancel_words: str | None
    actions: list[BookingAction]
    created_at: datetime
    version: int


class BookingPage(Read):
    items: list[BookingRead]
    next_cursor: str | None
