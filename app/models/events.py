"""What happened: the history of every aggregate, the outbox that carries it on, the notices it becomes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.models.base import PATH, Base, Tenant, key_to


class Event(Tenant, Base):
    """One change of one aggregate; insert-only. ``seq`` counts from 1 without gaps: it is the aggregate's version."""

    __tablename__ = "events"

    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    """None: the system itself."""
    path: Mapped[str] = mapped_column(PATH)
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("district_id", "aggregate_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
    )


class OutboxRow(Tenant, Base):
    """An event on its way; ``id`` is the event's. ``position`` is its place in the feed, given by the relay."""

    __tablename__ = "outbox"

    position: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        key_to("events", "id"),
        UniqueConstraint("district_id", "position"),
        Index("ix_outbox_waiting", "district_id", "id", postgresql_where=text("position IS NULL")),
    )


class Notice(Tenant, Base):
    """What a person is told about an event that concerns them."""

    __tablename__ = "notices"

    person_id: Mapped[UUID]
    event_id: Mapped[UUID]
    text: Mapped[str]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("events", "event_id"),
        UniqueConstraint("district_id", "person_id", "event_id"),
        Index("ix_notices_person", "district_id", "person_id", "id"),
    )


class IdempotencyKey(Base):
    """One key, one effect, one answer (I7): written in the transaction of the change, replayed afterwards."""

    __tablename__ = "idempotency_keys"

    district_id: Mapped[int] = mapped_column(primary_key=True)
    caller_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The person or the client system."""
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_idempotency_keys_created_at", "district_id", "created_at"),)
