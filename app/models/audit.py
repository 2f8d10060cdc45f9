"""The audit trail: entries that are only ever added, and the chain of hashes that shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.audit import Caller, Outcome
from app.models.base import Base, Tenant, key_to, text_enum


class AuditEntry(Tenant, Base):
    """One call: who, when, where from, what, why, and what came of it. Insert-only; never a sensitive value."""

    __tablename__ = "audit_entries"

    at: Mapped[datetime] = mapped_column(default=now)
    caller: Mapped[Caller] = mapped_column(text_enum(Caller, "caller"))
    actor_id: Mapped[UUID | None]
    sign_in_id: Mapped[UUID | None]
    address: Mapped[str | None]
    operation: Mapped[str]
    """The operation's name, such as ``order_accept``; of what the system does itself, ``aggregate.action``."""
    outcome: Mapped[Outcome] = mapped_column(text_enum(Outcome, "outcome"))
    status: Mapped[int | None]
    """HTTP status of the answer."""
    subject_id: Mapped[UUID | None]
    """The row the call was about."""
    person_id: Mapped[UUID | None]
    """Whose data it was about."""
    minor_id: Mapped[UUID | None]
    """For whom a guardian's were shown; what of the minor's own was shown with them is ``minor.…`` in ``opened``."""
    opened: Mapped[list[str]] = mapped_column(default=list)
    """Sensitive fields that were shown in clear."""
    purpose: Mapped[str | None]
    why: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        Index("ix_audit_entries_actor", "district_id", "actor_id", "id"),
        Index("ix_audit_entries_operation", "district_id", "operation", "id"),
        # partial wherever most entries have nothing: each call writes into every index it belongs to
        Index(
            "ix_audit_entries_subject",
            "district_id",
            "subject_id",
            "id",
            postgresql_where=text("subject_id IS NOT NULL"),
        ),
        Index(
            "ix_audit_entries_person", "district_id", "person_id", "id", postgresql_where=text("person_id IS NOT NULL")
        ),
        Index(
            "ix_audit_entries_seen", "district_id", "person_id", "id", postgresql_where=text("cardinality(opened) > 0")
        ),
        Index("ix_audit_entries_minor", "district_id", "minor_id", "id", postgresql_where=text("minor_id IS NOT NULL")),
        Index("ix_audit_entries_denied", "district_id", "id", postgresql_where=text("outcome = 'denied'")),
    )


class AuditWaiting(Tenant, Base):
    """An entry that is not in the chain yet; ``id`` is the entry's. Taken away when it is linked."""

    __tablename__ = "audit_waiting"

    __table_args__ = (key_to("audit_entries", "id"),)


class AuditLink(Tenant, Base):
    """An entry's place in its district's chain; ``id`` is the entry's. Insert-only.

    ``hash`` = HMAC-SHA256(audit key, previous hash ‖ canonical entry), so that whoever holds only the database can neither
    change an entry nor make a new chain.
    """

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]

    __table_args__ = (
        UniqueConstraint("district_id", "position"),
        CheckConstraint("position > 0", name="position"),
    )
