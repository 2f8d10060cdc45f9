"""Activities 活动 and the parts 角色 one may come as."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.activities import MOST_PLACES, UPCOMING, ActivityState, Audience, PartKind
from app.domain.catalogue import Skill
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, literal_in, text_enum


class Activity(Tenant, Located, Versioned, Base):
    """Something people come to, at a time and a place."""

    __tablename__ = "activities"

    state: Mapped[ActivityState] = mapped_column(text_enum(ActivityState, "state"), default=ActivityState.DRAFT)
    title: Mapped[str]
    details: Mapped[str | None]
    category: Mapped[str]
    terms: Mapped[dict[str, Any]]
    """The catalogue's terms for the category on the day it was drawn up: whether help is volunteering, what a report shows."""
    audience: Mapped[Audience] = mapped_column(text_enum(Audience, "audience"))
    venue: Mapped[str | None]
    """Where at the place, in words."""
    venue_resource_id: Mapped[UUID | None]
    """The venue, where it is a resource that is booked."""
    venue_quantity: Mapped[int] = mapped_column(BigInteger, default=1)
    venue_booking_id: Mapped[UUID | None]
    """The last booking of it."""
    organization_id: Mapped[UUID | None]
    """The organizing unit; None: the community, or whoever looks after the place."""
    responsible_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    sign_up_from: Mapped[datetime | None]
    sign_up_until: Mapped[datetime]
    project_id: Mapped[UUID | None]
    """The project it was held for."""
    series_id: Mapped[UUID | None]
    series_on: Mapped[date | None]
    """Which day of the series it was made for: once each, wherever it is moved to."""
    moved_at: Mapped[datetime | None]
    """When time or place were changed last, after it had been listed."""
    reminded_at: Mapped[datetime | None]
    words: Mapped[str | None]
    """What was said with the last step, such as why it was sent back."""
    cancel_reason: Mapped[str | None]
    report: Mapped[str | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the report brought with it: kind → where it is kept or what it says."""
    concluded_at: Mapped[datetime | None]
    insurer: Mapped[str | None]
    """Who insures its helpers against accidents, for a category that asks for it (志愿服务条例 §17)."""
    policy_number: Mapped[str | None]
    insured_until: Mapped[date | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "responsible_id"),
        key_to("projects", "project_id"),
        key_to("activity_series", "series_id"),
        key_to("resources", "venue_resource_id"),
        key_to("bookings", "venue_booking_id"),
        CheckConstraint("venue_quantity >= 1", name="venue_quantity"),
        CheckConstraint("venue_booking_id IS NULL OR venue_resource_id IS NOT NULL", name="venue_booking"),
        UniqueConstraint("district_id", "series_id", "series_on"),
        CheckConstraint("(series_id IS NULL) = (series_on IS NULL)", name="series"),
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("num_nulls(insurer, policy_number, insured_until) IN (0, 3)", name="insurance"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancel_reason"),
        CheckConstraint(
            "(state = 'concluded') = (concluded_at IS NOT NULL) AND (report IS NOT NULL OR concluded_at IS NULL)",
            name="report",
        ),
        Index("ix_activities_start", "district_id", "starts_at", "id"),
        Index("ix_activities_community", "district_id", "community_id", "starts_at", "id"),
        Index("ix_activities_organization", "district_id", "organization_id", "starts_at"),
        Index("ix_activities_project", "district_id", "project_id", postgresql_where=text("project_id IS NOT NULL")),
        Index("ix_activities_responsible", "district_id", "responsible_id"),
        Index(
            "ix_activities_upcoming", "district_id", "starts_at", postgresql_where=text(literal_in("state", UPCOMING))
        ),
    )


class ActivityRole(Tenant, Base):
    """A part of an activity with its places. The database lets no more be taken than there are, whoever races."""

    __tablename__ = "activity_roles"

    activity_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    position: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]
    kind: Mapped[PartKind] = mapped_column(text_enum(PartKind, "kind"))
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    last_waiting: Mapped[int] = mapped_column(default=0)
    """The last number given on the waiting list."""
    skill: Mapped[Skill | None] = mapped_column(text_enum(Skill, "skill"))
    certified: Mapped[bool] = mapped_column(default=False)
    min_age: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        key_to("activities", "activity_id"),
        UniqueConstraint("district_id", "activity_id", "name"),
        CheckConstraint(f"places BETWEEN 1 AND {MOST_PLACES}", name="places"),
        CheckConstraint("taken BETWEEN 0 AND places", name="taken"),
        CheckConstraint("min_age BETWEEN 1 AND 100", name="min_age"),
        CheckConstraint("skill IS NOT NULL OR NOT certified", name="certified"),
    )
