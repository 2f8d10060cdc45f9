"""What residents make of projects, and the milestones of projects."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import PATH, Base, Tenant, Versioned, key_to


class Evaluation(Tenant, Versioned, Base):
    """One resident's voice about one round of a project. Whose it is shows to nobody but themselves."""

    __tablename__ = "evaluations"

    project_id: Mapped[UUID]
    round: Mapped[int]
    person_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    rating: Mapped[int]
    words: Mapped[str | None]

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("people", "person_id"),
        UniqueConstraint("district_id", "project_id", "round", "person_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_evaluations_person", "district_id", "person_id", "id"),
    )


class Milestone(Tenant, Versioned, Base):
    """By when something of a project is done. Open, done, or dropped with a reason."""

    __tablename__ = "milestones"

    project_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    title: Mapped[str]
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
    dropped_at: Mapped[datetime | None]
    words: Mapped[str | None]
    """What was done, or why it was dropped."""
    reminded_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """When its units and the community were told that it is late."""

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("people", "done_by"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done"),
        CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name="one_end"),
        CheckConstraint("dropped_at IS NULL OR words IS NOT NULL", name="dropped"),
        Index("ix_milestones_project", "district_id", "project_id", "due_on"),
        Index(
            "ix_milestones_open",
            "district_id",
            "due_on",
            postgresql_where=text("done_at IS NULL AND dropped_at IS NULL AND overdue_at IS NULL"),
        ),
    )
