"""Batches of dispatch that take orders on every way, when that is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatch_batches", sa.Column("every_way", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("dispatch_batches", "every_way")
