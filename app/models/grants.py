"""Authority: a role at a place for a time, and standing in for somebody who is away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.authority import EXCLUSIVE, STAFF
from app.domain.people import SEPARATED, Role
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum

_SPAN = func.tstzrange(text("starts_at"), text("ends_at"))
_SIDE = text(f"(CASE WHEN {literal_in('role', SEPARATED)} THEN role ELSE 'staff' END)")
"""Staff roles go together; a separated administrator's goes with nothing but itself."""
_AWAY = func.tstzrange(
    text("starts_at"), text("GREATEST(starts_at, LEAST(ends_at, ended_at))")
)  # LEAST passes over what is null


class Grant(Tenant, Versioned, Base):
    """A role at a place for a time, with who gave it. It covers the place's whole subtree.

    The same role at the same place is held once at any moment, and nobody is two of the three separated administrators, or one
    of them and staff. A grant ends, and stays: who had which role when can always be said.
    """

    __tablename__ = "grants"

    person_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(text_enum(Role, "role"))
    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    place_kind: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    """None: given when the district was brought in, or by the operator's command."""
    substitution_id: Mapped[UUID | None]
    """Lent by somebody who is away."""
    lent_from_id: Mapped[UUID | None]
    """The grant it is lent from; it ends when that one ends."""
    lent_by: Mapped[UUID | None]
    """Who is away."""
    revoked_at: Mapped[datetime | None]
    """When somebody ended it before its time."""
    revoked_by: Mapped[UUID | None]

    __table_args__ = (
        key_to("people", "person_id"),
        key_to("people", "granted_by"),
        key_to("places", "place_id"),
        key_to("substitutions", "substitution_id"),
        key_to("grants", "lent_from_id"),
        key_to("people", "lent_by"),
        key_to("people", "revoked_by"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="span"),
        CheckConstraint("granted_by <> person_id", name="not_to_oneself"),
        CheckConstraint("num_nulls(substitution_id, lent_from_id, lent_by) IN (0, 3)", name="lent"),
        CheckConstraint("lent_by <> person_id", name="not_lent_to_oneself"),
        CheckConstraint(f"lent_by IS NULL OR {literal_in('role', STAFF)}", name="lent_role"),
        ExcludeConstraint(
            ("district_id", "="),
            ("person_id", "="),
            ("role", "="),
            ("place_id", "="),
            (_SPAN, "&&"),
            where=text("substitution_id IS NULL"),
            using="gist",
            name="ex_grants_once",
        ),
        ExcludeConstraint(
            ("district_id", "="),
            ("person_id", "="),
            (_SIDE, "<>"),
            (_SPAN, "&&"),
            where=text(literal_in("role", EXCLUSIVE)),
            using="gist",
            name="ex_grants_separated",
        ),
        Index("ix_grants_person", "district_id", "person_id", "id"),
        Index("ix_grants_place", "district_id", "place_id", "role", "person_id"),
        Index("ix_grants_substitution", "district_id", "substitution_id"),
        Index("ix_grants_path", "district_id", "path", "id"),
        Index("ix_grants_lent_from", "district_id", "lent_from_id"),
    )


class Substitution(Tenant, Versioned, Base):
    """Who stands in for somebody who is away, from when to when. ``path`` is the innermost place that holds what is lent."""

    __tablename__ = "substitutions"

    absent_id: Mapped[UUID]
    substitute_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    arranged_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("people", "absent_id"),
        key_to("people", "substitute_id"),
        key_to("people", "arranged_by"),
        CheckConstraint("absent_id <> substitute_id", name="two_people"),
        CheckConstraint("arranged_by <> substitute_id", name="not_to_oneself"),
        CheckConstraint("ends_at > starts_at", name="span"),
        ExcludeConstraint(
            ("district_id", "="), ("absent_id", "="), (_AWAY, "&&"), using="gist", name="ex_substitutions_once"
        ),
        Index("ix_substitutions_absent", "district_id", "absent_id", "id"),
        Index("ix_substitutions_substitute", "district_id", "substitute_id", "id"),
    )
