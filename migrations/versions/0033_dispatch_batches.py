"""Batches of dispatch: whom to ask for all open orders of a place at once, and what was chosen and not asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_dispatch_batches() -> None:
    op.create_table('dispatch_batches',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'done', 'failed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('mode', sa.Enum('apply', 'propose', name='mode', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('weights', postgresql.JSONB(), nullable=True),
    sa.Column('orders', sa.Integer(), nullable=True),
    sa.Column('people', sa.Integer(), nullable=True),
    sa.Column('places', sa.Integer(), nullable=True),
    sa.Column('chosen', sa.Integer(), nullable=True),
    sa.Column('invited_orders', sa.Integer(), nullable=False),
    sa.Column('invited', sa.Integer(), nullable=False),
    sa.Column('overtaken', sa.Integer(), nullable=False),
    sa.Column('cost_cm', sa.BigInteger(), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('requested_by', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'failed') = (message IS NOT NULL)", name=op.f('ck_dispatch_batches_message')),
    sa.CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f('ck_dispatch_batches_finished')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_dispatch_batches_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'requested_by'], ['people.district_id', 'people.id'], name=op.f('fk_dispatch_batches_district_id_requested_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_batches_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_batches'))
    )
    op.create_index('ix_dispatch_batches_path', 'dispatch_batches', ['district_id', 'path', 'id'], unique=False)
    op.create_index('uq_dispatch_batches_unfinished', 'dispatch_batches', ['district_id', 'place_id'], unique=True, postgresql_where=sa.text("state IN ('queued', 'running')"))


def create_dispatch_choices() -> None:
    op.create_table('dispatch_choices',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('result', sa.Enum('proposed', 'overtaken', name='result', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('choices', postgresql.JSONB(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'batch_id'], ['dispatch_batches.district_id', 'dispatch_batches.id'], name=op.f('fk_dispatch_choices_district_id_batch_id')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_dispatch_choices_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_choices_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_choices')),
    sa.UniqueConstraint('district_id', 'batch_id', 'order_id', name=op.f('uq_dispatch_choices_district_id_batch_id_order_id'))
    )


def upgrade() -> None:
    create_dispatch_batches()
    create_dispatch_choices()
    for table, rights in (("dispatch_batches", "SELECT, INSERT, UPDATE"), ("dispatch_choices", "SELECT, INSERT")):
        for statement in protect(table, ROLE, rights):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table('dispatch_choices')
    op.drop_table('dispatch_batches')
