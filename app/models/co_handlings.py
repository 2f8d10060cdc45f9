"""Co-handling 联办: who helps with part of an order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.co_handlings import RUNNING, CoHandlingState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class CoHandling(Tenant, Versioned, Base):
    """One person, or one unit, on one part of an order."""

    __tablename__ = "co_handlings"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    person_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    state: Mapped[CoHandlingState] = mapped_column(text_enum(CoHandlingState, "state"))
    part: Mapped[str]
    """What is to be done, in words."""
    invited_by: Mapped[UUID]
    answered_by: Mapped[UUID | None]
    """Who of the party took its latest step."""
    words: Mapped[str | None]
    """What was said with declining, leaving or cancelling."""
    result: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "person_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "invited_by"),
        key_to("people", "answered_by"),
        CheckConstraint("(person_id IS NULL) <> (organization_id IS NULL)", name="one_party"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        Index(
            "uq_co_handlings_running_person",
            "district_id",
            "order_id",
            "person_id",
            unique=True,
            postgresql_where=text(literal_in("state", RUNNING)),
        ),
        Index(
            "uq_co_handlings_running_unit",
            "district_id",
            "order_id",
            "organization_id",
            unique=True,
            postgresql_where=text(literal_in("state", RUNNING)),
        ),
        Index("ix_co_handlings_order", "district_id", "order_id", "id"),
        Index("ix_co_handlings_person", "district_id", "person_id", "id"),
        Index("ix_co_handlings_organization", "district_id", "organization_id", "id"),
        Index("ix_co_handlings_path", "district_id", "path", "id"),
    )
