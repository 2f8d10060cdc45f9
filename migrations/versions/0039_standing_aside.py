"""Why an order or a need stands aside, in columns of its own: until now only its events said so."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

PLANNED = "num_nulls(planned_until, obstacle, measures) = CASE WHEN state = 'planned' THEN 0 ELSE 3 END"
SUSPENDED = """
UPDATE orders o SET suspend_reason = coalesce((
  SELECT e.data->>'reason' FROM events e
  WHERE e.district_id = o.district_id AND e.aggregate = 'order' AND e.aggregate_id = o.id AND e.action = 'suspend'
  ORDER BY e.seq DESC LIMIT 1), 'other')
WHERE {mine} AND state = 'suspended'"""
ON_THE_BOOKS = """
UPDATE {table} t SET (obstacle, measures) = (
  SELECT coalesce(max(s.data->>'obstacle'), '（未记录）'), coalesce(max(s.data->>'measures'), '（未记录）') FROM (
    SELECT e.data FROM events e
    WHERE e.district_id = t.district_id AND e.aggregate = '{noun}' AND e.aggregate_id = t.id AND e.action = 'plan'
    ORDER BY e.seq DESC LIMIT 1) s)
WHERE {{mine}} AND state = 'planned'"""
NO_LONGER = "UPDATE needs SET planned_until = NULL WHERE {mine} AND state <> 'planned' AND planned_until IS NOT NULL"
"""Needs that were taken back while on the books kept their date."""


def upgrade() -> None:
    reason = sa.Enum('waiting_for_asker', 'waiting_for_parts', 'weather', 'other_department', 'other', name='suspend_reason', native_enum=False, create_constraint=True, length=32)
    op.add_column('orders', sa.Column('suspend_reason', reason, nullable=True))
    for table in ('orders', 'needs'):
        op.add_column(table, sa.Column('obstacle', sa.Text(), nullable=True))
        op.add_column(table, sa.Column('measures', sa.Text(), nullable=True))
    for statement in (SUSPENDED, ON_THE_BOOKS.format(table='orders', noun='order'), ON_THE_BOOKS.format(table='needs', noun='need'), NO_LONGER):
        op.execute(in_each_district(statement))
    op.create_check_constraint(op.f('ck_orders_suspended_for_a_reason'), 'orders', "(state = 'suspended') = (suspend_reason IS NOT NULL)")
    op.create_check_constraint(op.f('ck_orders_planned'), 'orders', PLANNED)
    op.create_check_constraint(op.f('ck_needs_planned'), 'needs', PLANNED)


def downgrade() -> None:
    op.drop_constraint(op.f('ck_needs_planned'), 'needs', type_='check')
    op.drop_constraint(op.f('ck_orders_planned'), 'orders', type_='check')
    op.drop_constraint(op.f('ck_orders_suspended_for_a_reason'), 'orders', type_='check')
    for table in ('needs', 'orders'):
        op.drop_column(table, 'measures')
        op.drop_column(table, 'obstacle')
    op.drop_column('orders', 'suspend_reason')
