"""Where an order stands in its chain of ways."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import PATH, Base, Tenant, Versioned, key_to
from app.models.dispatch_rules import QUIET


class OrderWay(Tenant, Versioned, Base):
    """The chain an order follows, as it was when the order began or as a dispatcher set it. One an order."""

    __tablename__ = "order_ways"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    rule_id: Mapped[UUID | None]
    """None: a dispatcher's own chain for this order."""
    rule_number: Mapped[int | None]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quiet_since: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Which of them it is at, from 0."""
    waves: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often this step has asked, published or assigned."""
    began_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """When the clocks look at it again; None: when somebody answers."""

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("dispatch_rules", "rule_id"),
        UniqueConstraint("district_id", "order_id"),
        CheckConstraint("(rule_id IS NULL) = (rule_number IS NULL)", name="rule"),
        CheckConstraint(QUIET, name="quiet"),
        CheckConstraint("step >= 0 AND step < jsonb_array_length(steps)", name="step"),
        Index("ix_order_ways_due", "district_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )
