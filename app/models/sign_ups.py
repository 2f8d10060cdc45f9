"""Sign-ups 报名: who comes to an activity, and as what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.assignments import CheckMethod
from app.domain.sign_ups import STANDING, Search, SignUpState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class SignUp(Tenant, Versioned, Base):
    """One person in one part of one activity, or waiting for it; one that stands an activity."""

    __tablename__ = "sign_ups"

    activity_id: Mapped[UUID]
    role_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    person_id: Mapped[UUID]
    state: Mapped[SignUpState] = mapped_column(text_enum(SignUpState, "state"))
    waiting_number: Mapped[int | None]
    """In the order of having asked; kept once they have moved up."""
    signed_up_by: Mapped[UUID | None]
    """None: the clock, for a regular of the series."""
    guardian_id: Mapped[UUID | None]
    """The guardian who signed up a minor."""
    guardian_evidence: Mapped[str | None]
    """Which signed sheet staff have seen."""
    replaces_id: Mapped[UUID | None]
    """Whose place this person takes, once."""
    search: Mapped[Search | None] = mapped_column(text_enum(Search, "search"))
    """How far the system is with finding somebody to come instead; None: it was not asked to."""
    search_at: Mapped[datetime | None]
    """When it goes on looking, while nobody is to be asked; None: somebody is asked, or it does not look."""
    answer_by: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    check_in_method: Mapped[CheckMethod | None] = mapped_column(text_enum(CheckMethod, "check_in_method"))
    check_out_method: Mapped[CheckMethod | None] = mapped_column(text_enum(CheckMethod, "check_out_method"))
    check_out_by: Mapped[datetime | None]
    """When a check-out that is still missing is taken as forgotten."""
    words: Mapped[str | None]
    """Why it was cancelled, missed or excused."""
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rating_words: Mapped[str | None]

    __table_args__ = (
        key_to("activities", "activity_id"),
        key_to("activity_roles", "role_id"),
        key_to("people", "person_id"),
        key_to("people", "signed_up_by"),
        key_to("people", "guardian_id"),
        key_to("sign_ups", "replaces_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("state <> 'waiting' OR waiting_number IS NOT NULL", name="waiting_number"),
        CheckConstraint("state <> 'invited' OR (replaces_id IS NOT NULL AND answer_by IS NOT NULL)", name="invited"),
        CheckConstraint("search IS NULL OR state = 'confirmed'", name="search_while_confirmed"),
        CheckConstraint("search_at IS NULL OR search = 'looking'", name="search_at"),
        CheckConstraint("(state = 'checked_in') = (check_out_by IS NOT NULL)", name="check_out_by"),
        Index(
            "uq_sign_ups_standing",
            "district_id",
            "activity_id",
            "person_id",
            unique=True,
            postgresql_where=text(literal_in("state", STANDING)),
        ),
        Index(
            "uq_sign_ups_waiting_number",
            "district_id",
            "role_id",
            "waiting_number",
            unique=True,
            postgresql_where=text("waiting_number IS NOT NULL"),
        ),
        Index(
            "uq_sign_ups_substitute",
            "district_id",
            "replaces_id",
            unique=True,
            postgresql_where=text("state = 'invited'"),
        ),
        Index("ix_sign_ups_activity", "district_id", "activity_id", "id"),
        Index("ix_sign_ups_person", "district_id", "person_id", "id"),
        Index("ix_sign_ups_answer_by", "district_id", "answer_by", postgresql_where=text("state = 'invited'")),
        Index("ix_sign_ups_search_at", "district_id", "search_at", postgresql_where=text("search = 'looking'")),
        Index("ix_sign_ups_check_out_by", "district_id", "check_out_by", postgresql_where=text("state = 'checked_in'")),
    )
