"""Ratings given in the asker's name by somebody else: they close the order, and are not the asker's word."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

TABLES = ("orders", "order_rounds")
ROUND = """
UPDATE order_rounds r SET rated_for_asker = true
FROM orders o, needs n, events e
WHERE r.{mine} AND o.district_id = r.district_id AND o.id = r.order_id AND n.district_id = o.district_id
  AND n.id = o.need_id AND r.rating IS NOT NULL AND e.district_id = r.district_id AND e.aggregate_id = r.order_id
  AND e.aggregate = 'order' AND e.action = 'confirm' AND e.actor_id <> n.asker_id
  AND e.at BETWEEN r.closed_at - interval '1 minute' AND r.closed_at + interval '1 minute'"""
ORDER = """
UPDATE orders o SET rated_for_asker = true
FROM needs n, events e
WHERE o.{mine} AND n.district_id = o.district_id AND n.id = o.need_id AND o.rating IS NOT NULL
  AND e.district_id = o.district_id AND e.aggregate_id = o.id AND e.aggregate = 'order' AND e.action = 'confirm'
  AND e.actor_id <> n.asker_id AND e.at BETWEEN o.closed_at - interval '1 minute' AND o.closed_at + interval '1 minute'"""
GUARDED = """ AND NOT EXISTS (
  SELECT FROM guardianships g
  WHERE g.district_id = n.district_id AND g.minor_id = n.asker_id AND g.guardian_id = e.actor_id)"""
"""From the history. A guardian's word was the asker's."""


def upgrade() -> None:
    for table in TABLES:
        column: sa.Column[bool] = sa.Column(
            "rated_for_asker", sa.Boolean(), server_default=sa.text("false"), nullable=False
        )
        op.add_column(table, column)
    for past in (ORDER, ROUND):
        op.execute(in_each_district(past + GUARDED))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "rated_for_asker")
