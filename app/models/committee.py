"""The joint committee 大党委 of a community: its member units, the yearly draw of the duty rotation, its turns, their exchange."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.duty_rotation import TURNS
from app.domain.duty_turns import OPEN_DRAWS, OPEN_EXCHANGES, DrawState, ExchangeState, TurnState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, literal_in, text_enum


class CommitteeMember(Tenant, Versioned, Base):
    """A unit in the joint committee of a community, from when to when. It may sit in several communities' committees.

    ``organizations.joint_committee`` is kept in step with these rows, and nothing else writes it.
    """

    __tablename__ = "committee_members"

    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    """The community's."""
    organization_id: Mapped[UUID]
    liaison_id: Mapped[UUID | None]
    """Who is told and asked; whoever acts for the unit may act."""
    deputy_id: Mapped[UUID | None]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    left_reason: Mapped[str | None]

    __table_args__ = (
        key_to("places", "community_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "liaison_id"),
        key_to("people", "deputy_id"),
        CheckConstraint("left_on >= joined_on", name="span"),
        CheckConstraint("(left_on IS NULL) = (left_reason IS NULL)", name="left"),
        Index(
            "uq_committee_members_active",
            "district_id",
            "community_id",
            "organization_id",
            unique=True,
            postgresql_where=text("left_on IS NULL"),
        ),
        Index("ix_committee_members_community", "district_id", "community_id", "id"),
        Index("ix_committee_members_organization", "district_id", "organization_id", "id"),
    )


class DutyDraw(Tenant, Versioned, Base):
    """One try at drawing the units on duty of a year. ``nonce`` is shown once it is revealed, never before."""

    __tablename__ = "duty_draws"

    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    year: Mapped[int]
    state: Mapped[DrawState] = mapped_column(text_enum(DrawState, "state"))
    source: Mapped[str]
    """The public source of the word: spoken after the list is frozen."""
    source_on: Mapped[date]
    nonce: Mapped[str]
    commitment: Mapped[str]
    word: Mapped[str | None]
    entrants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The frozen list, as ``duty_rotation.Entrant`` with name and reason of exemption."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Turns, reserve and the rules that gave way."""
    discarded_because: Mapped[str | None]
    published_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "community_id"),
        CheckConstraint("(word IS NULL) = (result IS NULL)", name="drawn"),
        CheckConstraint("state NOT IN ('proposed', 'published') OR result IS NOT NULL", name="result"),
        CheckConstraint("(state = 'discarded') = (discarded_because IS NOT NULL)", name="discarded"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
        Index(
            "uq_duty_draws_published",
            "district_id",
            "community_id",
            "year",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
        Index(
            "uq_duty_draws_open",
            "district_id",
            "community_id",
            "year",
            unique=True,
            postgresql_where=text(literal_in("state", OPEN_DRAWS)),
        ),
        Index("ix_duty_draws_community", "district_id", "community_id", "id"),
    )


class DutyTurn(Tenant, Versioned, Base):
    """Two months of a year, and the unit that has them now. No unit twice in a year, but where the draw says that it gave way."""

    __tablename__ = "duty_turns"

    draw_id: Mapped[UUID]
    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    year: Mapped[int]
    number: Mapped[int]
    organization_id: Mapped[UUID]
    lap: Mapped[int] = mapped_column(default=1)
    """Which of its unit's turns this year."""
    state: Mapped[TurnState] = mapped_column(text_enum(TurnState, "state"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    exchange_id: Mapped[UUID | None]
    """The open exchange it is part of: one at a time."""
    told: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    """Which prompts and alarms of its checklist were told."""
    looked_on: Mapped[date | None]
    """When its checklist was looked at last."""
    report: Mapped[str | None]
    reported_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("duty_draws", "draw_id"),
        key_to("places", "community_id"),
        key_to("organizations", "organization_id"),
        ForeignKeyConstraint(  # the exchange points to its turns as well
            ["district_id", "exchange_id"], ["duty_exchanges.district_id", "duty_exchanges.id"], use_alter=True
        ),
        UniqueConstraint("district_id", "draw_id", "number"),
        UniqueConstraint("district_id", "draw_id", "organization_id", "lap", deferrable=True, initially="DEFERRED"),
        CheckConstraint(f"number BETWEEN 1 AND {TURNS}", name="number"),
        CheckConstraint(f"lap BETWEEN 1 AND {TURNS}", name="lap"),
        CheckConstraint("ends_on >= starts_on", name="span"),
        CheckConstraint("(state IN ('reported', 'closed')) = (reported_at IS NOT NULL)", name="reported"),
        Index(
            "uq_duty_turns_on_duty",
            "district_id",
            "community_id",
            unique=True,
            postgresql_where=text("state = 'on_duty'"),
        ),
        Index("ix_duty_turns_community", "district_id", "community_id", "starts_on"),
        Index("ix_duty_turns_organization", "district_id", "organization_id", "id"),
        Index(
            "ix_duty_turns_watched",
            "district_id",
            "looked_on",
            postgresql_where=text("state IN ('ended', 'on_duty')"),
        ),
        Index("ix_duty_turns_planned", "district_id", "starts_on", postgresql_where=text("state = 'planned'")),
        Index("ix_duty_turns_ending", "district_id", "ends_on", postgresql_where=text("state = 'on_duty'")),
    )


class DutyExchange(Tenant, Versioned, Base):
    """One unit asks another to exchange their turns of a year."""

    __tablename__ = "duty_exchanges"

    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    turn_id: Mapped[UUID]
    other_turn_id: Mapped[UUID]
    asking_id: Mapped[UUID]
    asked_id: Mapped[UUID]
    """The units."""
    state: Mapped[ExchangeState] = mapped_column(text_enum(ExchangeState, "state"))
    due_on: Mapped[date]
    """The last day to answer; once agreed, to object."""
    objection: Mapped[str | None]

    __table_args__ = (
        key_to("places", "community_id"),
        key_to("duty_turns", "turn_id"),
        key_to("duty_turns", "other_turn_id"),
        key_to("organizations", "asking_id"),
        key_to("organizations", "asked_id"),
        CheckConstraint("turn_id <> other_turn_id", name="two_turns"),
        CheckConstraint("asking_id <> asked_id", name="two_units"),
        CheckConstraint("(state = 'objected') = (objection IS NOT NULL)", name="objection"),
        Index("ix_duty_exchanges_turn", "district_id", "turn_id", "id"),
        Index("ix_duty_exchanges_other_turn", "district_id", "other_turn_id", "id"),
        Index("ix_duty_exchanges_community", "district_id", "community_id", "id"),
        Index(
            "ix_duty_exchanges_due",
            "district_id",
            "due_on",
            postgresql_where=text(literal_in("state", OPEN_EXCHANGES)),
        ),
    )
