"""Batches of matching: a look for all open needs of a community at once."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_match_batches() -> None:
    op.create_table('match_batches',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'done', 'failed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.Column('total_needs', sa.Integer(), nullable=True),
    sa.Column('looked_needs', sa.Integer(), nullable=False),
    sa.Column('written_needs', sa.Integer(), nullable=False),
    sa.Column('chosen_needs', sa.Integer(), nullable=False),
    sa.Column('score', sa.Double(), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('requested_by', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'failed') = (message IS NOT NULL)", name=op.f('ck_match_batches_message')),
    sa.CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f('ck_match_batches_finished')),
    sa.CheckConstraint('most >= 1', name=op.f('ck_match_batches_most')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_match_batches_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'requested_by'], ['people.district_id', 'people.id'], name=op.f('fk_match_batches_district_id_requested_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_match_batches_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_match_batches'))
    )
    op.create_index('ix_match_batches_path', 'match_batches', ['district_id', 'path', 'id'], unique=False)
    op.create_index('uq_match_batches_unfinished', 'match_batches', ['district_id', 'place_id'], unique=True, postgresql_where=sa.text("state IN ('queued', 'running')"))


def upgrade() -> None:
    create_match_batches()
    for statement in protect('match_batches', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)
    op.add_column('match_runs', sa.Column('batch_id', sa.Uuid(), nullable=True))
    op.create_foreign_key('fk_match_runs_district_id_batch_id', 'match_runs', 'match_batches', ['district_id', 'batch_id'], ['district_id', 'id'])
    op.create_index('ix_match_runs_batch', 'match_runs', ['district_id', 'batch_id'], unique=False, postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.add_column('matches', sa.Column('chosen', sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column('matches', 'chosen')
    op.drop_index('ix_match_runs_batch', table_name='match_runs')
    op.drop_constraint('fk_match_runs_district_id_batch_id', 'match_runs')
    op.drop_column('match_runs', 'batch_id')
    op.drop_table('match_batches')
