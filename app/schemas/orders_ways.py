"""The way of one order as it goes in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine, Read
from app.schemas.dispatch_rules import Chain, Clock, WayStepRead


class OrderSteer(Form):
    """为这一个工单改定派单方式，或让系统从头再派。还在考虑的邀请照常有效。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"steps": [{"way": "pool", "cap": 2}], "words": "志愿者都在附近"}]}
    )

    steps: Annotated[Chain | None, Field(description="不填则沿用工单现有的派单方式，从第一步开始")] = None
    quiet_since: Annotated[Clock | None, Field(description="免打扰自何时；仅在另定方式时")] = None
    quiet_until: Clock | None = None
    words: LongLine | None = None


class OrderHalt(Form):
    """系统不再为此工单派单，由工作人员决定；已发出的邀请照常有效。"""

    words: LongLine | None = None


class OrderWayRead(Read):
    """工单按什么方式派、派到哪一步。"""

    order_id: UUID
    auto: Annotated[bool, Field(description="是否由系统派单")]
    rule_id: Annotated[UUID | None, Field(description="按哪条规则；空为系统通用方式或工作人员另定")]
    rule_number: Annotated[int | None, Field(description="该规则的第几版")]
    steps: Annotated[list[WayStepRead], Field(description="空为系统通用方式：逐个邀请最合适的人")]
    quiet_since: str | None
    quiet_until: str | None
    step: Annotated[int, Field(description="现在第几步，从 1 起；空的方式为 0")]
    waves: Annotated[int, Field(description="本步已派几次")]
    began_at: datetime | None
    asked_at: datetime | None
    due_at: Annotated[datetime | None, Field(description="系统下次处理的时间；空则等人答复")]
