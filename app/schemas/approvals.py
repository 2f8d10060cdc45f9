"""Requests for approval and their answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.paging import PageQuery
from app.core.types import Form, Read, Words
from app.domain.approvals import ApprovalState, Subject


class ApprovalQuery(PageQuery):
    state: ApprovalState | None = None
    subject_id: UUID | None = None


class ApprovalGrant(Form):
    words: Words | None = None


class ApprovalDeny(Form):
    words: Words


class ApprovalRead(Read):
    id: UUID
    subject: Subject
    subject_id: UUID
    action: str
    form: dict[str, Any]
    state: ApprovalState
    asked_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    words: str | None
    version: int
    created_at: datetime


class ApprovalPage(Read):
    items: list[ApprovalRead]
    next_cursor: str | None
