"""Resources 资源 with their times, and the bookings that take of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.bookings import PENDING, TAKING, BookingState, Purpose
from app.domain.resources import SHOWN, STANDING, Nature, ResourceKind, ResourceState
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, literal_in, text_enum


class Resource(Tenant, Located, Versioned, Base):
    """What an organization or a person offers; its place is where it is."""

    __tablename__ = "resources"

    state: Mapped[ResourceState] = mapped_column(text_enum(ResourceState, "state"), default=ResourceState.OFFERED)
    organization_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    offered_by: Mapped[UUID | None]
    """Who wrote the offer down: the person, whoever acts for the unit, or staff."""
    kind: Mapped[ResourceKind] = mapped_column(text_enum(ResourceKind, "kind"))
    nature: Mapped[Nature] = mapped_column(text_enum(Nature, "nature"))
    name: Mapped[str]
    details: Mapped[str | None]
    categories: Mapped[list[str]]
    """Codes of the catalogue it serves."""
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str]
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of stock: what bookings have taken. Only the trigger on bookings writes it."""
    service_place_id: Mapped[UUID]
    service_path: Mapped[str] = mapped_column(PATH)
    """The subtree it serves."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    remind_days: Mapped[int] = mapped_column(SmallInteger)
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    state_words: Mapped[str | None]
    """Why it was refused or withdrawn."""

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("places", "service_place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "person_id"),
        key_to("people", "offered_by"),
        CheckConstraint("num_nonnulls(organization_id, person_id) = 1", name="one_owner"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("0 <= reserved AND reserved <= quantity", name="reserved"),
        CheckConstraint("nature = 'stock' OR reserved = 0", name="reserved_of_stock"),
        CheckConstraint("nature <> 'exclusive' OR quantity = 1", name="exclusive"),
        CheckConstraint("kind <> 'funds' OR (nature = 'stock' AND unit = '分')", name="funds"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="validity"),
        CheckConstraint("(ends_at IS NULL) = (remind_at IS NULL)", name="remind"),
        CheckConstraint("state <> 'refused' OR state_words IS NOT NULL", name="refused"),
        Index("ix_resources_community", "district_id", "community_id", "id"),
        Index("ix_resources_organization", "district_id", "organization_id", "id"),
        Index("ix_resources_person", "district_id", "person_id", "id"),
        Index(
            "ix_resources_service",
            "district_id",
            "service_path",
            "id",
            postgresql_where=text(literal_in("state", SHOWN)),
        ),
        Index("ix_resources_ends_at", "district_id", "ends_at", postgresql_where=text(literal_in("state", STANDING))),
        Index("ix_resources_remind_at", "district_id", "remind_at", postgresql_where=text("reminded_at IS NULL")),
        Index(
            "ix_resources_kinds",
            text("resource_kinds(district_id, categories)"),
            postgresql_using="gin",
            postgresql_where=text("state = 'listed'"),
        ),
        Index(
            "ix_resources_position",
            "district_id",
            text("point(lon, lat)"),
            postgresql_using="gist",
            postgresql_where=text("state = 'listed'"),
        ),
    )


class ResourceWindow(Tenant, Base):
    """A weekly time the resource is open, in minutes of the China day; 1 is Monday. Without any it always is."""

    __tablename__ = "resource_windows"

    resource_id: Mapped[UUID]
    weekday: Mapped[int] = mapped_column(SmallInteger)
    from_minute: Mapped[int] = mapped_column(SmallInteger)
    until_minute: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        key_to("resources", "resource_id"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440", name="minutes"),
        UniqueConstraint("district_id", "resource_id", "weekday", "from_minute"),
    )


class ResourceException(Tenant, Base):
    """A day that is not as its week: open or closed in this span, whatever the week says."""

    __tablename__ = "resource_exceptions"

    resource_id: Mapped[UUID]
    on: Mapped[date]
    free: Mapped[bool]
    from_minute: Mapped[int] = mapped_column(SmallInteger, default=0)
    until_minute: Mapped[int] = mapped_column(SmallInteger, default=1440)

    __table_args__ = (
        key_to("resources", "resource_id"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440", name="minutes"),
        UniqueConstraint("district_id", "resource_id", "on", "from_minute"),
    )


class Booking(Tenant, Versioned, Base):
    """So much of a resource, over a time or for good, for one purpose. The database keeps what is taken within what there is."""

    __tablename__ = "bookings"

    state: Mapped[BookingState] = mapped_column(text_enum(BookingState, "state"), default=BookingState.HELD)
    resource_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    """The resource's."""
    nature: Mapped[Nature] = mapped_column(text_enum(Nature, "nature"))
    """The resource's; a trigger compares the two."""
    quantity: Mapped[int] = mapped_column(BigInteger)
    during: Mapped[Any] = mapped_column(TSTZRANGE, nullable=True)
    """Of what is used over a time."""
    purpose: Mapped[Purpose] = mapped_column(text_enum(Purpose, "purpose"))
    purpose_id: Mapped[UUID]
    use_place_id: Mapped[UUID]
    use_path: Mapped[str] = mapped_column(PATH)
    """Where it is used: the purpose's place."""
    booked_by: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    """Of a hold."""
    cancel_words: Mapped[str | None]

    __table_args__ = (
        key_to("resources", "resource_id"),
        key_to("places", "use_place_id"),
        key_to("people", "booked_by"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("(nature = 'stock') = (during IS NULL)", name="during"),
        CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)"
            " AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name="bounds",
        ),
        CheckConstraint("(state = 'held') <= (expires_at IS NOT NULL)", name="expires"),
        CheckConstraint("(state = 'cancelled') = (cancel_words IS NOT NULL)", name="cancelled"),
        ExcludeConstraint(
            ("district_id", "="),
            ("resource_id", "="),
            ("during", "&&"),
            using="gist",
            where=text(f"nature = 'exclusive' AND {literal_in('state', TAKING)}"),
            name="ex_bookings_overlap",
        ),
        Index("ix_bookings_resource", "district_id", "resource_id", "id"),
        Index("ix_bookings_taking", "district_id", "resource_id", postgresql_where=text(literal_in("state", TAKING))),
        Index("ix_bookings_purpose", "district_id", "purpose_id", "id"),
        Index("ix_bookings_booked_by", "district_id", "booked_by", "id"),
        Index("ix_bookings_path", "district_id", "path", "id", postgresql_where=text(literal_in("state", PENDING))),
        Index("ix_bookings_expires_at", "district_id", "expires_at", postgresql_where=text("state = 'held'")),
    )
