"""Consents: one call gives one, one call takes it back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import PageQuery
from app.core.types import Form, LongLine, Read
from app.domain.consents import GivenBy, LegalBasis, Purpose


class ConsentQuery(PageQuery):
    person_id: Annotated[UUID | None, Field(description="谁的；不填为本人")] = None
    purpose: Purpose | None = None
    standing: Annotated[bool, Field(description="只看未撤回的")] = False


class ConsentGive(Form):
    """一次只同意一个用途。由本人、监护人作出，或由工作人员凭签字表登记。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purpose": "health", "notice_id": "0192f3a0-7c1e-7000-8000-000000000001"}]}
    )

    purpose: Purpose
    notice_id: Annotated[UUID | None, Field(description="依据同意时必填：此刻有效的告知书")] = None
    recipient_id: Annotated[UUID | None, Field(description="提供给其他系统时必填：接收方")] = None
    person_id: Annotated[UUID | None, Field(description="谁的；不填为本人")] = None
    guardian_id: Annotated[
        UUID | None, Field(description="工作人员为未满十四周岁者登记时：由哪位监护人签字；只有一位时可不填")
    ] = None
    basis: LegalBasis = LegalBasis.CONSENT
    evidence: Annotated[LongLine | None, Field(description="工作人员登记时必填：签字表编号；非依据同意时为理由")] = None


class ConsentWithdraw(Form):
    """撤回。不需要理由。"""


class ConsentRefuseMatching(Form):
    """拒绝自动匹配：此后系统不再自动邀请。不需要理由。"""

    person_id: Annotated[UUID | None, Field(description="谁的；不填为本人")] = None


class ConsentRead(Read):
    id: UUID
    person_id: UUID
    purpose: Purpose
    purpose_name: str
    recipient_id: UUID | None
    basis: LegalBasis
    notice_id: UUID | None
    separate: Annotated[bool, Field(description="单独同意")]
    given_by: GivenBy
    giver_id: UUID
    evidence: str | None
    given_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None
    in_force: Annotated[
        bool, Field(description="未撤回，告知书未作须重新同意的更新；紧急情况未满 72 小时；未满十四周岁者由监护人作出")
    ]
    version: int


class ConsentPage(Read):
    items: list[ConsentRead]
    next_cursor: str | None
