"""What the unit on duty sees to: joint meetings with who came and their minutes, items to be claimed, and claims."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.joint_work import STANDING, ClaimState, ItemState, MeetingState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class JointMeeting(Tenant, Versioned, Base):
    """A meeting of the member units, called by the unit on duty. Sealed minutes are only added to."""

    __tablename__ = "joint_meetings"

    turn_id: Mapped[UUID]
    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    state: Mapped[MeetingState] = mapped_column(text_enum(MeetingState, "state"))
    title: Mapped[str]
    starts_at: Mapped[datetime]
    venue: Mapped[str]
    agenda: Mapped[list[str]]
    members: Mapped[int]
    """How many units were called: what the quorum goes by."""
    minutes: Mapped[str | None]
    decisions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """What was decided, which unit does it, until when."""
    digest: Mapped[str | None]
    """SHA-256 of what was sealed."""
    sealed_at: Mapped[datetime | None]
    cancelled_because: Mapped[str | None]

    __table_args__ = (
        key_to("duty_turns", "turn_id"),
        key_to("places", "community_id"),
        CheckConstraint("state NOT IN ('minuted', 'sealed') OR minutes IS NOT NULL", name="minutes"),
        CheckConstraint("(state = 'sealed') = (sealed_at IS NOT NULL)", name="sealed"),
        CheckConstraint("(sealed_at IS NULL) = (digest IS NULL)", name="digest"),
        CheckConstraint("(state = 'cancelled') = (cancelled_because IS NOT NULL)", name="cancelled"),
        Index("ix_joint_meetings_turn", "district_id", "turn_id", "id"),
        Index("ix_joint_meetings_community", "district_id", "community_id", "id"),
    )


class MeetingAttendance(Tenant, Base):
    """That a unit came, and in whose person."""

    __tablename__ = "meeting_attendances"

    meeting_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    person_id: Mapped[UUID | None]

    __table_args__ = (
        key_to("joint_meetings", "meeting_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "person_id"),
        UniqueConstraint("district_id", "meeting_id", "organization_id"),
        Index("ix_meeting_attendances_organization", "district_id", "organization_id", "meeting_id"),
    )


class MeetingAddition(Tenant, Base):
    """What was added to sealed minutes; insert-only."""

    __tablename__ = "meeting_additions"

    meeting_id: Mapped[UUID]
    words: Mapped[str]
    added_by: Mapped[UUID]
    added_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("joint_meetings", "meeting_id"),
        key_to("people", "added_by"),
        Index("ix_meeting_additions_meeting", "district_id", "meeting_id", "id"),
    )


class ClaimItem(Tenant, Versioned, Base):
    """Something for member units to claim during a turn: a need, in words that tell of nobody, or a project."""

    __tablename__ = "claim_items"

    turn_id: Mapped[UUID]
    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    need_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    title: Mapped[str]
    most_units: Mapped[int]
    state: Mapped[ItemState] = mapped_column(text_enum(ItemState, "state"))
    order_id: Mapped[UUID | None]
    """The order of a need that was assigned to the leading unit."""

    __table_args__ = (
        key_to("duty_turns", "turn_id"),
        key_to("places", "community_id"),
        key_to("needs", "need_id"),
        key_to("projects", "project_id"),
        key_to("orders", "order_id"),
        CheckConstraint("num_nonnulls(need_id, project_id) = 1", name="subject"),
        CheckConstraint("most_units BETWEEN 1 AND 20", name="most_units"),
        CheckConstraint("(state = 'confirmed' AND need_id IS NOT NULL) = (order_id IS NOT NULL)", name="order"),
        Index("ix_claim_items_turn", "district_id", "turn_id", "id"),
        Index(
            "uq_claim_items_listed",
            "district_id",
            "need_id",
            unique=True,
            postgresql_where=text("state = 'listed'"),
        ),
        Index(
            "uq_claim_items_listed_project",
            "district_id",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'listed'"),
        ),
        Index("ix_claim_items_order", "district_id", "order_id"),
    )


class ServiceClaim(Tenant, Versioned, Base):
    """A unit's claim on an item. Several units may claim one jointly; one of them leads."""

    __tablename__ = "service_claims"

    item_id: Mapped[UUID]
    turn_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    organization_id: Mapped[UUID]
    leads: Mapped[bool]
    state: Mapped[ClaimState] = mapped_column(text_enum(ClaimState, "state"))

    __table_args__ = (
        key_to("claim_items", "item_id"),
        key_to("duty_turns", "turn_id"),
        key_to("organizations", "organization_id"),
        Index("ix_service_claims_item", "district_id", "item_id", "id"),
        Index("ix_service_claims_organization", "district_id", "organization_id", "id"),
        Index(
            "uq_service_claims_standing",
            "district_id",
            "item_id",
            "organization_id",
            unique=True,
            postgresql_where=text(literal_in("state", STANDING)),
        ),
        Index(
            "uq_service_claims_lead",
            "district_id",
            "item_id",
            unique=True,
            postgresql_where=text(f"leads AND {literal_in('state', STANDING)}"),
        ),
    )
