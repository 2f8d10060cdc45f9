"""Urges 催单 of orders."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.urges import UrgedAs
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Urge(Tenant, Versioned, Base):
    """One person's urge of one order; insert-only. One a person, order and working day, whoever races."""

    __tablename__ = "urges"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    round: Mapped[int]
    """The order's."""
    number: Mapped[int]
    """The how manieth of the order's round."""
    person_id: Mapped[UUID]
    urged_as: Mapped[UrgedAs] = mapped_column(text_enum(UrgedAs, "urged_as"))
    counted_on: Mapped[date]
    """The working day it counts for."""
    words: Mapped[str | None]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "person_id"),
        UniqueConstraint("district_id", "order_id", "person_id", "counted_on"),
        UniqueConstraint("district_id", "order_id", "round", "number"),
        CheckConstraint("number >= 1", name="number"),
        Index("ix_urges_person", "district_id", "person_id", "id"),
        Index("ix_urges_path", "district_id", "path", "id"),
    )
