"""Batches of dispatch, and of what they chose that which nobody was asked for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.dispatch_batches import BatchMode, ChoiceResult
from app.domain.match_batches import UNFINISHED, BatchState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class DispatchBatch(Tenant, Versioned, Base):
    """How far one batch has come. A worker holds it until ``lease_until``; a place has one at a time under way."""

    __tablename__ = "dispatch_batches"

    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    state: Mapped[BatchState] = mapped_column(text_enum(BatchState, "state"), default=BatchState.QUEUED)
    mode: Mapped[BatchMode] = mapped_column(text_enum(BatchMode, "mode"))
    every_way: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether it takes orders too that are on another way than being offered to the best."""
    weights: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What each part weighed."""
    orders: Mapped[int | None]
    people: Mapped[int | None]
    places: Mapped[int | None]
    """Free places of the orders."""
    chosen: Mapped[int | None]
    """Places the optimum fills."""
    invited_orders: Mapped[int] = mapped_column(default=0)
    invited: Mapped[int] = mapped_column(default=0)
    overtaken: Mapped[int] = mapped_column(default=0)
    """Orders for which not everybody chosen was asked, since something happened meanwhile."""
    cost_cm: Mapped[int | None] = mapped_column(BigInteger)
    """Of the optimum, unfilled places with it, in centimetres of equivalent way."""
    message: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "requested_by"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint("(state = 'failed') = (message IS NOT NULL)", name="message"),
        Index("ix_dispatch_batches_path", "district_id", "path", "id"),
        Index(
            "uq_dispatch_batches_unfinished",
            "district_id",
            "place_id",
            unique=True,
            postgresql_where=text(literal_in("state", UNFINISHED)),
        ),
    )


class DispatchChoice(Tenant, Base):
    """Whom a batch chose for an order and did not ask: a proposal, or overtaken. Who was asked stands in the assignments."""

    __tablename__ = "dispatch_choices"

    batch_id: Mapped[UUID]
    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    result: Mapped[ChoiceResult] = mapped_column(text_enum(ChoiceResult, "result"))
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """One for each place in short (``domain.dispatch_reasons``), with ``person_id``, and ``obstacle`` where that is why."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("dispatch_batches", "batch_id"),
        key_to("orders", "order_id"),
        UniqueConstraint("district_id", "batch_id", "order_id"),
    )
