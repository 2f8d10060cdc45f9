"""Personal information and the person's say in it: privacy notices, consents, disclosures, requests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.rights import RightsKind, RightsState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class PrivacyNotice(Tenant, Versioned, Base):
    """What people are told about one purpose: one version after the other, none ever changed. Insert-only."""

    __tablename__ = "privacy_notices"

    purpose: Mapped[Purpose] = mapped_column(text_enum(Purpose, "purpose"))
    number: Mapped[int]
    """1, 2, 3 … for each purpose."""
    title: Mapped[str]
    text: Mapped[str]
    kinds: Mapped[list[str]]
    """Which kinds of personal information."""
    retention_days: Mapped[int | None]
    """None: as long as the law asks, as the text says."""
    renews: Mapped[bool]
    """It tells of something new: consents to earlier versions no longer suffice."""
    effective_at: Mapped[datetime]
    path: Mapped[str] = mapped_column(PATH)
    """The district's."""
    published_by: Mapped[UUID | None]

    __table_args__ = (
        key_to("people", "published_by"),
        UniqueConstraint("district_id", "purpose", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("retention_days > 0", name="retention_days"),
    )


class Consent(Tenant, Versioned, Base):
    """On what basis a person's data is used for a purpose. At most one is in force for a purpose and recipient."""

    __tablename__ = "consents"

    person_id: Mapped[UUID]
    purpose: Mapped[Purpose] = mapped_column(text_enum(Purpose, "purpose"))
    recipient_id: Mapped[UUID | None]
    """The client system it may be passed on to; with purpose sharing only."""
    basis: Mapped[LegalBasis] = mapped_column(text_enum(LegalBasis, "basis"))
    notice_id: Mapped[UUID | None]
    separate: Mapped[bool]
    """Asked for by itself, not along with others."""
    given_by: Mapped[GivenBy] = mapped_column(text_enum(GivenBy, "given_by"))
    giver_id: Mapped[UUID]
    """The person, the guardian, or the member of staff."""
    evidence: Mapped[str | None]
    """The number of the signed sheet; of another basis than consent, why it holds."""
    path: Mapped[str] = mapped_column(PATH)
    given_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("people", "giver_id"),
        key_to("people", "withdrawn_by"),
        key_to("clients", "recipient_id"),
        key_to("privacy_notices", "notice_id"),
        CheckConstraint("(purpose = 'sharing') = (recipient_id IS NOT NULL)", name="recipient"),
        CheckConstraint("basis <> 'consent' OR notice_id IS NOT NULL", name="notice"),
        CheckConstraint(
            "basis <> 'consent' OR separate OR purpose NOT IN ('health', 'party', 'sharing')", name="separate"
        ),
        CheckConstraint("given_by <> 'staff' OR evidence IS NOT NULL", name="evidence"),
        CheckConstraint("given_by <> 'person' OR giver_id = person_id", name="giver"),
        Index(
            "uq_consents_in_force",
            "district_id",
            "person_id",
            "purpose",
            text("COALESCE(recipient_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_consents_person", "district_id", "person_id", "id"),
    )


class Disclosure(Tenant, Base):
    """That something of a person was passed on to another system; kept at least three years. Insert-only."""

    __tablename__ = "disclosures"

    person_id: Mapped[UUID]
    client_id: Mapped[UUID]
    consent_id: Mapped[UUID]
    kinds: Mapped[list[str]]
    subject_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("clients", "client_id"),
        key_to("consents", "consent_id"),
        Index("ix_disclosures_person", "district_id", "person_id", "id"),
    )


class RightsRequest(Tenant, Versioned, Base):
    """What a person asks about their own data, until it is answered."""

    __tablename__ = "rights_requests"

    person_id: Mapped[UUID]
    asked_by: Mapped[UUID]
    """The person, or the guardian of a minor."""
    kind: Mapped[RightsKind] = mapped_column(text_enum(RightsKind, "kind"))
    state: Mapped[RightsState] = mapped_column(text_enum(RightsState, "state"), default=RightsState.RECEIVED)
    path: Mapped[str] = mapped_column(PATH)
    subject_id: Mapped[UUID | None]
    """Of an explanation: the order."""
    words_sealed: Mapped[bytes | None]
    """What is to be corrected, in the person's words."""
    due_at: Mapped[datetime]
    answer_sealed: Mapped[bytes | None]
    outcome: Mapped[dict[str, Any] | None]
    """What came of it in ids and counts, nothing personal: where it was corrected; what was deleted and what the law keeps."""
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """When the community was told that the answer is overdue."""

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("people", "asked_by"),
        key_to("people", "decided_by"),
        Index("ix_rights_requests_person", "district_id", "person_id", "id"),
        Index("ix_rights_requests_due", "district_id", "due_at", postgresql_where=text("state = 'received'")),
        Index(
            "uq_rights_requests_received",
            "district_id",
            "person_id",
            "kind",
            text("COALESCE(subject_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
            postgresql_where=text("state = 'received'"),
        ),
        Index("ix_rights_requests_asked_by", "district_id", "asked_by", "id"),
    )
