"""Whom a need complains about, as handlers see and say it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.types import Form, Line, Read

_ID = "0192f3a0-7c1e-7000-8000-000000000003"


class NeedNameRespondent(Form):
    """登记被反映对象：一个人或一个单位，二者择一。此人、此单位的人从此不承办这件事。被反映对象看不到这一登记。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"person_id": _ID}]})

    person_id: UUID | None = None
    organization_id: UUID | None = None


class NeedClearRespondent(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"respondent_id": _ID}]})

    respondent_id: Annotated[UUID, Field(description="哪一条登记")]


class RespondentRead(Read):
    id: UUID
    person_id: UUID | None
    person_name: Annotated[Line | None, Field(description="隐去部分的姓名")]
    organization_id: UUID | None
    organization_name: str | None
    named_by: UUID | None
    named_at: datetime


class RespondentsRead(Read):
    need_id: UUID
    items: list[RespondentRead]
