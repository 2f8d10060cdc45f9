"""An invitation ends as filled when somebody else asked for the same place was quicker."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BEFORE = "'invited', 'accepted', 'checked_in', 'checked_out', 'verified', 'declined', 'expired', 'cancelled_early', 'cancelled_late', 'substituted', 'no_show', 'excused'"
NAME = "ck_assignments_state"


def say(states: str) -> None:
    op.execute(f"ALTER TABLE assignments DROP CONSTRAINT {NAME}")
    op.execute(f"ALTER TABLE assignments ADD CONSTRAINT {NAME} CHECK (state IN ({states})) NOT VALID")
    op.execute(f"ALTER TABLE assignments VALIDATE CONSTRAINT {NAME}")


def upgrade() -> None:
    say(f"{BEFORE}, 'filled'")


def downgrade() -> None:
    """Whoever was let go so counts as excused, as far as an older house knows."""
    op.execute("UPDATE assignments SET state = 'excused' WHERE state = 'filled'")
    say(BEFORE)
