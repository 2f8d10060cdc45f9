"""Facts of health and care: listed as being there, opened one by one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, Read, Words
from app.domain.profiles import CareKind
from app.domain.sensitive import OpenPurpose
from app.schemas.people_unmask import Why


class CareFactQuery(PageQuery):
    person_id: Annotated[UUID, Field(description="谁的")]


class CareFactCreate(Form):
    """登记一项健康与照护信息。须先取得本人（未满十四周岁为监护人）的单独同意。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "kind": "allergy",
                    "text": "青霉素过敏",
                }
            ]
        }
    )

    person_id: UUID
    kind: CareKind
    text: Words
    consent_id: Annotated[UUID | None, Field(description="依据哪一项同意；不填为此刻有效的一项")] = None


class CareFactUpdate(Form):
    kind: CareKind = CareKind.CARE_NEED
    text: Words = "-"


class CareFactUnmask(Form):
    """查看内容。每次查看留下一条审计记录，本人可以查到。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "visit", "why": "上门前了解过敏情况"}]})

    purpose: OpenPurpose
    why: Why


class CareFactRead(Read):
    """只说有这一项；类别与内容须另行查看。"""

    id: UUID
    person_id: UUID
    consent_id: UUID
    recorded_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class CareFactPage(Read):
    items: list[CareFactRead]
    next_cursor: str | None


class CareFactUnmaskedRead(Read):
    """明文，不得转存。"""

    id: UUID
    person_id: UUID
    kind: CareKind
    purpose: OpenPurpose
    text: str
