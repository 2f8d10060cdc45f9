"""Supervisions and escalations of orders: what stands beside an order and never moves it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_supervisions() -> None:
    op.create_table('supervisions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('running', 'overdue', 'answered', 'lifted', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=False),
    sa.Column('grounds', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('working_days', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('returns', sa.Integer(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.Uuid(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='told_level', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('tell_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('num_nulls(answer, answered_by, answered_at) IN (0, 3)', name=op.f('ck_supervisions_answer_whole')),
    sa.CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name=op.f('ck_supervisions_answered')),
    sa.CheckConstraint("cardinality(grounds) >= 1 AND grounds <@ ARRAY['overdue', 'urged', 'reworked', 'refused_duty', 'unsolved', 'bad_effect', 'instructed', 'other']", name=op.f('ck_supervisions_grounds')),
    sa.CheckConstraint("(state = 'lifted') = (lifted_at IS NOT NULL)", name=op.f('ck_supervisions_lifted')),
    sa.CheckConstraint("level <> 'grid'", name=op.f('ck_supervisions_office')),
    sa.CheckConstraint("tell_at IS NULL OR state IN ('overdue', 'running')", name=op.f('ck_supervisions_told_while_owed')),
    sa.CheckConstraint('working_days BETWEEN 1 AND 30', name=op.f('ck_supervisions_working_days')),
    sa.ForeignKeyConstraint(['district_id', 'answered_by'], ['people.district_id', 'people.id'], name=op.f('fk_supervisions_district_id_answered_by')),
    sa.ForeignKeyConstraint(['district_id', 'office_id'], ['places.district_id', 'places.id'], name=op.f('fk_supervisions_district_id_office_id')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_supervisions_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'set_by'], ['people.district_id', 'people.id'], name=op.f('fk_supervisions_district_id_set_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_supervisions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_supervisions'))
    )
    op.create_index('ix_supervisions_order', 'supervisions', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_supervisions_path', 'supervisions', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_supervisions_tell_at', 'supervisions', ['district_id', 'tell_at'], unique=False, postgresql_where=sa.text('tell_at IS NOT NULL'))
    op.create_index('uq_supervisions_open', 'supervisions', ['district_id', 'order_id', 'level', 'office_id'], unique=True, postgresql_where=sa.text("state IN ('answered', 'overdue', 'running')"))


def create_escalations() -> None:
    op.create_table('escalations',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('raised', 'answered', 'returned', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('from_level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='from_level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('to_level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='to_level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('raised_by', sa.Uuid(), nullable=False),
    sa.Column('tried', sa.Text(), nullable=False),
    sa.Column('wish', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='decided_level', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('decision', sa.Text(), nullable=True),
    sa.Column('help', sa.Text(), nullable=True),
    sa.Column('takes_over', sa.Boolean(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.Column('told_level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='told_level', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('tell_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state IN ('answered', 'returned')) = (decided_at IS NOT NULL)", name=op.f('ck_escalations_decided')),
    sa.CheckConstraint('num_nulls(decided_by, decided_at, decided_level) IN (0, 3)', name=op.f('ck_escalations_decided_whole')),
    sa.CheckConstraint("(state = 'answered') = (decision IS NOT NULL)", name=op.f('ck_escalations_decision')),
    sa.CheckConstraint("help IS NULL OR state = 'answered'", name=op.f('ck_escalations_help')),
    sa.CheckConstraint("(from_level, to_level) IN (('grid', 'community'), ('community', 'subdistrict'), ('subdistrict', 'district'))", name=op.f('ck_escalations_one_level')),
    sa.CheckConstraint("(state = 'returned') = (reply IS NOT NULL)", name=op.f('ck_escalations_reply')),
    sa.CheckConstraint("NOT takes_over OR state = 'answered'", name=op.f('ck_escalations_takes_over')),
    sa.CheckConstraint("tell_at IS NULL OR state = 'raised'", name=op.f('ck_escalations_told_while_raised')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_escalations_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_escalations_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'raised_by'], ['people.district_id', 'people.id'], name=op.f('fk_escalations_district_id_raised_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_escalations_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_escalations'))
    )
    op.create_index('ix_escalations_order', 'escalations', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_escalations_path', 'escalations', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_escalations_tell_at', 'escalations', ['district_id', 'tell_at'], unique=False, postgresql_where=sa.text('tell_at IS NOT NULL'))
    op.create_index('uq_escalations_open', 'escalations', ['district_id', 'order_id'], unique=True, postgresql_where=sa.text("state = 'raised'"))

def upgrade() -> None:
    create_supervisions()
    create_escalations()
    for table in ('supervisions', 'escalations'):
        for statement in protect(table, ROLE, "SELECT, INSERT, UPDATE"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table('escalations')
    op.drop_table('supervisions')
