"""What joint meetings decided that a unit does: a row for each, made when the minutes are sealed, where it stands word for word."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.meeting_decisions import DecisionState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class MeetingDecision(Tenant, Versioned, Base):
    __tablename__ = "meeting_decisions"

    meeting_id: Mapped[UUID]
    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    number: Mapped[int]
    """Its place among the meeting's decisions, from 1."""
    what: Mapped[str]
    organization_id: Mapped[UUID]
    due_on: Mapped[date | None]
    state: Mapped[DecisionState] = mapped_column(text_enum(DecisionState, "state"), default=DecisionState.OPEN)
    result: Mapped[str | None]
    """What came of it, as the unit says."""
    words: Mapped[str | None]
    """Why the community sent it back, gave it to another unit or another day, or dropped it."""
    done_at: Mapped[datetime | None]
    told: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    """Which prompts and alarms were told of it."""
    looked_on: Mapped[date | None]
    """When it was looked at last."""

    __table_args__ = (
        key_to("joint_meetings", "meeting_id"),
        key_to("places", "community_id"),
        key_to("organizations", "organization_id"),
        UniqueConstraint("district_id", "meeting_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("state <> 'done' OR result IS NOT NULL", name="result"),
        CheckConstraint("state <> 'dropped' OR words IS NOT NULL", name="dropped"),
        Index("ix_meeting_decisions_community", "district_id", "community_id", "id"),
        Index("ix_meeting_decisions_organization", "district_id", "organization_id", "id"),
        Index("ix_meeting_decisions_due", "district_id", "due_on", postgresql_where=text("state = 'open'")),
    )
