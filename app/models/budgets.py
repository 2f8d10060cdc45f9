"""Budget lines of projects, and the vouchers spent from them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.budgets import FundSource, VoucherKind, VoucherState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class BudgetLine(Tenant, Versioned, Base):
    """So much for one purpose. What is spent and what waits for approval never exceed it, whoever races."""

    __tablename__ = "budget_lines"

    project_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    purpose: Mapped[str]
    source: Mapped[FundSource] = mapped_column(text_enum(FundSource, "source"))
    organization_id: Mapped[UUID | None]
    """The unit that pays."""
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reserved_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    """In vouchers not decided yet."""
    spent_fen: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("organizations", "organization_id"),
        CheckConstraint("(source = 'unit') = (organization_id IS NOT NULL)", name="unit_pays"),
        CheckConstraint("reserved_fen >= 0 AND spent_fen >= 0", name="not_negative"),
        CheckConstraint("reserved_fen + spent_fen <= amount_fen", name="not_over"),
        Index("ix_budget_lines_project", "district_id", "project_id", "id"),
        Index("ix_budget_lines_organization", "district_id", "organization_id"),
    )


class Voucher(Tenant, Versioned, Base):
    """What it says is never edited, only decided: the role of requests may write nothing else."""

    __tablename__ = "vouchers"

    project_id: Mapped[UUID]
    line_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    kind: Mapped[VoucherKind] = mapped_column(text_enum(VoucherKind, "kind"))
    state: Mapped[VoucherState] = mapped_column(text_enum(VoucherState, "state"), default=VoucherState.ENTERED)
    number: Mapped[str]
    dated_on: Mapped[date]
    payee: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    evidence_digest: Mapped[str]
    """SHA-256 of the scanned paper, in hex."""
    reverses_id: Mapped[UUID | None]
    entered_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    __table_args__ = (
        key_to("projects", "project_id"),
        key_to("budget_lines", "line_id"),
        key_to("vouchers", "reverses_id"),
        key_to("people", "entered_by"),
        key_to("people", "decided_by"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint("evidence_digest ~ '^[0-9a-f]{64}$'", name="evidence_digest"),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reverses"),
        CheckConstraint("(state = 'entered') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("decided_by <> entered_by", name="two_hands"),
        CheckConstraint("state <> 'rejected' OR reason IS NOT NULL", name="reason"),
        Index(
            "uq_vouchers_number",
            "district_id",
            "project_id",
            "number",
            unique=True,
            postgresql_where=text("state <> 'rejected'"),
        ),
        Index(
            "uq_vouchers_reversal",
            "district_id",
            "reverses_id",
            unique=True,
            postgresql_where=text("state <> 'rejected'"),
        ),
        Index("ix_vouchers_project", "district_id", "project_id", "id"),
        Index("ix_vouchers_line", "district_id", "line_id", "id"),
    )
