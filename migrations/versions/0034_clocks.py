"""Clocks, what is noted of them, and the office hours they go by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
OPEN = "state IN ('escalated', 'overdue', 'running', 'warned')"
RESOLVE = """
INSERT INTO clocks (district_id, id, kind, subject, subject_id, round, path, community_id, grid_id, state, level, unit, limit_time,
                    source, extended_time, left_time, counted_from, started_at, warn_at, due_at, next_at, stale, paused_at,
                    version, updated_at)
SELECT district_id, gen_random_uuid(), 'resolve', 'order', id, round, path, community_id, grid_id, 'running', 0, 'clock_minutes',
       span, '启用时限前已开的工单，按原定期限', interval '0', CASE WHEN paused IS NULL THEN span ELSE due_at - paused END,
       CASE WHEN paused IS NULL THEN due_at - span ELSE paused END, due_at - span, due_at - span / 5, due_at,
       CASE WHEN paused IS NULL THEN due_at - span / 5 END, false, paused, 0, now()
FROM (SELECT *, greatest(due_at - created_at, interval '1 hour') AS span,
             CASE WHEN state = 'suspended' THEN suspended_at WHEN state = 'planned' THEN updated_at END AS paused
      FROM orders WHERE {mine} AND state NOT IN ('closed', 'reported', 'terminated', 'withdrawn')) AS orders"""
"""Orders under way keep the deadline they have."""
STARTED = """
INSERT INTO clock_marks (district_id, id, clock_id, at, mark, cause, time, unit, source)
SELECT district_id, gen_random_uuid(), id, started_at, 'start', 'open', limit_time, unit, source FROM clocks WHERE {mine}"""
PAUSED = """
INSERT INTO clock_marks (district_id, id, clock_id, at, mark, cause)
SELECT district_id, gen_random_uuid(), id, paused_at, 'pause', 'suspend' FROM clocks WHERE {mine} AND paused_at IS NOT NULL"""


def text_enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def unit() -> sa.Enum:
    return text_enum('unit', 'working_minutes', 'clock_minutes', 'working_days')


def create_office_hours() -> None:
    op.create_table('office_hours',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('week', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_office_hours_district_id')),
    sa.ForeignKeyConstraint(['district_id', 'set_by'], ['people.district_id', 'people.id'], name=op.f('fk_office_hours_district_id_set_by')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_office_hours')),
    sa.UniqueConstraint('district_id', 'valid_from', name=op.f('uq_office_hours_district_id_valid_from'))
    )


def create_clocks() -> None:
    op.create_table('clocks',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', text_enum('kind', 'sign', 'contact', 'resolve'), nullable=False),
    sa.Column('subject', text_enum('subject', 'need', 'order', 'whistle'), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('state', text_enum('state', 'running', 'warned', 'overdue', 'escalated', 'met', 'stopped'), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('unit', unit(), nullable=False),
    sa.Column('limit_time', sa.Interval(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('extended_time', sa.Interval(), nullable=False),
    sa.Column('left_time', sa.Interval(), nullable=False),
    sa.Column('counted_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('warn_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('awaits_year', sa.Integer(), nullable=True),
    sa.Column('stale', sa.Boolean(), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('level BETWEEN 0 AND 4', name=op.f('ck_clocks_level')),
    sa.CheckConstraint("(state IN ('met', 'stopped')) = (ended_at IS NOT NULL)", name=op.f('ck_clocks_ended')),
    sa.CheckConstraint("(state IN ('running', 'warned')) <= (level = 0)", name=op.f('ck_clocks_level_if_late')),
    sa.CheckConstraint('ended_at IS NULL OR (next_at IS NULL AND paused_at IS NULL)', name=op.f('ck_clocks_at_rest')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_clocks_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_clocks'))
    )
    op.create_index('uq_clocks_open', 'clocks', ['district_id', 'subject_id', 'kind'], unique=True, postgresql_where=sa.text(OPEN))
    op.create_index('ix_clocks_subject', 'clocks', ['district_id', 'subject_id', 'id'], unique=False)
    op.create_index('ix_clocks_next', 'clocks', ['district_id', 'next_at'], unique=False, postgresql_where=sa.text(OPEN))
    op.create_index('ix_clocks_community_open', 'clocks', ['district_id', 'community_id', 'id'], unique=False, postgresql_where=sa.text(OPEN))
    op.create_index('ix_clocks_awaits', 'clocks', ['district_id', 'awaits_year'], unique=False, postgresql_where=sa.text(f"awaits_year IS NOT NULL AND {OPEN}"))
    op.create_index('ix_clocks_stale', 'clocks', ['district_id', 'id'], unique=False, postgresql_where=sa.text('stale'))


def create_clock_marks() -> None:
    marks = ('start', 'pause', 'resume', 'extend', 'relimit', 'recount', 'warn', 'overdue', 'escalate', 'meet', 'stop')
    op.create_table('clock_marks',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('clock_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mark', text_enum('mark', *marks), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('time', sa.Interval(), nullable=True),
    sa.Column('unit', unit(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('reference_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("cause ~ '^[a-z_]{1,40}$'", name=op.f('ck_clock_marks_cause')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_clock_marks_district_id')),
    sa.ForeignKeyConstraint(['district_id', 'clock_id'], ['clocks.district_id', 'clocks.id'], name=op.f('fk_clock_marks_district_id_clock_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_clock_marks'))
    )
    op.create_index('ix_clock_marks_clock', 'clock_marks', ['district_id', 'clock_id', 'id'], unique=False)


def upgrade() -> None:
    create_office_hours()
    create_clocks()
    create_clock_marks()
    for table, verbs in (('office_hours', 'SELECT, INSERT, UPDATE'), ('clocks', 'SELECT, INSERT, UPDATE'), ('clock_marks', 'SELECT, INSERT')):
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)
    for statement in (RESOLVE, STARTED, PAUSED):
        op.execute(in_each_district(statement))


def downgrade() -> None:
    op.drop_table('clock_marks')
    op.drop_table('clocks')
    op.drop_table('office_hours')
