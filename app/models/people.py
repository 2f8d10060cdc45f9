"""People. Whatever identifies them is sealed with their personal secret (app.core.crypto)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import new_secret
from app.domain.orders import MOST_UNFINISHED
from app.domain.people import PartyStatus
from app.domain.profiles import Sex
from app.models.base import Base, Located, Tenant, Versioned, key_to, text_enum


class Person(Tenant, Located, Versioned, Base):
    """A natural person; ``place`` is where they live."""

    __tablename__ = "people"

    secret: Mapped[bytes | None] = mapped_column(default=new_secret)
    """The personal part of the key to all that is sealed for this person; None: erased, and nothing opens any more."""
    name_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None]
    id_number_sealed: Mapped[bytes | None]
    id_number_index: Mapped[bytes | None]
    birth_date_sealed: Mapped[bytes | None]
    name_birth_index: Mapped[bytes | None]
    """Blind index of name and birth date: who is recorded twice, without a number to tell."""
    address_sealed: Mapped[bytes | None]
    """Where they live in words, where the place alone does not say."""
    sex: Mapped[Sex | None] = mapped_column(text_enum(Sex, "sex"))
    minor: Mapped[bool] = mapped_column(default=False)
    """Under 14: a guardian consents, and reading the record needs an approval. The retention job ends it on the birthday."""
    organization_id: Mapped[UUID | None]
    party_status: Mapped[PartyStatus] = mapped_column(text_enum(PartyStatus, "party_status"), default=PartyStatus.NONE)
    skills: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    service_radius_m: Mapped[int | None]
    """How far from home they would help, in metres; None: anywhere in the community."""
    load_limit: Mapped[int | None]
    """How many orders they hold at once at most; None: the house's limit."""
    merged_into_id: Mapped[UUID | None]
    """Recorded twice: this record lives on in that one."""
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "merged_into_id"),
        UniqueConstraint("district_id", "phone_index"),
        UniqueConstraint("district_id", "id_number_index"),
        CheckConstraint("(erased_at IS NULL) = (secret IS NOT NULL)", name="erased"),
        CheckConstraint(
            "erased_at IS NULL OR num_nonnulls(phone_index, id_number_index, name_birth_index) = 0", name="unfindable"
        ),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        CheckConstraint("service_radius_m BETWEEN 100 AND 100000", name="service_radius_m"),
        CheckConstraint(f"load_limit BETWEEN 1 AND {MOST_UNFINISHED}", name="load_limit"),
        Index("ix_people_community", "district_id", "community_id", "id"),
        Index("ix_people_grid", "district_id", "grid_id", "id"),
        Index("ix_people_organization", "district_id", "organization_id", "id"),
        Index("ix_people_name_birth", "district_id", "name_birth_index"),
        Index(
            "ix_people_merged_into",
            "district_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
    )
