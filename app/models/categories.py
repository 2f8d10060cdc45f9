"""The catalogue of services 服务目录 of a district."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import PATH, Base, Tenant, Versioned, key_to


class Category(Tenant, Versioned, Base):
    """A node of the tree. One with terms is a kind of service; one without holds others together."""

    __tablename__ = "categories"

    code: Mapped[str]
    """Its parent's code stands before the last dot."""
    parent_id: Mapped[UUID | None]
    path: Mapped[str] = mapped_column(PATH)
    """The district's own."""
    name: Mapped[str]
    description: Mapped[str | None]
    source: Mapped[str | None]
    """Where the kind comes from."""
    form_schema: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """JSON Schema 2020-12 of what a need of this kind says besides its words."""
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    retired: Mapped[bool] = mapped_column(default=False)
    """No new needs and orders; what is under way goes on."""

    __table_args__ = (
        UniqueConstraint("district_id", "code"),
        key_to("categories", "parent_id"),
        Index("ix_categories_parent", "district_id", "parent_id", "id"),
    )
