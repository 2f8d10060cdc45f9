"""The accident insurance of an order's helpers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = ('insurer', 'policy_number', 'insured_until')


def upgrade() -> None:
    op.add_column('orders', sa.Column('insurer', sa.Text(), nullable=True))
    op.add_column('orders', sa.Column('policy_number', sa.Text(), nullable=True))
    op.add_column('orders', sa.Column('insured_until', sa.Date(), nullable=True))
    op.create_check_constraint(op.f('ck_orders_insurance'), 'orders', 'num_nulls(insurer, policy_number, insured_until) IN (0, 3)')


def downgrade() -> None:
    op.drop_constraint('ck_orders_insurance', 'orders')
    for name in COLUMNS:
        op.drop_column('orders', name)
