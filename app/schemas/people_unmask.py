"""Opening a person's sensitive fields for a purpose."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine, Read
from app.domain.sensitive import OpenPurpose, SensitiveField

Why = Annotated[
    LongLine, Field(min_length=4, description="为什么需要看，供审计与本人查询；不得写入姓名、电话、证件号等内容")
]


class PersonUnmask(Form):
    """查看明文。只答所问的字段；每次查看留下一条审计记录，本人可以查到。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"fields": ["phone", "address"], "purpose": "visit", "why": "燃气泄漏排查，需上门并提前联系"}]
        }
    )

    fields: Annotated[list[SensitiveField], Field(min_length=1, max_length=5)]
    purpose: OpenPurpose
    why: Why


class OpenedField(Read):
    field: SensitiveField
    value: Annotated[str | None, Field(description="明文；没有登记的为空")]


class PersonUnmaskedRead(Read):
    """明文，不得转存。"""

    person_id: UUID
    purpose: OpenPurpose
    opened: list[OpenedField]
