"""How many people an order wanted before a unit had it alone. Of those that a unit has now nobody knows: one."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("people_before_unit", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "people_before_unit")
