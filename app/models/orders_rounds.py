"""Rounds of orders that were closed and taken up again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.orders import Outcome
from app.models.base import PATH, Base, Tenant, key_to, text_enum


class OrderRound(Tenant, Base):
    """How a round ended that is not the order's last; insert-only. The order itself says it of its last one.

    Without it a round that came to nothing would be forgotten by the next, and by every figure made of orders.
    """

    __tablename__ = "order_rounds"

    order_id: Mapped[UUID]
    round: Mapped[int]
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    """The unit that held it; empty where people did."""
    category: Mapped[str]
    """What the order was taken for when it was closed."""
    outcome: Mapped[Outcome] = mapped_column(text_enum(Outcome, "outcome"))
    rating: Mapped[int | None]
    rated_for_asker: Mapped[bool] = mapped_column(default=False, server_default="false")
    closed_at: Mapped[datetime]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("organizations", "organization_id"),
        UniqueConstraint("district_id", "order_id", "round"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_order_rounds_community_closed", "district_id", "community_id", "closed_at"),
    )
