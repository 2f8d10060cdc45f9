"""Needs 需求 and who follows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.needs import ENDED, NeedSource, NeedState, Privacy, Urgency
from app.domain.project_suggestions import COUNTED
from app.models.base import Base, Located, Tenant, Versioned, key_to, literal_in, text_enum

UNENDED = frozenset(NeedState) - ENDED


class Need(Tenant, Located, Versioned, Base):
    __tablename__ = "needs"

    state: Mapped[NeedState] = mapped_column(text_enum(NeedState, "state"), default=NeedState.SUBMITTED)
    title: Mapped[str]
    details: Mapped[str]
    category: Mapped[str | None]
    form: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the category's form asks for; fits its schema."""
    duty_override_by: Mapped[UUID | None]
    """Who above the community passed a department's work down to it, by name."""
    duty_override_words: Mapped[str | None]
    urgency: Mapped[Urgency] = mapped_column(text_enum(Urgency, "urgency"), default=Urgency.NORMAL)
    privacy: Mapped[Privacy] = mapped_column(text_enum(Privacy, "privacy"), default=Privacy.HANDLERS)
    risks: Mapped[str | None]
    """What a helper must know before coming (志愿服务条例 §13)."""
    people_concerned: Mapped[int] = mapped_column(default=1)
    wanted_at: Mapped[datetime | None]
    source: Mapped[NeedSource] = mapped_column(text_enum(NeedSource, "source"))
    source_number: Mapped[str | None]
    """The number it bears where it came from: a file, or the client system, each with numbers of its own."""
    source_digest: Mapped[bytes | None]
    sender_due_at: Mapped[datetime | None]
    """Until when the client system wants it done; where that is sooner than by the catalogue, it holds."""
    asked_at: Mapped[datetime]
    asker_id: Mapped[UUID | None]
    asker_name_sealed: Mapped[bytes | None]
    """Of an asker without a record of their own (imported, or asked for by someone else)."""
    submitted_by: Mapped[UUID | None]
    client_id: Mapped[UUID | None]
    """The client system that sent it; nobody of the house submitted it then."""
    round: Mapped[int] = mapped_column(default=1)
    appealed: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    planned_until: Mapped[datetime | None]
    obstacle: Mapped[str | None]
    """Of a planned one (挂账): why it cannot be done now. Gone once it goes on or ends, so that nothing is kept of the words."""
    measures: Mapped[str | None]
    """Of a planned one: what is done about it meanwhile."""
    merged_into_id: Mapped[UUID | None]
    state_before: Mapped[NeedState | None] = mapped_column(text_enum(NeedState, "state_before"))
    met_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_system: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "asker_id"),
        key_to("people", "submitted_by"),
        key_to("people", "duty_override_by"),
        key_to("clients", "client_id"),
        key_to("needs", "merged_into_id"),
        CheckConstraint("sender_due_at IS NULL OR client_id IS NOT NULL", name="sender_due"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        CheckConstraint(
            "num_nulls(planned_until, obstacle, measures) = CASE WHEN state = 'planned' THEN 0 ELSE 3 END",
            name="planned",
        ),
        CheckConstraint("(source = 'client') = (client_id IS NOT NULL)", name="sent"),
        CheckConstraint("char_length(details) <= 10000", name="details_length"),
        CheckConstraint("(duty_override_by IS NULL) = (duty_override_words IS NULL)", name="duty_override"),
        Index("ix_needs_community", "district_id", "community_id", "id"),
        Index("ix_needs_grid", "district_id", "grid_id", "id"),
        Index(
            "uq_needs_import_number",
            "district_id",
            "community_id",
            "source_number",
            unique=True,
            postgresql_where=text("client_id IS NULL"),
        ),
        Index(
            "uq_needs_client_number",
            "district_id",
            "client_id",
            "source_number",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
        Index(
            "ix_needs_words",
            text("need_grams(district_id, title, details)"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
        ),
        Index(
            "ix_needs_source_number",
            "district_id",
            "source_number",
            postgresql_where=text("source_number IS NOT NULL"),
        ),
        Index(
            "ix_needs_community_unended",
            "district_id",
            "community_id",
            "id",
            postgresql_where=text(literal_in("state", UNENDED)),
        ),
        Index(
            "ix_needs_alike",
            "district_id",
            "community_id",
            "category",
            "asked_at",
            postgresql_where=text(literal_in("state", COUNTED)),
        ),
        Index("ix_needs_asker", "district_id", "asker_id", "id"),
        Index("ix_needs_submitted_by", "district_id", "submitted_by", "id"),
        Index("ix_needs_client", "district_id", "client_id", "id", postgresql_where=text("client_id IS NOT NULL")),
        Index("ix_needs_merged_into", "district_id", "merged_into_id", "id"),
        Index(
            "ix_needs_answer_by",
            "district_id",
            "answer_by",
            postgresql_where=text("state = 'info_requested'"),
        ),
        Index("ix_needs_met_at", "district_id", "met_at", postgresql_where=text("state = 'met'")),
        Index("ix_needs_planned", "district_id", "planned_until", postgresql_where=text("state = 'planned'")),
    )


class DuplicateDismissal(Tenant, Base):
    """Two needs that look alike and are not the same, as somebody said who looked: they are not shown as duplicates again."""

    __tablename__ = "duplicate_dismissals"

    need_id: Mapped[UUID]
    """The lesser id of the two."""
    other_id: Mapped[UUID]
    dismissed_by: Mapped[UUID]
    dismissed_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("needs", "need_id"),
        key_to("needs", "other_id"),
        key_to("people", "dismissed_by"),
        CheckConstraint("need_id < other_id", name="in_order"),
        UniqueConstraint("district_id", "need_id", "other_id"),
        Index("ix_duplicate_dismissals_other", "district_id", "other_id"),
    )


class NeedFollower(Tenant, Base):
    """Whoever asked for the same thing keeps following it (并单)."""

    __tablename__ = "need_followers"

    need_id: Mapped[UUID]
    person_id: Mapped[UUID]
    from_need_id: Mapped[UUID]

    __table_args__ = (
        key_to("needs", "need_id"),
        key_to("needs", "from_need_id"),
        key_to("people", "person_id"),
        UniqueConstraint("district_id", "need_id", "person_id", "from_need_id"),
        Index("ix_need_followers_person", "district_id", "person_id", "need_id"),
    )
