"""What kind of service a closed round was of: an order that is recategorised later does not take its past along."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

KINDS = """
UPDATE order_rounds r SET category = COALESCE(
  (SELECT told.data->>'before' FROM events changed
   JOIN events told ON told.district_id = changed.district_id AND told.aggregate_id = o.need_id AND told.action = 'recategorise'
                   AND told.at >= changed.at AND told.data->>'category' = changed.data->>'category'
   WHERE changed.district_id = o.district_id AND changed.aggregate_id = o.id AND changed.action = 'recategorise'
     AND changed.at > r.closed_at
   ORDER BY changed.seq, told.seq LIMIT 1), o.category)
FROM orders o WHERE r.{mine} AND o.district_id = r.district_id AND o.id = r.order_id"""
"""The order's events say what it became, the need's, of the same moment, what it was before."""


def upgrade() -> None:
    op.add_column('order_rounds', sa.Column('category', sa.Text(), nullable=True))
    op.execute(in_each_district(KINDS))
    op.alter_column('order_rounds', 'category', nullable=False)


def downgrade() -> None:
    op.drop_column('order_rounds', 'category')
