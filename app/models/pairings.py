"""Pairings 结对包联."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.pairings import PairingEnd, PairingLevel
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Pairing(Tenant, Versioned, Base):
    """Who looks after a place, from which day to which (both counted); ``path`` is the place's. Of one place and level, one a day:
    the constraint holds it against races and records of the past alike; what never was takes no days.
    """

    __tablename__ = "pairings"

    level: Mapped[PairingLevel] = mapped_column(text_enum(PairingLevel, "level"))
    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    organization_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    end_reason: Mapped[PairingEnd | None] = mapped_column(text_enum(PairingEnd, "end_reason"))
    made_by: Mapped[UUID | None]
    """Empty where it came with the district's seed."""

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "person_id"),
        key_to("people", "made_by"),
        CheckConstraint("num_nonnulls(organization_id, person_id) = 1", name="one_party"),
        CheckConstraint("(level = 'member') = (person_id IS NOT NULL)", name="party"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="span"),
        CheckConstraint("(ends_on IS NULL) = (end_reason IS NULL)", name="ended"),
        ExcludeConstraint(
            ("district_id", "="),
            ("place_id", "="),
            ("level", "="),
            (text("daterange(starts_on, ends_on, '[]')"), "&&"),
            where=text("end_reason IS NULL OR end_reason <> 'mistake'"),
            using="gist",
            name="ex_pairings_once",
        ),
        Index("ix_pairings_path", "district_id", "path", "id"),
        Index("ix_pairings_place", "district_id", "place_id", "id"),
        Index("ix_pairings_organization", "district_id", "organization_id", "id"),
        Index("ix_pairings_person", "district_id", "person_id", "id"),
    )
