"""Qualifications as they go in and out. The number is sealed, and shown masked."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Day, Form, Line, LongLine, Read
from app.domain.catalogue import Skill


class CertificateQuery(PageQuery):
    person_id: UUID | None = None
    skill: Skill | None = None
    counts: Annotated[bool | None, Field(description="只看今天有效的，或只看今天无效的")] = None


class CertificateCreate(Form):
    """登记证书；须由他人核验后才算数。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f3a0-7c1e-7000-8000-000000000003",
                    "skill": "nursing",
                    "title": "护士执业证书",
                    "issuer": "内蒙古自治区卫生健康委员会",
                    "number": "202015000001",
                    "issued_on": "2020-06-01",
                    "expires_on": "2030-05-31",
                }
            ]
        }
    )

    person_id: UUID
    skill: Annotated[Skill, Field(description="证明哪项技能")]
    title: Line
    issuer: Annotated[Line, Field(description="发证单位")]
    number: Annotated[Line | None, Field(description="证书编号，加密保存")] = None
    issued_on: Annotated[Day, Field(description="不晚于今天")]
    expires_on: Annotated[Day | None, Field(description="有效期至（含当天）；空为长期")] = None


class CertificateVerify(Form):
    words: Annotated[LongLine | None, Field(description="见到了什么：原件、官网查询")] = None


class CertificateWithdraw(Form):
    words: Annotated[LongLine, Field(description="为什么作废")]


class CertificateRead(Read):
    id: UUID
    person_id: UUID
    skill: Skill
    title: str
    issuer: str
    number: Annotated[str | None, Field(description="已脱敏")]
    issued_on: date
    expires_on: date | None
    verified_by: UUID | None
    verified_at: datetime | None
    withdrawn_at: datetime | None
    counts: Annotated[bool, Field(description="今天是否算数：已核验、未作废、在有效期内")]
    version: int


class CertificatePage(Read):
    items: list[CertificateRead]
    next_cursor: str | None
