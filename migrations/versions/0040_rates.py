"""What the three rates are counted from: rounds that were taken up again, and indexes by the moment something ended or was due."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district, protect

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
ROUNDS = """
INSERT INTO order_rounds (district_id, id, order_id, round, path, community_id, grid_id, organization_id, outcome, rating, closed_at)
SELECT o.district_id, gen_random_uuid(), o.id, (again.data->>'round')::int - 1, o.path, o.community_id, o.grid_id,
       (SELECT a.organization_id FROM assignments a
        WHERE a.district_id = o.district_id AND a.order_id = o.id AND a.accepted_at <= closed.at ORDER BY a.id DESC LIMIT 1),
       CASE closed.action WHEN 'explain' THEN 'explained' ELSE 'solved' END, (closed.data->>'rating')::int, closed.at
FROM orders o
JOIN events again ON again.district_id = o.district_id AND again.aggregate_id = o.id AND again.action = 'reopen'
CROSS JOIN LATERAL (
  SELECT e.action, e.data, e.at FROM events e
  WHERE e.district_id = o.district_id AND e.aggregate_id = o.id AND e.seq < again.seq AND e.action IN ('confirm', 'explain')
  ORDER BY e.seq DESC LIMIT 1) AS closed
WHERE o.{mine} AND o.round > 1 AND again.data->>'round' IS NOT NULL"""
"""From the history of the orders that were taken up again before this was kept."""


def upgrade() -> None:
    op.create_table('order_rounds',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Enum('solved', 'explained', name='outcome', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('rating BETWEEN 1 AND 5', name=op.f('ck_order_rounds_rating')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_order_rounds_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_order_rounds_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_order_rounds_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_order_rounds')),
    sa.UniqueConstraint('district_id', 'order_id', 'round', name=op.f('uq_order_rounds_district_id_order_id_round'))
    )
    op.create_index('ix_order_rounds_community_closed', 'order_rounds', ['district_id', 'community_id', 'closed_at'], unique=False)
    for statement in protect('order_rounds', ROLE, "SELECT, INSERT"):
        op.execute(statement)
    op.execute(in_each_district(ROUNDS))
    op.create_index('ix_orders_community_closed', 'orders', ['district_id', 'community_id', 'closed_at'], unique=False, postgresql_where=sa.text('closed_at IS NOT NULL'))
    op.create_index('ix_clocks_contacts', 'clocks', ['district_id', 'community_id', 'due_at'], unique=False, postgresql_where=sa.text("kind = 'contact' AND subject = 'order'"))


def downgrade() -> None:
    op.drop_index('ix_clocks_contacts', table_name='clocks')
    op.drop_index('ix_orders_community_closed', table_name='orders')
    op.drop_table('order_rounds')
