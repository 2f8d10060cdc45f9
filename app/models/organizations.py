"""Organizations."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.organizations import OrganizationKind
from app.models.base import Base, Located, Tenant, Versioned, key_to, text_enum


class Organization(Tenant, Located, Versioned, Base):
    __tablename__ = "organizations"

    kind: Mapped[OrganizationKind] = mapped_column(text_enum(OrganizationKind, "kind"))
    name: Mapped[str]
    parent_id: Mapped[UUID | None]
    joint_committee: Mapped[bool] = mapped_column(default=False)
    """Whether it sits in a joint committee 大党委: kept in step with ``committee_members``, which say so; nobody else writes it."""

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "parent_id"),
        UniqueConstraint("district_id", "community_id", "name"),
        Index("ix_organizations_community", "district_id", "community_id", "id"),
    )
