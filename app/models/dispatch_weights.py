"""What the parts of the cost of dispatch weigh."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import PATH, Base, Tenant, Versioned, key_to


class DispatchWeights(Tenant, Versioned, Base):
    """One setting of a district's weights, for a kind of service or, without one, for all. The newest edition of each holds;
    earlier ones stay as they were.
    """

    __tablename__ = "dispatch_weights"

    path: Mapped[str] = mapped_column(PATH)
    category: Mapped[str | None]
    """Code of the catalogue; what stands below it inherits."""
    edition: Mapped[int]
    weights: Mapped[dict[str, Any]]
    set_by: Mapped[UUID]

    __table_args__ = (
        key_to("people", "set_by"),
        CheckConstraint("edition >= 1", name="edition"),
        UniqueConstraint(
            "district_id", "category", "edition", name="uq_dispatch_weights_edition", postgresql_nulls_not_distinct=True
        ),
    )
