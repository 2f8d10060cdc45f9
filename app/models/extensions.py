"""Extensions 延期 of the limits of orders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.extensions import MOST_DAYS, ExtensionReason, ExtensionState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Extension(Tenant, Versioned, Base):
    """One wish for a later limit. At most one an order waits for an answer."""

    __tablename__ = "extensions"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    round: Mapped[int]
    """The order's, in which it was asked."""
    state: Mapped[ExtensionState] = mapped_column(text_enum(ExtensionState, "state"))
    reason: Mapped[ExtensionReason] = mapped_column(text_enum(ExtensionReason, "reason"))
    words: Mapped[str]
    working_days: Mapped[int]
    asked_by: Mapped[UUID]
    due_before: Mapped[datetime]
    """The limit when it was asked, or decided."""
    due_after: Mapped[datetime | None]
    """The limit it was moved to."""
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_words: Mapped[str | None]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "asked_by"),
        key_to("people", "decided_by"),
        CheckConstraint(f"working_days BETWEEN 1 AND {MOST_DAYS}", name="working_days"),
        CheckConstraint("(state = 'approved') = (due_after IS NOT NULL)", name="approved"),
        CheckConstraint("due_after > due_before", name="later"),
        CheckConstraint("(state IN ('approved', 'denied')) = (decided_by IS NOT NULL)", name="decided"),
        Index(
            "uq_extensions_pending", "district_id", "order_id", unique=True, postgresql_where=text("state = 'asked'")
        ),
        Index("ix_extensions_order", "district_id", "order_id", "id"),
        Index("ix_extensions_asked_by", "district_id", "asked_by", "id"),
        Index("ix_extensions_path", "district_id", "path", "id"),
    )
