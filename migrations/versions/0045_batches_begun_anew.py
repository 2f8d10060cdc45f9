"""A batch of dispatch that is begun anew lets go of what an earlier try chose."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def upgrade() -> None:
    op.execute(f"GRANT DELETE ON dispatch_choices TO {ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON dispatch_choices FROM {ROLE}")
