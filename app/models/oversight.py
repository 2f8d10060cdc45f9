"""Supervisions 督办 and escalations 升级 of orders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.escalations import EscalationState
from app.domain.levels import Level
from app.domain.supervisions import MOST_WORKING_DAYS, OPEN_SUPERVISIONS, Ground, SupervisionState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum

_GROUNDS = ", ".join(f"'{ground.value}'" for ground in Ground)


class Supervision(Tenant, Versioned, Base):
    """What an office above asks of those who handle an order. One open one an order and office, whoever races."""

    __tablename__ = "supervisions"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    round: Mapped[int]
    """The order's, when it was set."""
    state: Mapped[SupervisionState] = mapped_column(text_enum(SupervisionState, "state"))
    level: Mapped[Level] = mapped_column(text_enum(Level, "level"))
    office_id: Mapped[UUID]
    """The place that its setter's role stands at; with the level it says which office."""
    set_by: Mapped[UUID]
    grounds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    words: Mapped[str]
    working_days: Mapped[int]
    due_at: Mapped[datetime]
    returns: Mapped[int] = mapped_column(default=0)
    """How often an answer was sent back."""
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    reply: Mapped[str | None]
    """Why the last answer was sent back, or what was said when it was lifted."""
    lifted_at: Mapped[datetime | None]
    told_level: Mapped[Level | None] = mapped_column(text_enum(Level, "told_level"))
    """The highest level that was told that it is overdue."""
    tell_at: Mapped[datetime | None]
    """When the next level is told: at first the deadline itself."""

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("places", "office_id"),
        key_to("people", "set_by"),
        key_to("people", "answered_by"),
        CheckConstraint(f"cardinality(grounds) >= 1 AND grounds <@ ARRAY[{_GROUNDS}]", name="grounds"),
        CheckConstraint(f"working_days BETWEEN 1 AND {MOST_WORKING_DAYS}", name="working_days"),
        CheckConstraint("level <> 'grid'", name="office"),
        CheckConstraint("num_nulls(answer, answered_by, answered_at) IN (0, 3)", name="answer_whole"),
        CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name="answered"),
        CheckConstraint("(state = 'lifted') = (lifted_at IS NOT NULL)", name="lifted"),
        CheckConstraint("tell_at IS NULL OR state IN ('overdue', 'running')", name="told_while_owed"),
        Index(
            "uq_supervisions_open",
            "district_id",
            "order_id",
            "level",
            "office_id",
            unique=True,
            postgresql_where=text(literal_in("state", OPEN_SUPERVISIONS)),
        ),
        Index("ix_supervisions_order", "district_id", "order_id", "id"),
        Index("ix_supervisions_path", "district_id", "path", "id"),
        Index("ix_supervisions_tell_at", "district_id", "tell_at", postgresql_where=text("tell_at IS NOT NULL")),
    )


class Escalation(Tenant, Versioned, Base):
    """What was asked of the level above. One open one an order, whoever races."""

    __tablename__ = "escalations"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    round: Mapped[int]
    state: Mapped[EscalationState] = mapped_column(text_enum(EscalationState, "state"))
    from_level: Mapped[Level] = mapped_column(text_enum(Level, "from_level"))
    to_level: Mapped[Level] = mapped_column(text_enum(Level, "to_level"))
    raised_by: Mapped[UUID]
    tried: Mapped[str]
    wish: Mapped[str]
    due_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_level: Mapped[Level | None] = mapped_column(text_enum(Level, "decided_level"))
    """The level that answered or returned it: the one asked, or one that was told since."""
    decision: Mapped[str | None]
    help: Mapped[str | None]
    takes_over: Mapped[bool] = mapped_column(default=False)
    """Whether the level that decided dispatches the order from now on, for its round."""
    reply: Mapped[str | None]
    """Why it was returned."""
    told_level: Mapped[Level | None] = mapped_column(text_enum(Level, "told_level"))
    tell_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "raised_by"),
        key_to("people", "decided_by"),
        CheckConstraint(
            "(from_level, to_level) IN (('grid', 'community'), ('community', 'subdistrict'), ('subdistrict', 'district'))",
            name="one_level",
        ),
        CheckConstraint("num_nulls(decided_by, decided_at, decided_level) IN (0, 3)", name="decided_whole"),
        CheckConstraint("(state IN ('answered', 'returned')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("(state = 'answered') = (decision IS NOT NULL)", name="decision"),
        CheckConstraint("(state = 'returned') = (reply IS NOT NULL)", name="reply"),
        CheckConstraint("help IS NULL OR state = 'answered'", name="help"),
        CheckConstraint("NOT takes_over OR state = 'answered'", name="takes_over"),
        CheckConstraint("tell_at IS NULL OR state = 'raised'", name="told_while_raised"),
        Index("uq_escalations_open", "district_id", "order_id", unique=True, postgresql_where=text("state = 'raised'")),
        Index("ix_escalations_order", "district_id", "order_id", "id"),
        Index("ix_escalations_path", "district_id", "path", "id"),
        Index("ix_escalations_tell_at", "district_id", "tell_at", postgresql_where=text("tell_at IS NOT NULL")),
    )
