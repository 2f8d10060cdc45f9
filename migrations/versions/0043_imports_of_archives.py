"""Imports of old messages, for which no limit runs. Those before were taken in without one."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("archive", sa.Boolean(), server_default="true", nullable=False))
    op.alter_column("imports", "archive", server_default="false")


def downgrade() -> None:
    op.drop_column("imports", "archive")
