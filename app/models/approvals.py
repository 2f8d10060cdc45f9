"""Requests that another must approve before a need, an order or a project moves, or a minor's record is read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.approvals import ApprovalState, Subject
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Approval(Tenant, Versioned, Base):
    __tablename__ = "approvals"

    subject: Mapped[Subject] = mapped_column(text_enum(Subject, "subject"))
    subject_id: Mapped[UUID]
    action: Mapped[str]
    form: Mapped[dict[str, Any]]
    path: Mapped[str] = mapped_column(PATH)
    state: Mapped[ApprovalState] = mapped_column(text_enum(ApprovalState, "state"), default=ApprovalState.PENDING)
    asked_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    words: Mapped[str | None]

    __table_args__ = (
        key_to("people", "asked_by"),
        key_to("people", "decided_by"),
        Index(
            "uq_approvals_pending",
            "district_id",
            "subject_id",
            "action",
            unique=True,
            postgresql_where=text("state = 'pending' AND subject <> 'person'"),
        ),
        Index(
            "uq_approvals_pending_reading",
            "district_id",
            "subject_id",
            "asked_by",
            unique=True,
            postgresql_where=text("state = 'pending' AND subject = 'person'"),
        ),
        Index("ix_approvals_subject", "district_id", "subject_id", "id"),
    )
