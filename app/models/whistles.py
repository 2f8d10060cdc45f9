"""Whistles 吹哨报到: their types, the whistles, what each called department does, and the clocks of its limits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.levels import Level
from app.domain.whistle_calls import DONE, CallState, Task, Told
from app.domain.whistles import AFTER_BLOWN, BEFORE_BLOWN, MOST_CALLED, WHISTLE, WhistleState
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, literal_in, text_enum

_ENDED = WHISTLE.final


class WhistleType(Tenant, Versioned, Base):
    """A kind of whistle: its limits, who may be called by it, and at which level it is approved at the least."""

    __tablename__ = "whistle_types"

    path: Mapped[str] = mapped_column(PATH)
    """The district's own."""
    code: Mapped[str]
    name: Mapped[str]
    source: Mapped[str | None]
    """Where its limits come from."""
    level: Mapped[Level] = mapped_column(text_enum(Level, "level"))
    kinds: Mapped[list[str]]
    """Kinds of organizations that may be called."""
    matters: Mapped[dict[str, Any]]
    """Category → ids of the departments that may be called on it; of others, any of the kinds."""
    limits: Mapped[dict[str, Any]]
    """As ``whistle_types.Limits``."""
    retired: Mapped[bool] = mapped_column(default=False)
    """No new whistles; those under way go on."""

    __table_args__ = (
        UniqueConstraint("district_id", "code"),
        CheckConstraint("level <> 'grid'", name="leading"),
    )


class Whistle(Tenant, Versioned, Located, Base):
    """A call on departments, from draft to close."""

    __tablename__ = "whistles"

    state: Mapped[WhistleState] = mapped_column(text_enum(WhistleState, "state"), default=WhistleState.DRAFTED)
    type_id: Mapped[UUID]
    level: Mapped[Level] = mapped_column(text_enum(Level, "level"))
    """At which it is approved."""
    order_id: Mapped[UUID | None]
    category: Mapped[str | None]
    title: Mapped[str]
    words: Mapped[str]
    department_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Whom the draft wants called; who was, says ``whistle_calls``."""
    drafted_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_words: Mapped[str | None]
    lapses_at: Mapped[datetime | None]
    """When it lapses unless it is decided, or blown, before."""
    type_version: Mapped[int | None]
    limits: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Of the type, as they stood when it was blown."""
    blown_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    closed_by_system: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        key_to("whistle_types", "type_id"),
        key_to("orders", "order_id"),
        key_to("places", "place_id"),
        key_to("people", "drafted_by"),
        key_to("people", "decided_by"),
        CheckConstraint("level <> 'grid'", name="leading"),
        CheckConstraint(f"cardinality(department_ids) BETWEEN 1 AND {MOST_CALLED}", name="departments"),
        CheckConstraint("decided_by IS NULL OR decided_by <> drafted_by", name="two_hands"),
        CheckConstraint(f"({literal_in('state', BEFORE_BLOWN)}) = (lapses_at IS NOT NULL)", name="lapses"),
        CheckConstraint(f"({literal_in('state', AFTER_BLOWN)}) = (blown_at IS NOT NULL)", name="blown"),
        CheckConstraint("(blown_at IS NULL) = (limits IS NULL)", name="limits"),
        CheckConstraint("state <> 'acted' OR acted_at IS NOT NULL", name="acted"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled"),
        CheckConstraint(f"({literal_in('state', _ENDED)}) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_whistles_path", "district_id", "path", "id"),
        Index("ix_whistles_community", "district_id", "community_id", "id"),
        Index("ix_whistles_order", "district_id", "order_id", "id", postgresql_where=text("order_id IS NOT NULL")),
        Index(
            "ix_whistles_lapsing",
            "district_id",
            "lapses_at",
            postgresql_where=text(literal_in("state", BEFORE_BLOWN)),
        ),
        Index("ix_whistles_rating", "district_id", "acted_at", postgresql_where=text("state = 'acted'")),
    )


class WhistleCall(Tenant, Versioned, Base):
    """One department on one whistle. It is called once, whatever comes of it."""

    __tablename__ = "whistle_calls"

    whistle_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    """The whistle's."""
    organization_id: Mapped[UUID]
    replaces_id: Mapped[UUID | None]
    """The call ruled out that it stands in for."""
    state: Mapped[CallState] = mapped_column(text_enum(CallState, "state"), default=CallState.CALLED)
    called_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]
    dispute_duty: Mapped[str | None]
    dispute_words: Mapped[str | None]
    ruled_by: Mapped[UUID | None]
    ruled_at: Mapped[datetime | None]
    ruling_words: Mapped[str | None]
    contacted_at: Mapped[datetime | None]
    contact_words: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    present_id: Mapped[UUID | None]
    """Who of the department was on site."""
    arrived_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    result: Mapped[str | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    rating: Mapped[int | None]
    """The caller's of the department."""
    rating_words: Mapped[str | None]
    rating_back: Mapped[int | None]
    """The department's of the whistle."""
    rating_back_words: Mapped[str | None]

    __table_args__ = (
        key_to("whistles", "whistle_id"),
        key_to("organizations", "organization_id"),
        key_to("whistle_calls", "replaces_id"),
        key_to("people", "ruled_by"),
        key_to("people", "present_id"),
        UniqueConstraint("district_id", "whistle_id", "organization_id"),
        CheckConstraint("(disputed_at IS NULL) = (dispute_duty IS NULL)", name="disputed"),
        CheckConstraint("(ruled_at IS NULL) = (ruling_words IS NULL)", name="ruled"),
        CheckConstraint("ruled_at IS NULL OR disputed_at IS NOT NULL", name="ruled_on"),
        CheckConstraint("state <> 'ruled_out' OR ruled_at IS NOT NULL", name="ruled_out"),
        CheckConstraint("(reported_at IS NULL) = (arrived_at IS NULL)", name="arrived"),
        CheckConstraint(f"({literal_in('state', DONE)}) = (acted_at IS NOT NULL)", name="acted"),
        CheckConstraint("(acted_at IS NULL) = (result IS NULL)", name="result"),
        CheckConstraint("rating BETWEEN 1 AND 5 AND rating_back BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("(state = 'rated') = (rating IS NOT NULL AND rating_back IS NOT NULL)", name="rated"),
        Index(
            "uq_whistle_calls_replaces",
            "district_id",
            "replaces_id",
            unique=True,
            postgresql_where=text("replaces_id IS NOT NULL"),
        ),
        Index("ix_whistle_calls_path", "district_id", "path", "id"),
        Index("ix_whistle_calls_organization", "district_id", "organization_id", "id"),
    )


class WhistleClock(Tenant, Base):
    """One limit of one call: since when it runs, when it is due, how far a delay is known, and when it was met or stopped."""

    __tablename__ = "whistle_clocks"

    call_id: Mapped[UUID]
    task: Mapped[Task] = mapped_column(text_enum(Task, "task"))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told: Mapped[Told] = mapped_column(text_enum(Told, "told"), default=Told.NOBODY)
    next_at: Mapped[datetime | None]
    """When somebody more is to be told."""
    met_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    """It does not count: the call is disputed, ruled out or cancelled."""

    __table_args__ = (
        key_to("whistle_calls", "call_id"),
        UniqueConstraint("district_id", "call_id", "task"),
        CheckConstraint("due_at >= started_at", name="span"),
        CheckConstraint("met_at IS NULL OR stopped_at IS NULL", name="one_end"),
        CheckConstraint("next_at IS NULL OR (met_at IS NULL AND stopped_at IS NULL)", name="running"),
        Index("ix_whistle_clocks_next", "district_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )
