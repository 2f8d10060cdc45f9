"""Revisits 回访 of closed orders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.revisits import MOST_TRIES, RevisitReason, RevisitState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Revisit(Tenant, Versioned, Base):
    """One a round of an order. What the resident said is for those who answer for the place, not for who handled it."""

    __tablename__ = "revisits"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    round: Mapped[int]
    reason: Mapped[RevisitReason] = mapped_column(text_enum(RevisitReason, "reason"))
    state: Mapped[RevisitState] = mapped_column(text_enum(RevisitState, "state"), default=RevisitState.DUE)
    due_at: Mapped[datetime]
    overdue_at: Mapped[datetime | None]
    """When the community was told that it is late."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often nobody was reached."""
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
    solved: Mapped[bool | None]
    satisfied: Mapped[bool | None]
    words: Mapped[str | None]
    reopened: Mapped[bool] = mapped_column(default=False)
    """Whether the order was taken up again because of it."""

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "done_by"),
        UniqueConstraint("district_id", "order_id", "round"),
        CheckConstraint(f"tries BETWEEN 0 AND {MOST_TRIES}", name="tries"),
        CheckConstraint(
            "(state = 'done') = (num_nonnulls(done_at, done_by, solved, satisfied) = 4)"
            " AND (state = 'done' OR num_nonnulls(done_at, done_by, solved, satisfied, words) = 0)",
            name="done",
        ),
        Index("ix_revisits_community", "district_id", "community_id", "id"),
        Index(
            "ix_revisits_due",
            "district_id",
            "due_at",
            postgresql_where=text("state = 'due' AND overdue_at IS NULL"),
        ),
    )
