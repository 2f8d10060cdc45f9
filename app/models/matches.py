"""Matches 对接 of needs with resources, the runs that proposed them, and a district's weights."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.matches import ACTIVE, LapseReason, MatchResult, MatchState
from app.domain.matching import DismissReason
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class MatchWeights(Tenant, Versioned, Base):
    """What each part of the score weighs in a district; without a row the house's own weights hold."""

    __tablename__ = "match_weights"

    path: Mapped[str] = mapped_column(PATH)
    weights: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("district_id"),)


class MatchRun(Tenant, Versioned, Base):
    """One look for resources for a need: by whom, with which weights, among how many. Never changed."""

    __tablename__ = "match_runs"

    path: Mapped[str] = mapped_column(PATH)
    """The need's."""
    need_id: Mapped[UUID]
    weights: Mapped[dict[str, Any]]
    looked: Mapped[int]
    """How many resources were looked at."""
    more: Mapped[bool]
    """Whether there were more than one look takes."""
    run_by: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    """Of a look for all needs of a community at once."""

    __table_args__ = (
        key_to("match_batches", "batch_id"),
        key_to("needs", "need_id"),
        key_to("people", "run_by"),
        CheckConstraint("looked >= 0", name="looked"),
        Index("ix_match_runs_batch", "district_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    )


class Match(Tenant, Versioned, Base):
    """A resource proposed for a need, with its place in the run and why. At most one is active for the two."""

    __tablename__ = "matches"

    state: Mapped[MatchState] = mapped_column(text_enum(MatchState, "state"), default=MatchState.PROPOSED)
    path: Mapped[str] = mapped_column(PATH)
    """The need's."""
    run_id: Mapped[UUID]
    need_id: Mapped[UUID]
    resource_id: Mapped[UUID]
    category: Mapped[str | None]
    """The need's on that day: what a dismissal teaches holds for this kind."""
    rank: Mapped[int]
    chosen: Mapped[bool | None]
    """Of a batch: whether the best set overall gives the need this resource."""
    score: Mapped[float]
    learnt: Mapped[float]
    parts: Mapped[dict[str, Any]]
    weights: Mapped[dict[str, Any]]
    reasons: Mapped[list[str]]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    dismiss_reason: Mapped[DismissReason | None] = mapped_column(text_enum(DismissReason, "dismiss_reason"))
    dismiss_words: Mapped[str | None]
    lapse_reason: Mapped[LapseReason | None] = mapped_column(text_enum(LapseReason, "lapse_reason"))
    result: Mapped[MatchResult | None] = mapped_column(text_enum(MatchResult, "result"))
    booking_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]

    __table_args__ = (
        key_to("match_runs", "run_id"),
        key_to("needs", "need_id"),
        key_to("resources", "resource_id"),
        key_to("people", "decided_by"),
        key_to("bookings", "booking_id"),
        key_to("orders", "order_id"),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("score BETWEEN 0 AND 1 AND learnt BETWEEN 0 AND 1", name="score"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'dismissed') = (dismiss_reason IS NOT NULL)", name="dismissed"),
        CheckConstraint("dismiss_words IS NULL OR state = 'dismissed'", name="dismiss_words"),
        CheckConstraint("(state = 'lapsed') = (lapse_reason IS NOT NULL)", name="lapsed"),
        CheckConstraint("(state = 'confirmed') = (result IS NOT NULL)", name="resulted"),
        CheckConstraint("(state = 'confirmed') = (booking_id IS NOT NULL)", name="booked"),
        CheckConstraint(
            "(order_id IS NOT NULL) = COALESCE(result IN ('unit_assigned', 'person_asked'), false)", name="ordered"
        ),
        Index(
            "uq_matches_active",
            "district_id",
            "need_id",
            "resource_id",
            unique=True,
            postgresql_where=text(literal_in("state", ACTIVE)),
        ),
        Index("ix_matches_need", "district_id", "need_id", "id"),
        Index("ix_matches_resource", "district_id", "resource_id", "id"),
        Index("ix_matches_path", "district_id", "path", "id"),
        Index("ix_matches_run", "district_id", "run_id", "rank"),
        Index("ix_matches_proposed", "district_id", "id", postgresql_where=text("state = 'proposed'")),
        Index("ix_matches_decided", "district_id", "decided_at", postgresql_where=text("state = 'confirmed'")),
    )
