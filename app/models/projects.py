"""Projects 共建项目, the units in them, and the needs they answer."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.projects import CancelReason, Link, Part, ProjectKind, ProjectState
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, text_enum


class Project(Tenant, Located, Versioned, Base):
    __tablename__ = "projects"

    state: Mapped[ProjectState] = mapped_column(text_enum(ProjectState, "state"), default=ProjectState.PROPOSED)
    title: Mapped[str]
    aims: Mapped[str]
    kind: Mapped[ProjectKind] = mapped_column(text_enum(ProjectKind, "kind"))
    link: Mapped[Link] = mapped_column(text_enum(Link, "link"))
    programme_id: Mapped[UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    proposed_by: Mapped[UUID]
    proposer_unit_id: Mapped[UUID | None]
    """The unit that proposed it; empty where the community did."""
    budget_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    """The total; what is public money of it is approved when the project is listed."""
    allotted_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of it its lines have together."""
    round: Mapped[int] = mapped_column(default=1)
    """Counts how often it was sent back to be put right: each time residents judge it anew."""
    words: Mapped[str | None]
    """What the community said last: why it was returned, sent back or cancelled; once archived, what follows."""
    cancel_reason: Mapped[CancelReason | None] = mapped_column(text_enum(CancelReason, "cancel_reason"))
    result: Mapped[str | None]
    people_reached: Mapped[int | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the report brought with it: kind → where it is kept or what it says."""
    listed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "proposed_by"),
        key_to("organizations", "proposer_unit_id"),
        key_to("programmes", "programme_id"),
        CheckConstraint("starts_on <= ends_on", name="period"),
        CheckConstraint("budget_fen >= 0", name="budget_fen"),
        CheckConstraint("allotted_fen BETWEEN 0 AND budget_fen", name="allotted_fen"),
        CheckConstraint("kind <> 'micro' OR budget_fen > 0", name="micro_has_budget"),
        CheckConstraint("people_reached >= 0", name="people_reached"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled"),
        CheckConstraint("state IN ('proposed', 'returned', 'cancelled') OR listed_at IS NOT NULL", name="listed"),
        CheckConstraint(
            "state NOT IN ('running', 'delivered', 'evaluated', 'archived') OR started_at IS NOT NULL", name="started"
        ),
        CheckConstraint(
            "state NOT IN ('delivered', 'evaluated', 'archived')"
            " OR (delivered_at IS NOT NULL AND result IS NOT NULL AND people_reached IS NOT NULL)",
            name="delivered",
        ),
        Index("ix_projects_community", "district_id", "community_id", "id"),
        Index("ix_projects_programme", "district_id", "programme_id", "id"),
        Index("ix_projects_delivered", "district_id", "delivered_at", postgresql_where=text("state = 'delivered'")),
        Index("ix_projects_proposed_by", "district_id", "proposed_by", "id"),
    )


class ProjectUnit(Tenant, Base):
    """A unit's claim. It stays when it is taken back, with the day it was."""

    __tablename__ = "project_units"

    project_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    part: Mapped[Part] = mapped_column(text_enum(Part, "part"))
    claimed_by: Mapped[UUID]
    claimed_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "claimed_by"),
        Index(
            "uq_project_units_one_lead",
            "district_id",
            "project_id",
            unique=True,
            postgresql_where=text("part = 'lead' AND left_at IS NULL"),
        ),
        Index(
            "uq_project_units_once",
            "district_id",
            "project_id",
            "organization_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_project_units_organization", "district_id", "organization_id", "project_id"),
    )


class ProjectNeed(Tenant, Base):
    """A need the project answers. While the project is under way the need is in no other, and has an order for the lead unit."""

    __tablename__ = "project_needs"

    project_id: Mapped[UUID]
    need_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    order_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("needs", "need_id"),
        key_to("orders", "order_id"),
        CheckConstraint("NOT active OR order_id IS NOT NULL", name="active_has_order"),
        Index("uq_project_needs_once", "district_id", "project_id", "need_id", unique=True),
        Index("uq_project_needs_active", "district_id", "need_id", unique=True, postgresql_where=text("active")),
        Index("ix_project_needs_need", "district_id", "need_id"),
        Index("ix_project_needs_order", "district_id", "order_id"),
    )
