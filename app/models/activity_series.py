"""Series of activities 系列活动 and their regulars."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.activities import Audience
from app.domain.activity_series import SeriesState
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, text_enum


class ActivitySeries(Tenant, Located, Versioned, Base):
    """What the single activities are made from. Days and time of day are China's."""

    __tablename__ = "activity_series"

    state: Mapped[SeriesState] = mapped_column(text_enum(SeriesState, "state"))
    title: Mapped[str]
    details: Mapped[str | None]
    category: Mapped[str]
    audience: Mapped[Audience] = mapped_column(text_enum(Audience, "audience"))
    venue: Mapped[str | None]
    venue_resource_id: Mapped[UUID | None]
    """The resource each of its activities books."""
    venue_quantity: Mapped[int] = mapped_column(BigInteger, default=1)
    organization_id: Mapped[UUID | None]
    responsible_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    """The project its activities are held for."""
    rule: Mapped[str]
    """RFC 5545, the part that ``app.domain.recurrence`` reads."""
    starts_on: Mapped[date]
    start_minute: Mapped[int] = mapped_column(SmallInteger)
    minutes: Mapped[int] = mapped_column(SmallInteger)
    skip_holidays: Mapped[bool]
    without: Mapped[list[date]] = mapped_column(ARRAY(Date))
    """EXDATE."""
    besides: Mapped[list[date]] = mapped_column(ARRAY(Date))
    """RDATE."""
    roles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    insurer: Mapped[str | None]
    """What each of its activities begins with, for a category that asks for insurance."""
    policy_number: Mapped[str | None]
    insured_until: Mapped[date | None]
    made_until: Mapped[date | None]
    """The last day that has been looked at."""
    next_look_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "responsible_id"),
        key_to("projects", "project_id"),
        key_to("resources", "venue_resource_id"),
        CheckConstraint("venue_quantity >= 1", name="venue_quantity"),
        CheckConstraint("num_nulls(insurer, policy_number, insured_until) IN (0, 3)", name="insurance"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start_minute"),
        CheckConstraint("minutes BETWEEN 1 AND 960", name="minutes"),
        CheckConstraint("state = 'running' OR next_look_at IS NULL", name="next_look_at"),
        Index("ix_activity_series_community", "district_id", "community_id", "id"),
        Index(
            "ix_activity_series_project", "district_id", "project_id", postgresql_where=text("project_id IS NOT NULL")
        ),
        Index(
            "ix_activity_series_next_look",
            "district_id",
            "next_look_at",
            postgresql_where=text("state = 'running'"),
        ),
    )


class SeriesMember(Tenant, Base):
    """A regular 固定班底: signed up for each of the series, in the order of having joined."""

    __tablename__ = "series_members"

    series_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    person_id: Mapped[UUID]
    role_name: Mapped[str]
    number: Mapped[int]
    guardian_id: Mapped[UUID | None]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("activity_series", "series_id"),
        key_to("people", "person_id"),
        key_to("people", "guardian_id"),
        Index("uq_series_members_number", "district_id", "series_id", "number", unique=True),
        Index(
            "uq_series_members_current",
            "district_id",
            "series_id",
            "person_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_series_members_person", "district_id", "person_id", "id"),
    )
