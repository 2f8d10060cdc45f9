"""Extensions of the limits of orders."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def upgrade() -> None:
    op.create_table('extensions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'approved', 'denied', 'withdrawn', 'void', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('reason', sa.Enum('complex', 'parts_or_funds', 'other_unit', 'asker_unavailable', 'weather', 'other', name='reason', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('working_days', sa.Integer(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=False),
    sa.Column('due_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('working_days BETWEEN 1 AND 30', name=op.f('ck_extensions_working_days')),
    sa.CheckConstraint("(state = 'approved') = (due_after IS NOT NULL)", name=op.f('ck_extensions_approved')),
    sa.CheckConstraint('due_after > due_before', name=op.f('ck_extensions_later')),
    sa.CheckConstraint("(state IN ('approved', 'denied')) = (decided_by IS NOT NULL)", name=op.f('ck_extensions_decided')),
    sa.ForeignKeyConstraint(['district_id', 'asked_by'], ['people.district_id', 'people.id'], name=op.f('fk_extensions_district_id_asked_by')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_extensions_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_extensions_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_extensions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_extensions'))
    )
    op.create_index('ix_extensions_asked_by', 'extensions', ['district_id', 'asked_by', 'id'], unique=False)
    op.create_index('ix_extensions_order', 'extensions', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_extensions_path', 'extensions', ['district_id', 'path', 'id'], unique=False)
    op.create_index('uq_extensions_pending', 'extensions', ['district_id', 'order_id'], unique=True, postgresql_where=sa.text("state = 'asked'"))
    for statement in protect('extensions', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('extensions')
