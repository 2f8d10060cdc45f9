"""Orders 工单 and assignments 接单."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, case, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.assignments import ACTIVE, UNFINISHED, AssignmentState, CheckMethod
from app.domain.needs import Urgency
from app.domain.orders import MOST_PLACES, MOST_UNFINISHED, WORKED_ON, OrderState, Outcome, SuspendReason
from app.domain.orders_at_risk import AT_RISK
from app.models.base import PATH, Base, Located, Tenant, Versioned, key_to, literal_in, text_enum

_HELD = AssignmentState.INVITED


def askers_rating(rated: Any) -> ColumnElement[int | None]:
    """The stars of an order, or of a round of it, that the asker gave: None where nobody did, or somebody in their name."""
    return case((~rated.rated_for_asker, rated.rating))


class Order(Tenant, Located, Versioned, Base):
    __tablename__ = "orders"

    need_id: Mapped[UUID]
    state: Mapped[OrderState] = mapped_column(text_enum(OrderState, "state"), default=OrderState.OPEN)
    title: Mapped[str]
    category: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """The catalogue's terms for the category on the day the order was opened."""
    urgency: Mapped[Urgency] = mapped_column(text_enum(Urgency, "urgency"), default=Urgency.NORMAL)
    people_wanted: Mapped[int] = mapped_column(default=1)
    people_before_unit: Mapped[int | None]
    """How many people were wanted before a unit had the order alone; empty without one."""
    people_accepted: Mapped[int] = mapped_column(default=0)
    """How many of its places are held now."""
    risks: Mapped[str | None]
    """The need's, told to whoever is asked (志愿服务条例 §13)."""
    need_round: Mapped[int] = mapped_column(default=1, server_default="1")
    """The need's round this order belongs to: what ended in an earlier round no longer says whether the need is met."""
    round: Mapped[int] = mapped_column(default=1)
    wanted_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    auto_offer: Mapped[bool] = mapped_column(default=True)
    """Whether the system goes on offering it to the next candidate by itself."""
    offer_minutes: Mapped[int]
    pool_cap: Mapped[int | None]
    """In the pool: how many unfinished orders whoever takes it may hold, this one among them; None: the house's limit."""
    next_offer_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspend_reason: Mapped[SuspendReason | None] = mapped_column(text_enum(SuspendReason, "suspend_reason"))
    planned_until: Mapped[datetime | None]
    obstacle: Mapped[str | None]
    """Of a planned one (挂账): why it cannot be done now. Gone once it goes on or ends, so that nothing is kept of the words."""
    measures: Mapped[str | None]
    """Of a planned one: what is done about it meanwhile."""
    objected_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    overruled: Mapped[bool] = mapped_column(default=False)
    result: Mapped[str | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the report brought with it: kind → where it is kept or what it says."""
    insurer: Mapped[str | None]
    """Who insures the helpers against accidents, for a kind of service that asks for it (志愿服务条例 §17)."""
    policy_number: Mapped[str | None]
    insured_until: Mapped[date | None]
    """The last day the policy covers."""
    outcome: Mapped[Outcome | None] = mapped_column(text_enum(Outcome, "outcome"))
    unmet: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Of a closed one: its need was taken up again since. Whatever its outcome says, it was not solved."""
    rating: Mapped[int | None]
    rated_for_asker: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether somebody else gave the rating in the asker's name; who, the history says."""
    rating_words: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_system: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        key_to("needs", "need_id"),
        key_to("places", "place_id"),
        CheckConstraint(f"people_wanted BETWEEN 1 AND {MOST_PLACES}", name="people_wanted"),
        CheckConstraint("people_accepted BETWEEN 0 AND people_wanted", name="people_accepted"),
        CheckConstraint("num_nulls(insurer, policy_number, insured_until) IN (0, 3)", name="insurance"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint(f"pool_cap BETWEEN 1 AND {MOST_UNFINISHED}", name="pool_cap"),
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="outcome_if_closed"),
        CheckConstraint("state = 'closed' OR NOT unmet", name="unmet_if_closed"),
        CheckConstraint("(state = 'suspended') = (suspended_at IS NOT NULL)", name="suspended"),
        CheckConstraint("(state = 'suspended') = (suspend_reason IS NOT NULL)", name="suspended_for_a_reason"),
        CheckConstraint(
            "num_nulls(planned_until, obstacle, measures) = CASE WHEN state = 'planned' THEN 0 ELSE 3 END",
            name="planned",
        ),
        Index("ix_orders_community", "district_id", "community_id", "id"),
        Index("ix_orders_grid", "district_id", "grid_id", "id"),
        Index("ix_orders_need", "district_id", "need_id", "id"),
        Index(
            "ix_orders_community_working",
            "district_id",
            "community_id",
            "id",
            postgresql_where=text(literal_in("state", WORKED_ON)),
        ),
        Index(
            "ix_orders_grid_working",
            "district_id",
            "grid_id",
            "id",
            postgresql_where=text(literal_in("state", WORKED_ON)),
        ),
        Index(
            "ix_orders_community_at_risk",
            "district_id",
            "community_id",
            "due_at",
            "id",
            postgresql_where=text(literal_in("state", AT_RISK)),
        ),
        Index("ix_orders_at_risk", "district_id", "due_at", "id", postgresql_where=text(literal_in("state", AT_RISK))),
        Index(
            "ix_orders_pool",
            "district_id",
            "community_id",
            "id",
            postgresql_where=text("state = 'published'"),
        ),
        Index(
            "ix_orders_next_offer",
            "district_id",
            "next_offer_at",
            postgresql_where=text("state = 'open' AND auto_offer"),
        ),
        Index(
            "ix_orders_community_closed",
            "district_id",
            "community_id",
            "closed_at",
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("ix_orders_reported", "district_id", "reported_at", postgresql_where=text("state = 'reported'")),
        Index("ix_orders_planned", "district_id", "planned_until", postgresql_where=text("state = 'planned'")),
        Index("ix_orders_suspended", "district_id", "suspended_at", postgresql_where=text("state = 'suspended'")),
    )


class Assignment(Tenant, Versioned, Base):
    """One person, or one unit, on one place (``slot``) of one order. At most one is active a slot (I1)."""

    __tablename__ = "assignments"

    order_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    slot: Mapped[int]
    load_slot: Mapped[int | None]
    """Which of the person's own places for unfinished work this takes up: unique, so the limit holds in a race."""
    person_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    state: Mapped[AssignmentState] = mapped_column(text_enum(AssignmentState, "state"))
    invited_by: Mapped[UUID | None]
    answer_by: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    check_in_method: Mapped[CheckMethod | None] = mapped_column(text_enum(CheckMethod, "check_in_method"))
    check_out_method: Mapped[CheckMethod | None] = mapped_column(text_enum(CheckMethod, "check_out_method"))
    replaces_id: Mapped[UUID | None]
    choice: Mapped[dict[str, Any] | None]
    """Why this person: the parts of the cost, and the runners-up."""

    __table_args__ = (
        key_to("orders", "order_id"),
        key_to("people", "person_id"),
        key_to("organizations", "organization_id"),
        key_to("assignments", "replaces_id"),
        CheckConstraint("(person_id IS NULL) <> (organization_id IS NULL)", name="one_party"),
        CheckConstraint(f"slot BETWEEN 1 AND {MOST_PLACES}", name="slot"),
        Index(
            "uq_assignments_active_slot",
            "district_id",
            "order_id",
            "slot",
            unique=True,
            postgresql_where=text(literal_in("state", ACTIVE)),
        ),
        Index(
            "uq_assignments_active_person",
            "district_id",
            "order_id",
            "person_id",
            unique=True,
            postgresql_where=text(literal_in("state", ACTIVE | {_HELD})),
        ),
        Index(
            "uq_assignments_load_slot",
            "district_id",
            "person_id",
            "load_slot",
            unique=True,
            postgresql_where=text(literal_in("state", UNFINISHED)),
        ),
        Index("ix_assignments_order", "district_id", "order_id", "id"),
        Index("ix_assignments_person", "district_id", "person_id", "id"),
        Index("ix_assignments_organization", "district_id", "organization_id", "id"),
        Index("ix_assignments_answer_by", "district_id", "answer_by", postgresql_where=text("state = 'invited'")),
    )
