"""Brand programmes and working methods of a community, and their indicators."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.programmes import Measure, ProgrammeKind
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Programme(Tenant, Versioned, Base):
    __tablename__ = "programmes"

    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    """The community's."""
    kind: Mapped[ProgrammeKind] = mapped_column(text_enum(ProgrammeKind, "kind"))
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    retired: Mapped[bool] = mapped_column(default=False)
    """No new projects; those under way go on."""

    __table_args__ = (
        key_to("places", "community_id"),
        UniqueConstraint("district_id", "community_id", "code"),
    )


class Indicator(Tenant, Versioned, Base):
    """What a programme is measured by. Its value stands nowhere: it is computed when it is read."""

    __tablename__ = "indicators"

    programme_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    code: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    measure: Mapped[Measure] = mapped_column(text_enum(Measure, "measure"))
    targets: Mapped[dict[str, Any]]
    """Year → what is aimed at."""

    __table_args__ = (
        key_to("programmes", "programme_id"),
        UniqueConstraint("district_id", "programme_id", "code"),
        Index("ix_indicators_programme", "district_id", "programme_id", "id"),
    )
