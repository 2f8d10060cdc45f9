"""Revisits of closed orders."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def upgrade() -> None:
    op.create_table('revisits',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('low_rating', 'explained', 'chosen', name='reason', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('due', 'done', 'unreached', 'void', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.Uuid(), nullable=True),
    sa.Column('solved', sa.Boolean(), nullable=True),
    sa.Column('satisfied', sa.Boolean(), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('reopened', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('tries BETWEEN 0 AND 3', name=op.f('ck_revisits_tries')),
    sa.CheckConstraint("(state = 'done') = (num_nonnulls(done_at, done_by, solved, satisfied) = 4) AND (state = 'done' OR num_nonnulls(done_at, done_by, solved, satisfied, words) = 0)", name=op.f('ck_revisits_done')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_revisits_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'done_by'], ['people.district_id', 'people.id'], name=op.f('fk_revisits_district_id_done_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_revisits_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_revisits')),
    sa.UniqueConstraint('district_id', 'order_id', 'round', name=op.f('uq_revisits_district_id_order_id_round'))
    )
    op.create_index('ix_revisits_community', 'revisits', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_revisits_due', 'revisits', ['district_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'due' AND overdue_at IS NULL"))
    for statement in protect('revisits', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('revisits')
