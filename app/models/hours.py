"""The hours ledger 时长 and the service windows that keep anyone from serving in two places at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.hours import Account, EntryKind, Source
from app.models.base import PATH, Base, Tenant, key_to, text_enum


class HourEntry(Tenant, Base):
    """One movement of minutes of one person; insert-only. ``record_id`` names the record that this one confirms or reverses."""

    __tablename__ = "hour_entries"

    kind: Mapped[EntryKind] = mapped_column(text_enum(EntryKind, "kind"))
    person_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None]
    activity_id: Mapped[UUID | None]
    """What was served: an order, or an activity."""
    sign_up_id: Mapped[UUID | None]
    path: Mapped[str] = mapped_column(PATH)
    community_id: Mapped[UUID | None]
    record_id: Mapped[UUID | None]
    debit: Mapped[Account] = mapped_column(text_enum(Account, "debit"))
    credit: Mapped[Account] = mapped_column(text_enum(Account, "credit"))
    minutes: Mapped[int]
    served_from: Mapped[datetime]
    served_until: Mapped[datetime]
    source: Mapped[Source] = mapped_column(text_enum(Source, "source"))
    evidence: Mapped[str | None]
    reason: Mapped[str | None]
    entered_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("orders", "order_id"),
        key_to("assignments", "assignment_id"),
        key_to("activities", "activity_id"),
        key_to("sign_ups", "sign_up_id"),
        key_to("hour_entries", "record_id"),
        CheckConstraint("(order_id IS NULL) <> (activity_id IS NULL)", name="one_service"),
        CheckConstraint("assignment_id IS NULL OR order_id IS NOT NULL", name="assignment"),
        CheckConstraint("sign_up_id IS NULL OR activity_id IS NOT NULL", name="sign_up"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint("served_until > served_from", name="span"),
        CheckConstraint("(kind = 'record') = (record_id IS NULL)", name="record"),
        CheckConstraint("kind <> 'reverse' OR reason IS NOT NULL", name="reason"),
        CheckConstraint("source <> 'supplement' OR evidence IS NOT NULL", name="evidence"),
        Index(
            "uq_hour_entries_service",
            "district_id",
            "assignment_id",
            "served_from",
            unique=True,
            postgresql_where=text("kind = 'record' AND source <> 'supplement'"),
        ),
        Index(
            "uq_hour_entries_sign_up",
            "district_id",
            "sign_up_id",
            "served_from",
            unique=True,
            postgresql_where=text("kind = 'record' AND source <> 'supplement' AND sign_up_id IS NOT NULL"),
        ),
        Index(
            "uq_hour_entries_follow_up",
            "district_id",
            "record_id",
            "kind",
            unique=True,
            postgresql_where=text("kind <> 'record'"),
        ),
        Index("ix_hour_entries_person", "district_id", "person_id", "id"),
        Index("ix_hour_entries_community", "district_id", "community_id", "id"),
        Index("ix_hour_entries_order", "district_id", "order_id", "id"),
        Index("ix_hour_entries_activity", "district_id", "activity_id", "id"),
    )


class ServiceWindow(Tenant, Base):
    """When a person is serving; open-ended while they are checked in. Overlaps are refused by the database (I4)."""

    __tablename__ = "service_windows"

    person_id: Mapped[UUID]
    assignment_id: Mapped[UUID | None]
    sign_up_id: Mapped[UUID | None]
    record_id: Mapped[UUID | None]
    during: Mapped[Any] = mapped_column(TSTZRANGE)

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("assignments", "assignment_id"),
        key_to("sign_ups", "sign_up_id"),
        key_to("hour_entries", "record_id"),
        ExcludeConstraint(
            ("district_id", "="),
            ("person_id", "="),
            ("during", "&&"),
            using="gist",
            name="ex_service_windows_overlap",
        ),
        Index("ix_service_windows_assignment", "district_id", "assignment_id"),
        Index("ix_service_windows_sign_up", "district_id", "sign_up_id"),
        Index("ix_service_windows_record", "district_id", "record_id"),
    )
