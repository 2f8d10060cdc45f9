"""Objections 异议 of units to the orders assigned to them, with what was judged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.objections import JUDGED, Ground, Verdict
from app.models.base import PATH, Base, Tenant, key_to, literal_in, text_enum


class Objection(Tenant, Base):
    """One a time the unit says "not ours". Its steps are the order's, and so are their events."""

    __tablename__ = "objections"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    organization_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(PATH)
    """Where the unit stood: who judges looks after no lesser place."""
    assigned_by: Mapped[UUID | None]
    """Who gave the order to the unit."""
    assigned_from: Mapped[str] = mapped_column(PATH)
    """The place they assigned it from, which is above the order's: who judges looks after a higher one."""
    ground: Mapped[Ground] = mapped_column(text_enum(Ground, "ground"))
    basis: Mapped[str]
    """The duty cited 职责依据, in words."""
    objected_by: Mapped[UUID]
    objected_at: Mapped[datetime]
    verdict: Mapped[Verdict | None] = mapped_column(text_enum(Verdict, "verdict"))
    words: Mapped[str | None]
    """Why it was judged so."""
    judged_by: Mapped[UUID | None]
    judged_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "assigned_by"),
        key_to("people", "objected_by"),
        key_to("people", "judged_by"),
        CheckConstraint("(verdict IS NULL) = (judged_at IS NULL)", name="ended"),
        CheckConstraint(
            f"num_nulls(words, judged_by) = CASE WHEN {literal_in('verdict', JUDGED)} THEN 0 ELSE 2 END", name="judged"
        ),
        CheckConstraint("judged_by <> assigned_by AND judged_by <> objected_by", name="third_party"),
        Index(
            "uq_objections_unjudged",
            "district_id",
            "order_id",
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
        Index("ix_objections_order", "district_id", "order_id", "id"),
    )
