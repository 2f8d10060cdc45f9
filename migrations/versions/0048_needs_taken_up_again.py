"""Orders whose need was taken up again after they were closed: they were not solved, whatever their outcome says."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

UNMET = """
UPDATE orders o SET unmet = true
WHERE o.{mine} AND o.state = 'closed' AND EXISTS (
  SELECT FROM events e
  WHERE e.district_id = o.district_id AND e.aggregate_id = o.need_id AND e.aggregate = 'need' AND e.action = 'reopen'
    AND e.data->>'order_id' IS NULL AND (e.data->>'round')::int = o.need_round + 1 AND e.at >= o.closed_at)"""
"""From the history: of a need that was taken up with one of its orders, only that order came to nothing."""


def upgrade() -> None:
    op.add_column('orders', sa.Column('unmet', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.execute(in_each_district(UNMET))
    op.create_check_constraint(op.f('ck_orders_unmet_if_closed'), 'orders', "state = 'closed' OR NOT unmet")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_orders_unmet_if_closed'), 'orders', type_='check')
    op.drop_column('orders', 'unmet')
