"""Whom a need complains about."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.models.base import Base, Tenant, key_to


class NeedRespondent(Tenant, Base):
    """A person or organization a need complains about: they and theirs are kept away from its orders until it is taken back.
    Rows are added and ended, never otherwise changed; none holds a word of the complaint.
    """

    __tablename__ = "need_respondents"

    need_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    named_by: Mapped[UUID | None]
    """Empty where it came with a need that was merged into this one."""
    named_at: Mapped[datetime] = mapped_column(default=now)
    cleared_by: Mapped[UUID | None]
    cleared_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("needs", "need_id"),
        key_to("people", "person_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "named_by"),
        key_to("people", "cleared_by"),
        CheckConstraint("num_nonnulls(person_id, organization_id) = 1", name="one_party"),
        CheckConstraint("(cleared_by IS NULL) = (cleared_at IS NULL)", name="cleared"),
        Index("ix_need_respondents_need", "district_id", "need_id", postgresql_where=text("cleared_at IS NULL")),
        Index("ix_need_respondents_person", "district_id", "person_id"),
        Index("ix_need_respondents_organization", "district_id", "organization_id"),
    )
