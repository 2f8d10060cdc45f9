"""Who answers for a minor."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read
from app.domain.profiles import GuardianRelation

_ID = "0192f3a0-7c1e-7000-8000-000000000001"


class GuardianshipQuery(PageQuery):
    person_id: Annotated[UUID | None, Field(description="被监护人或监护人；不填为本人")] = None
    current: Annotated[bool, Field(description="只看现行的")] = False


class GuardianshipCreate(Form):
    """登记监护关系。须核对户口簿、判决书等凭据。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"minor_id": _ID, "guardian_id": _ID, "relation": "parent", "evidence": "户口簿，母女"}]
        }
    )

    minor_id: Annotated[UUID, Field(description="未满十四周岁者")]
    guardian_id: UUID
    relation: GuardianRelation
    evidence: Annotated[LongLine, Field(description="核对过的凭据")]


class GuardianshipEnd(Form):
    words: LongLine


class GuardianshipRead(Read):
    id: UUID
    minor_id: UUID
    guardian_id: UUID
    relation: GuardianRelation
    evidence: str
    verified_by: UUID
    ended_at: datetime | None
    version: int
    created_at: datetime


class GuardianshipPage(Read):
    items: list[GuardianshipRead]
    next_cursor: str | None
