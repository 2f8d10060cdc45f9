"""Two indexes for the list of orders at risk: what is unfinished, by its limit."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

RUNS = "state IN ('accepted', 'disputed', 'in_progress', 'offered', 'open', 'published')"


def upgrade() -> None:
    op.create_index('ix_orders_at_risk', 'orders', ['district_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text(RUNS))
    op.create_index('ix_orders_community_at_risk', 'orders', ['district_id', 'community_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text(RUNS))


def downgrade() -> None:
    op.drop_index('ix_orders_community_at_risk', table_name='orders')
    op.drop_index('ix_orders_at_risk', table_name='orders')
