"""People who are recorded twice."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, LongLine, Read
from app.schemas.people import PersonRead


class DuplicateReason(StrEnum):
    NAME_AND_BIRTH = "name_and_birth"
    """同名同出生日期。"""
    NAME_AND_HOME = "name_and_home"
    """同名且住在同一处。"""


class DuplicateRead(Read):
    person: PersonRead
    reason: DuplicateReason


class DuplicatesRead(Read):
    """可能是同一个人的其他档案；只列您看得到的。"""

    items: list[DuplicateRead]


class PersonMerge(Form):
    """把这份档案并入另一份：时长、工单、授权、证书、户、同意等一并归到那一份，不可撤销。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"into_id": "0192f3a0-7c1e-7000-8000-000000000003", "words": "已核对身份证，同一人"}]
        }
    )

    into_id: Annotated[UUID, Field(description="留下的那一份")]
    words: Annotated[LongLine, Field(description="凭什么认定是同一个人")]
