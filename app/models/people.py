"""People, their accounts and their grants. Names and phones are sealed (app.core.crypto)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.people import PartyStatus, Role
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, text_enum


class Person(Tenant, Located, Versioned, Base):
    """A natural person; ``place`` is where they live."""

    __tablename__ = "people"

    name_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None]
    organization_id: Mapped[UUID | None]
    party_status: Mapped[PartyStatus] = mapped_column(text_enum(PartyStatus, "party_status"), default=PartyStatus.NONE)
    skills: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        UniqueConstraint("district_id", "phone_index"),
        Index("ix_people_community", "district_id", "community_id", "id"),
        Index("ix_people_grid", "district_id", "grid_id", "id"),
        Index("ix_people_organization", "district_id", "organization_id", "id"),
    )


class Account(Tenant, Base):
    """A way to sign in. ``login`` is unique in the district."""

    __tablename__ = "accounts"

    person_id: Mapped[UUID]
    login: Mapped[str]
    password_hash: Mapped[str]
    demo: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (key_to("people", "person_id"), UniqueConstraint("district_id", "login"))


class Grant(Tenant, Base):
    """A role at a place for a time, with who gave it. It covers the place's whole subtree."""

    __tablename__ = "grants"

    person_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(text_enum(Role, "role"))
    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    place_kind: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("places", "place_id"),
        UniqueConstraint("district_id", "person_id", "role", "place_id"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="span"),
        Index("ix_grants_place", "district_id", "place_id", "role", "person_id"),
    )
