"""Batches of matching: one look for all open needs of a community."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.match_batches import UNFINISHED, BatchState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class MatchBatch(Tenant, Versioned, Base):
    """How far one batch has come. A worker holds it until ``lease_until``; a community has one at a time under way."""

    __tablename__ = "match_batches"

    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    state: Mapped[BatchState] = mapped_column(text_enum(BatchState, "state"), default=BatchState.QUEUED)
    most: Mapped[int]
    total_needs: Mapped[int | None]
    looked_needs: Mapped[int] = mapped_column(default=0)
    written_needs: Mapped[int] = mapped_column(default=0)
    chosen_needs: Mapped[int] = mapped_column(default=0)
    score: Mapped[float | None]
    """The sum of the best set's."""
    message: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "requested_by"),
        CheckConstraint("most >= 1", name="most"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint("(state = 'failed') = (message IS NOT NULL)", name="message"),
        Index("ix_match_batches_path", "district_id", "path", "id"),
        Index(
            "uq_match_batches_unfinished",
            "district_id",
            "place_id",
            unique=True,
            postgresql_where=text(literal_in("state", UNFINISHED)),
        ),
    )
