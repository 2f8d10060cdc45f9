"""Vouchers as they go in and out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.paging import FileQuery
from app.core.types import Day, Form, Line, Read, Words
from app.domain.budgets import VoucherAction, VoucherKind, VoucherState
from app.schemas.budget_lines import SomeFen

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="票据扫描件的 SHA-256，十六进制")]


class VoucherQuery(FileQuery):
    project_id: UUID | None = None
    line_id: UUID | None = None
    state: VoucherState | None = None


class VoucherCreate(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "line_id": "0192f3a0-7c1e-7000-8000-000000000001",
                    "number": "2026-0007",
                    "dated_on": "2026-12-11",
                    "payee": "青城五金商行",
                    "amount_fen": 86000,
                    "evidence_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    line_id: UUID
    number: Annotated[Line, Field(description="凭证号，本项目内唯一")]
    dated_on: Day
    payee: Annotated[Line, Field(description="收款单位或商户；付给个人的写用途，不写姓名")]
    amount_fen: SomeFen
    evidence_digest: Digest


class VoucherReverse(Form):
    number: Annotated[Line, Field(description="冲销凭证自己的凭证号")]
    dated_on: Day
    evidence_digest: Digest


class VoucherApprove(Form):
    """审核入账。"""


class VoucherReject(Form):
    reason: Words


class VoucherRead(Read):
    id: UUID
    project_id: UUID
    line_id: UUID
    kind: VoucherKind
    state: VoucherState
    number: str
    dated_on: date
    payee: str
    amount_fen: int
    evidence_digest: str
    reverses_id: Annotated[UUID | None, Field(description="冲销的是哪一张")]
    entered_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str | None
    version: int
    created_at: datetime
    actions: Annotated[list[VoucherAction], Field(description="您现在可以做的")]


class VoucherPage(Read):
    items: list[VoucherRead]
    next_cursor: str | None
