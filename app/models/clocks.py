"""Clocks 时限, what was noted of them, and the office hours they go by."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.clocks import OPEN, TOP, ClockKind, ClockState, ClockSubject, Mark
from app.domain.work_time import Unit
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum

_OPEN = text(literal_in("state", OPEN))
CONTACTS = f"kind = '{ClockKind.CONTACT}' AND subject = '{ClockSubject.ORDER}'"
"""The limits of the first word to an asker."""
_AWAITS = text(f"awaits_year IS NOT NULL AND {literal_in('state', OPEN)}")


class OfficeHours(Tenant, Versioned, Base):
    """The office hours of a district from a day on. What has held is kept: the past is never counted anew."""

    __tablename__ = "office_hours"

    path: Mapped[str] = mapped_column(PATH)
    valid_from: Mapped[date]
    week: Mapped[list[Any]] = mapped_column(JSONB)
    """Of Monday to Sunday the windows, each ``[from, until]`` in minutes after midnight."""
    set_by: Mapped[UUID]

    __table_args__ = (UniqueConstraint("district_id", "valid_from"), key_to("people", "set_by"))


class Clock(Tenant, Base):
    """One limit of one subject: a need, an order, or a department that was whistled for (``subject_id``).

    ``version`` is the number of its newest event. Only what the clock does by itself is an event: what starts, pauses and
    meets it is the event of its subject, and one of its marks.
    """

    __tablename__ = "clocks"

    kind: Mapped[ClockKind] = mapped_column(text_enum(ClockKind, "kind"))
    subject: Mapped[ClockSubject] = mapped_column(text_enum(ClockSubject, "subject"))
    subject_id: Mapped[UUID]
    round: Mapped[int] = mapped_column(default=1)
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    state: Mapped[ClockState] = mapped_column(text_enum(ClockState, "state"))
    level: Mapped[int] = mapped_column(default=0)
    """How far up an overdue clock has climbed: 1 grid, 2 community, 3 subdistrict, 4 district."""
    unit: Mapped[Unit] = mapped_column(text_enum(Unit, "unit"))
    limit_time: Mapped[timedelta]
    """As by the terms, in the unit's measure: 1,440 minutes a working day."""
    source: Mapped[str]
    """The law or the house rule the limit comes from."""
    extended_time: Mapped[timedelta] = mapped_column(default=timedelta())
    left_time: Mapped[timedelta]
    """What was left at ``counted_from``; below nothing, how late it was."""
    counted_from: Mapped[datetime]
    """The start, or the newest resumption or change."""
    started_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    """When time does something to it next; empty while it is paused, has ended, or has reached the top."""
    awaits_year: Mapped[int | None]
    """The year whose notice of holidays may still move it."""
    stale: Mapped[bool] = mapped_column(default=False)
    """To be counted again, since the office hours have changed."""
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(f"level BETWEEN 0 AND {TOP}", name="level"),
        CheckConstraint("(state IN ('met', 'stopped')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("(state IN ('running', 'warned')) <= (level = 0)", name="level_if_late"),
        CheckConstraint("ended_at IS NULL OR (next_at IS NULL AND paused_at IS NULL)", name="at_rest"),
        Index("uq_clocks_open", "district_id", "subject_id", "kind", unique=True, postgresql_where=_OPEN),
        Index("ix_clocks_subject", "district_id", "subject_id", "id"),
        Index("ix_clocks_next", "district_id", "next_at", postgresql_where=_OPEN),
        Index("ix_clocks_community_open", "district_id", "community_id", "id", postgresql_where=_OPEN),
        Index("ix_clocks_contacts", "district_id", "community_id", "due_at", postgresql_where=text(CONTACTS)),
        Index("ix_clocks_awaits", "district_id", "awaits_year", postgresql_where=_AWAITS),
        Index("ix_clocks_stale", "district_id", "id", postgresql_where=text("stale")),
    )


class ClockMark(Tenant, Base):
    """What happened to a clock, in order; insert-only. Pauses stand here, and the trace is made from it."""

    __tablename__ = "clock_marks"

    clock_id: Mapped[UUID]
    at: Mapped[datetime]
    mark: Mapped[Mark] = mapped_column(text_enum(Mark, "mark"))
    cause: Mapped[str]
    """A code of ``domain.clocks.CAUSES``, mostly the action it followed from; never anybody's words."""
    time: Mapped[timedelta | None]
    """Of a start or another limit, the limit; of an extension, what was added."""
    unit: Mapped[Unit | None] = mapped_column(text_enum(Unit, "unit"))
    source: Mapped[str | None]
    reference_id: Mapped[UUID | None]
    """The row that says why, such as the extension that was approved."""

    __table_args__ = (
        key_to("clocks", "clock_id"),
        CheckConstraint("cause ~ '^[a-z_]{1,40}$'", name="cause"),
        Index("ix_clock_marks_clock", "district_id", "clock_id", "id"),
    )
