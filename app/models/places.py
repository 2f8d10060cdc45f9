"""Places and the districts they belong to."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.places import CompoundKind, PlaceKind, PropertyManagement
from app.models.base import PATH, Base, Polygon, Tenant, Versioned, key_to, text_enum


class District(Base):
    """Reference data: the tenants of this deployment."""

    __tablename__ = "districts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str]

    __table_args__ = (CheckConstraint("id BETWEEN 100000 AND 999999", name="code"),)


class Place(Tenant, Versioned, Base):
    """One node of the district's tree. ``lon``, ``lat`` and ``boundary`` are WGS-84."""

    __tablename__ = "places"

    kind: Mapped[PlaceKind] = mapped_column(text_enum(PlaceKind, "kind"))
    parent_id: Mapped[UUID | None]
    code: Mapped[str]
    name: Mapped[str]
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    boundary: Mapped[list[tuple[float, float]] | None] = mapped_column(Polygon)
    compound_kind: Mapped[CompoundKind | None] = mapped_column(text_enum(CompoundKind, "compound_kind"))
    property_management: Mapped[PropertyManagement | None] = mapped_column(
        text_enum(PropertyManagement, "property_management")
    )
    source: Mapped[str | None]
    edition_year: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("district_id", "path"),
        key_to("places", "parent_id"),
        CheckConstraint("(parent_id IS NULL) = (kind = 'district')", name="root"),
        CheckConstraint("kind = 'compound' OR compound_kind IS NULL", name="compound_only"),
        Index("ix_places_children", "district_id", "parent_id", "id"),
        Index("ix_places_code", "district_id", "code"),
        Index("ix_places_boundary", "boundary", postgresql_using="gist"),
    )
