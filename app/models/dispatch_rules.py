"""Rules of dispatch 派单规则, and whose turn it is among equals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.needs import Urgency
from app.domain.organizations import OrganizationKind
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum

QUIET = (
    "(quiet_since IS NULL) = (quiet_until IS NULL)"
    " AND quiet_since BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439"
)


class DispatchRule(Tenant, Versioned, Base):
    """What the system does with orders of a category and urgency; None: of all. At most one of a kind holds."""

    __tablename__ = "dispatch_rules"

    path: Mapped[str] = mapped_column(PATH)
    """The district's own."""
    category: Mapped[str | None]
    urgency: Mapped[Urgency | None] = mapped_column(text_enum(Urgency, "urgency"))
    number: Mapped[int]
    """Of the version that holds."""
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quiet_since: Mapped[int | None] = mapped_column(SmallInteger)
    """Minutes of the China day."""
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(QUIET, name="quiet"),
        CheckConstraint("number >= 1", name="number"),
        Index(
            "uq_dispatch_rules_key",
            "district_id",
            text("coalesce(category, '')"),
            text("coalesce(urgency, '')"),
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )


class DispatchRuleVersion(Tenant, Base):
    """A rule as it once was: orders keep the version they began with. Never changed."""

    __tablename__ = "dispatch_rule_versions"

    rule_id: Mapped[UUID]
    number: Mapped[int]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quiet_since: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("dispatch_rules", "rule_id"),
        UniqueConstraint("district_id", "rule_id", "number"),
    )


class DispatchTurn(Tenant, Base):
    """The last turn somebody had in a circle of equals: the people of a team or branch, or a community's units of a kind.

    No two turns of a circle have the same number, so that two orders at once go to two parties.
    """

    __tablename__ = "dispatch_turns"

    circle_id: Mapped[UUID]
    """The team or branch; of units, the community."""
    organization_kind: Mapped[OrganizationKind | None] = mapped_column(text_enum(OrganizationKind, "organization_kind"))
    person_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    turn: Mapped[int] = mapped_column(BigInteger)
    served_at: Mapped[datetime]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("organizations", "organization_id"),
        CheckConstraint("(person_id IS NULL) <> (organization_id IS NULL)", name="one_party"),
        CheckConstraint("(organization_id IS NULL) = (organization_kind IS NULL)", name="kind_of_units"),
        Index(
            "uq_dispatch_turns_turn",
            "district_id",
            "circle_id",
            text("coalesce(organization_kind, '')"),
            "turn",
            unique=True,
        ),
        UniqueConstraint("district_id", "circle_id", "person_id"),
        UniqueConstraint("district_id", "circle_id", "organization_id"),
        Index("ix_dispatch_turns_person", "district_id", "person_id", "id"),
    )
