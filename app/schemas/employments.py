"""Social workers and grid workers: where they are employed, since when."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Day, Form, Read
from app.domain.profiles import Employment


class EmploymentQuery(PageQuery):
    place_id: Annotated[UUID | None, Field(description="某地点及其下属")] = None
    person_id: UUID | None = None
    kind: Employment | None = None
    current: Annotated[bool | None, Field(description="只看在任的，或只看已离任的")] = None


class EmploymentCreate(Form):
    """登记任职。这里只记事实；在系统里能做什么由“授权”给出。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f3a0-7c1e-7000-8000-000000000003",
                    "kind": "social_worker",
                    "place_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "since_on": "2022-09-01",
                }
            ]
        }
    )

    person_id: UUID
    kind: Annotated[Employment, Field(description="社会工作者，或网格员；同一种同时只有一份")]
    place_id: Annotated[UUID, Field(description="在哪里任职")]
    organization_id: Annotated[UUID | None, Field(description="聘用单位")] = None
    full_time: Annotated[bool, Field(description="专职，或兼职")] = True
    since_on: Annotated[Day, Field(description="不晚于今天")]


class EmploymentEnd(Form):
    until_on: Annotated[Day, Field(description="最后一天，不晚于今天")]


class EmploymentRead(Read):
    id: UUID
    person_id: UUID
    person_name: Annotated[str, Field(description="已脱敏")]
    kind: Employment
    place_id: UUID
    organization_id: UUID | None
    full_time: bool
    since_on: date
    until_on: date | None
    version: int


class EmploymentPage(Read):
    items: list[EmploymentRead]
    next_cursor: str | None
