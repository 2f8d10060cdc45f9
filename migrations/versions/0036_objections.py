"""Objections of units to orders, with the duty cited and what was judged."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def upgrade() -> None:
    op.create_table('objections',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('unit_path', sa.Text(collation='C'), nullable=False),
    sa.Column('assigned_by', sa.Uuid(), nullable=True),
    sa.Column('assigned_from', sa.Text(collation='C'), nullable=False),
    sa.Column('ground', sa.Enum('not_our_duty', 'other_authority', 'outside_area', 'no_power', 'already_handled', 'other', name='ground', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('objected_by', sa.Uuid(), nullable=False),
    sa.Column('objected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verdict', sa.Enum('upheld', 'overruled', 'moot', name='verdict', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('judged_by', sa.Uuid(), nullable=True),
    sa.Column('judged_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(verdict IS NULL) = (judged_at IS NULL)', name=op.f('ck_objections_ended')),
    sa.CheckConstraint("num_nulls(words, judged_by) = CASE WHEN verdict IN ('overruled', 'upheld') THEN 0 ELSE 2 END", name=op.f('ck_objections_judged')),
    sa.CheckConstraint('judged_by <> assigned_by AND judged_by <> objected_by', name=op.f('ck_objections_third_party')),
    sa.ForeignKeyConstraint(['district_id', 'assigned_by'], ['people.district_id', 'people.id'], name=op.f('fk_objections_district_id_assigned_by')),
    sa.ForeignKeyConstraint(['district_id', 'judged_by'], ['people.district_id', 'people.id'], name=op.f('fk_objections_district_id_judged_by')),
    sa.ForeignKeyConstraint(['district_id', 'objected_by'], ['people.district_id', 'people.id'], name=op.f('fk_objections_district_id_objected_by')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_objections_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_objections_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_objections_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_objections'))
    )
    op.create_index('ix_objections_order', 'objections', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('uq_objections_unjudged', 'objections', ['district_id', 'order_id'], unique=True, postgresql_where=sa.text('verdict IS NULL'))
    for statement in protect('objections', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('objections')
