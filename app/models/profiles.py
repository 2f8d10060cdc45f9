"""What a person is besides a name: party member, volunteer, employed, certified, free at times, in need of care, in a household."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.catalogue import Skill
from app.domain.consents import GivenBy
from app.domain.profiles import Employment, GuardianRelation, HouseholdRelation
from app.models.base import Base, Tenant, Versioned, key_to, text_enum


class PartyMembership(Tenant, Versioned, Base):
    """Of a party member; ``id`` is the person's. Registered or reported in says ``people.party_status``, the body or unit
    ``people.organization_id``. The three entries of 报到: 进网格, 进党群服务中心, 进微信群.
    """

    __tablename__ = "party_memberships"

    since_on: Mapped[date | None]
    grid_entered_on: Mapped[date | None]
    center_entered_on: Mapped[date | None]
    wechat_entered_on: Mapped[date | None]

    __table_args__ = (key_to("people", "id"),)


class Volunteer(Tenant, Versioned, Base):
    """Of a volunteer; ``id`` is the person's. With the person's own fields these are the eight of 民政部令第67号 §5."""

    __tablename__ = "volunteers"

    categories: Mapped[list[str]] = mapped_column(default=list)
    """服务类别: codes of the catalogue."""
    entered_by: Mapped[GivenBy] = mapped_column(text_enum(GivenBy, "entered_by"))
    """By the volunteer, or with their consent by the organization (§6)."""
    consent_id: Mapped[UUID | None]
    registered_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("people", "id"),
        key_to("consents", "consent_id"),
        CheckConstraint("entered_by = 'person' OR consent_id IS NOT NULL", name="consent"),
    )


class EmploymentRecord(Tenant, Versioned, Base):
    """A social worker or grid worker: where, since when."""

    __tablename__ = "employments"

    person_id: Mapped[UUID]
    kind: Mapped[Employment] = mapped_column(text_enum(Employment, "kind"))
    place_id: Mapped[UUID]
    organization_id: Mapped[UUID | None]
    full_time: Mapped[bool] = mapped_column(default=True)
    since_on: Mapped[date]
    until_on: Mapped[date | None]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        CheckConstraint("until_on IS NULL OR until_on >= since_on", name="span"),
        Index("ix_employments_person", "district_id", "person_id", "id"),
        Index("ix_employments_place", "district_id", "place_id", "id"),
        Index(
            "uq_employments_current",
            "district_id",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
    )


class Certificate(Tenant, Versioned, Base):
    """A qualification that shows a skill, good until it expires. The number is sealed."""

    __tablename__ = "certificates"

    person_id: Mapped[UUID]
    skill: Mapped[Skill] = mapped_column(text_enum(Skill, "skill"))
    title: Mapped[str]
    issuer: Mapped[str]
    number_sealed: Mapped[bytes | None]
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("people", "verified_by"),
        CheckConstraint("expires_on IS NULL OR expires_on >= issued_on", name="span"),
        CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verified"),
        CheckConstraint("verified_by <> person_id", name="not_by_oneself"),
        Index("ix_certificates_person", "district_id", "person_id", "id"),
    )


class AvailabilityWindow(Tenant, Base):
    """A weekly time somebody is free, in minutes of the China day; 1 is Monday."""

    __tablename__ = "availability_windows"

    person_id: Mapped[UUID]
    weekday: Mapped[int] = mapped_column(SmallInteger)
    from_minute: Mapped[int] = mapped_column(SmallInteger)
    until_minute: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        key_to("people", "person_id"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440", name="minutes"),
        UniqueConstraint("district_id", "person_id", "weekday", "from_minute"),
    )


class AvailabilityException(Tenant, Base):
    """A day that is not as its week: free or not in this span, whatever the week says."""

    __tablename__ = "availability_exceptions"

    person_id: Mapped[UUID]
    on: Mapped[date]
    free: Mapped[bool]
    from_minute: Mapped[int] = mapped_column(SmallInteger, default=0)
    until_minute: Mapped[int] = mapped_column(SmallInteger, default=1440)

    __table_args__ = (
        key_to("people", "person_id"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440", name="minutes"),
        UniqueConstraint("district_id", "person_id", "on", "from_minute"),
    )


class CareFact(Tenant, Versioned, Base):
    """A fact of health or care, sealed with its kind; there only on a basis, gone when the basis goes."""

    __tablename__ = "care_facts"

    person_id: Mapped[UUID]
    kind_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    consent_id: Mapped[UUID]
    recorded_by: Mapped[UUID]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("people", "recorded_by"),
        key_to("consents", "consent_id"),
        Index("ix_care_facts_person", "district_id", "person_id", "id"),
    )


class HouseholdMember(Tenant, Versioned, Base):
    """A person in a household (a place of kind household), as what, from when to when; in one at a time."""

    __tablename__ = "household_members"

    place_id: Mapped[UUID]
    person_id: Mapped[UUID]
    relation: Mapped[HouseholdRelation] = mapped_column(text_enum(HouseholdRelation, "relation"))
    """To the head of the household."""
    since_on: Mapped[date]
    until_on: Mapped[date | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("people", "person_id"),
        CheckConstraint("until_on IS NULL OR until_on >= since_on", name="span"),
        Index("ix_household_members_place", "district_id", "place_id", "id"),
        Index("ix_household_members_person", "district_id", "person_id", "id"),
        Index(
            "uq_household_members_current",
            "district_id",
            "person_id",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
        Index(
            "uq_household_members_head",
            "district_id",
            "place_id",
            unique=True,
            postgresql_where=text("until_on IS NULL AND relation = 'head'"),
        ),
    )


class Guardianship(Tenant, Versioned, Base):
    """Who answers for a minor; checked by staff."""

    __tablename__ = "guardianships"

    minor_id: Mapped[UUID]
    guardian_id: Mapped[UUID]
    relation: Mapped[GuardianRelation] = mapped_column(text_enum(GuardianRelation, "relation"))
    evidence: Mapped[str]
    """What was seen: the household register, a court's decision."""
    verified_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("people", "minor_id"),
        key_to("people", "guardian_id"),
        key_to("people", "verified_by"),
        CheckConstraint("minor_id <> guardian_id", name="two_people"),
        CheckConstraint("verified_by <> guardian_id", name="not_by_oneself"),
        Index(
            "uq_guardianships_current",
            "district_id",
            "minor_id",
            "guardian_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_guardianships_guardian", "district_id", "guardian_id", "minor_id"),
    )
