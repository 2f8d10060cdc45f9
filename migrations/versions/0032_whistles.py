"""Whistles: types as data, drafts to closes, what each called department does, and the clocks of its limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
TABLES = ("whistle_types", "whistles", "whistle_calls", "whistle_clocks")


def create_whistle_types() -> None:
    op.create_table('whistle_types',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('matters', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('limits', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("level <> 'grid'", name=op.f('ck_whistle_types_leading')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_whistle_types_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_whistle_types')),
    sa.UniqueConstraint('district_id', 'code', name=op.f('uq_whistle_types_district_id_code'))
    )


def create_whistles() -> None:
    op.create_table('whistles',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('drafted', 'approved', 'denied', 'blown', 'acted', 'closed', 'withdrawn', 'cancelled', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('type_id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.Enum('grid', 'community', 'subdistrict', 'district', name='level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('department_ids', sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column('drafted_by', sa.Uuid(), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_words', sa.Text(), nullable=True),
    sa.Column('lapses_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('type_version', sa.Integer(), nullable=True),
    sa.Column('limits', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('blown_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_system', sa.Boolean(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f('ck_whistles_cancelled')),
    sa.CheckConstraint("(state IN ('acted', 'blown', 'cancelled', 'closed')) = (blown_at IS NOT NULL)", name=op.f('ck_whistles_blown')),
    sa.CheckConstraint("(state IN ('approved', 'drafted')) = (lapses_at IS NOT NULL)", name=op.f('ck_whistles_lapses')),
    sa.CheckConstraint("(state IN ('cancelled', 'closed', 'denied', 'lapsed', 'withdrawn')) = (ended_at IS NOT NULL)", name=op.f('ck_whistles_ended')),
    sa.CheckConstraint("level <> 'grid'", name=op.f('ck_whistles_leading')),
    sa.CheckConstraint("state <> 'acted' OR acted_at IS NOT NULL", name=op.f('ck_whistles_acted')),
    sa.CheckConstraint('(blown_at IS NULL) = (limits IS NULL)', name=op.f('ck_whistles_limits')),
    sa.CheckConstraint('cardinality(department_ids) BETWEEN 1 AND 10', name=op.f('ck_whistles_departments')),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> drafted_by', name=op.f('ck_whistles_two_hands')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_whistles_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'drafted_by'], ['people.district_id', 'people.id'], name=op.f('fk_whistles_district_id_drafted_by')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_whistles_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_whistles_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'type_id'], ['whistle_types.district_id', 'whistle_types.id'], name=op.f('fk_whistles_district_id_type_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_whistles_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_whistles'))
    )
    op.create_index('ix_whistles_community', 'whistles', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_whistles_lapsing', 'whistles', ['district_id', 'lapses_at'], unique=False, postgresql_where=sa.text("state IN ('approved', 'drafted')"))
    op.create_index('ix_whistles_order', 'whistles', ['district_id', 'order_id', 'id'], unique=False, postgresql_where=sa.text('order_id IS NOT NULL'))
    op.create_index('ix_whistles_path', 'whistles', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_whistles_rating', 'whistles', ['district_id', 'acted_at'], unique=False, postgresql_where=sa.text("state = 'acted'"))


def create_whistle_calls() -> None:
    op.create_table('whistle_calls',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('whistle_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('replaces_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('called', 'signed', 'contacted', 'reported', 'acted', 'rated', 'disputed', 'ruled_out', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disputed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dispute_duty', sa.Text(), nullable=True),
    sa.Column('dispute_words', sa.Text(), nullable=True),
    sa.Column('ruled_by', sa.Uuid(), nullable=True),
    sa.Column('ruled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ruling_words', sa.Text(), nullable=True),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contact_words', sa.Text(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('present_id', sa.Uuid(), nullable=True),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('evidence', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('rating_words', sa.Text(), nullable=True),
    sa.Column('rating_back', sa.Integer(), nullable=True),
    sa.Column('rating_back_words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'rated') = (rating IS NOT NULL AND rating_back IS NOT NULL)", name=op.f('ck_whistle_calls_rated')),
    sa.CheckConstraint("(state IN ('acted', 'rated')) = (acted_at IS NOT NULL)", name=op.f('ck_whistle_calls_acted')),
    sa.CheckConstraint("state <> 'ruled_out' OR ruled_at IS NOT NULL", name=op.f('ck_whistle_calls_ruled_out')),
    sa.CheckConstraint('(acted_at IS NULL) = (result IS NULL)', name=op.f('ck_whistle_calls_result')),
    sa.CheckConstraint('(disputed_at IS NULL) = (dispute_duty IS NULL)', name=op.f('ck_whistle_calls_disputed')),
    sa.CheckConstraint('(reported_at IS NULL) = (arrived_at IS NULL)', name=op.f('ck_whistle_calls_arrived')),
    sa.CheckConstraint('(ruled_at IS NULL) = (ruling_words IS NULL)', name=op.f('ck_whistle_calls_ruled')),
    sa.CheckConstraint('rating BETWEEN 1 AND 5 AND rating_back BETWEEN 1 AND 5', name=op.f('ck_whistle_calls_rating')),
    sa.CheckConstraint('ruled_at IS NULL OR disputed_at IS NOT NULL', name=op.f('ck_whistle_calls_ruled_on')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_whistle_calls_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'present_id'], ['people.district_id', 'people.id'], name=op.f('fk_whistle_calls_district_id_present_id')),
    sa.ForeignKeyConstraint(['district_id', 'replaces_id'], ['whistle_calls.district_id', 'whistle_calls.id'], name=op.f('fk_whistle_calls_district_id_replaces_id')),
    sa.ForeignKeyConstraint(['district_id', 'ruled_by'], ['people.district_id', 'people.id'], name=op.f('fk_whistle_calls_district_id_ruled_by')),
    sa.ForeignKeyConstraint(['district_id', 'whistle_id'], ['whistles.district_id', 'whistles.id'], name=op.f('fk_whistle_calls_district_id_whistle_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_whistle_calls_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_whistle_calls')),
    sa.UniqueConstraint('district_id', 'whistle_id', 'organization_id', name=op.f('uq_whistle_calls_district_id_whistle_id_organization_id'))
    )
    op.create_index('ix_whistle_calls_organization', 'whistle_calls', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_whistle_calls_path', 'whistle_calls', ['district_id', 'path', 'id'], unique=False)
    op.create_index('uq_whistle_calls_replaces', 'whistle_calls', ['district_id', 'replaces_id'], unique=True, postgresql_where=sa.text('replaces_id IS NOT NULL'))


def create_whistle_clocks() -> None:
    op.create_table('whistle_clocks',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('task', sa.Enum('sign', 'contact', 'report', 'act', 'rule', name='task', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told', sa.Enum('nobody', 'warned', 'grid', 'community', 'subdistrict', 'district', name='told', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('met_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('due_at >= started_at', name=op.f('ck_whistle_clocks_span')),
    sa.CheckConstraint('met_at IS NULL OR stopped_at IS NULL', name=op.f('ck_whistle_clocks_one_end')),
    sa.CheckConstraint('next_at IS NULL OR (met_at IS NULL AND stopped_at IS NULL)', name=op.f('ck_whistle_clocks_running')),
    sa.ForeignKeyConstraint(['district_id', 'call_id'], ['whistle_calls.district_id', 'whistle_calls.id'], name=op.f('fk_whistle_clocks_district_id_call_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_whistle_clocks_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_whistle_clocks')),
    sa.UniqueConstraint('district_id', 'call_id', 'task', name=op.f('uq_whistle_clocks_district_id_call_id_task'))
    )
    op.create_index('ix_whistle_clocks_next', 'whistle_clocks', ['district_id', 'next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))


def upgrade() -> None:
    create_whistle_types()
    create_whistles()
    create_whistle_calls()
    create_whistle_clocks()
    for table in TABLES:
        for statement in protect(table, ROLE, "SELECT, INSERT, UPDATE"):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
