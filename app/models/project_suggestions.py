"""Suggested projects 未诉先办."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.project_suggestions import SuggestionState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class ProjectSuggestion(Tenant, Versioned, Base):
    """One kind of need that comes again and again at one place; one to be decided about at a time. The needs are looked up."""

    __tablename__ = "project_suggestions"

    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID]
    category: Mapped[str]
    state: Mapped[SuggestionState] = mapped_column(text_enum(SuggestionState, "state"))
    since: Mapped[datetime]
    """Needs asked for from then on count."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    """Why it is no project."""
    project_id: Mapped[UUID | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "decided_by"),
        key_to("projects", "project_id"),
        CheckConstraint(
            "(state = 'suggested') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("(state = 'adopted') = (project_id IS NOT NULL)", name="project"),
        Index("ix_project_suggestions_community", "district_id", "community_id", "id"),
        Index("ix_project_suggestions_last", "district_id", "place_id", "category", "decided_at"),
        Index(
            "uq_project_suggestions_open",
            "district_id",
            "place_id",
            "category",
            unique=True,
            postgresql_where=text("state = 'suggested'"),
        ),
    )
