"""Matches of needs with resources, the runs that proposed them, and a district's weights."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "match_weights": "SELECT, INSERT, UPDATE",
    "match_runs": "SELECT, INSERT",
    "matches": "SELECT, INSERT, UPDATE",
}


def create_match_weights() -> None:
    op.create_table('match_weights',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_match_weights_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_match_weights')),
    sa.UniqueConstraint('district_id', name=op.f('uq_match_weights_district_id'))
    )


def create_match_runs() -> None:
    op.create_table('match_runs',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('looked', sa.Integer(), nullable=False),
    sa.Column('more', sa.Boolean(), nullable=False),
    sa.Column('run_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('looked >= 0', name=op.f('ck_match_runs_looked')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_match_runs_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'run_by'], ['people.district_id', 'people.id'], name=op.f('fk_match_runs_district_id_run_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_match_runs_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_match_runs'))
    )


def create_matches() -> None:
    op.create_table('matches',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'confirmed', 'dismissed', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('learnt', sa.Double(), nullable=False),
    sa.Column('parts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reasons', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dismiss_reason', sa.Enum('unsuitable', 'too_far', 'not_then', 'too_little', 'owner_cannot', 'settled_otherwise', name='dismiss_reason', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('dismiss_words', sa.Text(), nullable=True),
    sa.Column('lapse_reason', sa.Enum('need_ended', 'resource_gone', 'superseded', name='lapse_reason', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('result', sa.Enum('unit_assigned', 'person_asked', 'booked', name='result', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('booking_id', sa.Uuid(), nullable=True),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(order_id IS NOT NULL) = COALESCE(result IN ('unit_assigned', 'person_asked'), false)", name=op.f('ck_matches_ordered')),
    sa.CheckConstraint("(state = 'confirmed') = (booking_id IS NOT NULL)", name=op.f('ck_matches_booked')),
    sa.CheckConstraint("(state = 'confirmed') = (result IS NOT NULL)", name=op.f('ck_matches_resulted')),
    sa.CheckConstraint("(state = 'dismissed') = (dismiss_reason IS NOT NULL)", name=op.f('ck_matches_dismissed')),
    sa.CheckConstraint("(state = 'lapsed') = (lapse_reason IS NOT NULL)", name=op.f('ck_matches_lapsed')),
    sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f('ck_matches_decided')),
    sa.CheckConstraint("dismiss_words IS NULL OR state = 'dismissed'", name=op.f('ck_matches_dismiss_words')),
    sa.CheckConstraint('rank >= 1', name=op.f('ck_matches_rank')),
    sa.CheckConstraint('score BETWEEN 0 AND 1 AND learnt BETWEEN 0 AND 1', name=op.f('ck_matches_score')),
    sa.ForeignKeyConstraint(['district_id', 'booking_id'], ['bookings.district_id', 'bookings.id'], name=op.f('fk_matches_district_id_booking_id')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_matches_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_matches_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_matches_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'resource_id'], ['resources.district_id', 'resources.id'], name=op.f('fk_matches_district_id_resource_id')),
    sa.ForeignKeyConstraint(['district_id', 'run_id'], ['match_runs.district_id', 'match_runs.id'], name=op.f('fk_matches_district_id_run_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_matches_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_matches'))
    )
    op.create_index('ix_matches_decided', 'matches', ['district_id', 'decided_at'], unique=False, postgresql_where=sa.text("state = 'confirmed'"))
    op.create_index('ix_matches_need', 'matches', ['district_id', 'need_id', 'id'], unique=False)
    op.create_index('ix_matches_path', 'matches', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_matches_proposed', 'matches', ['district_id', 'id'], unique=False, postgresql_where=sa.text("state = 'proposed'"))
    op.create_index('ix_matches_resource', 'matches', ['district_id', 'resource_id', 'id'], unique=False)
    op.create_index('ix_matches_run', 'matches', ['district_id', 'run_id', 'rank'], unique=False)
    op.create_index('uq_matches_active', 'matches', ['district_id', 'need_id', 'resource_id'], unique=True, postgresql_where=sa.text("state IN ('confirmed', 'proposed')"))


def upgrade() -> None:
    create_match_weights()
    create_match_runs()
    create_matches()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(VERBS):
        op.drop_table(table)
