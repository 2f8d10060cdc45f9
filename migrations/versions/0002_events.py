"""Events, their outbox, notices and idempotency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0002"
down_revision = '0001'
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "events": "SELECT, INSERT",
    "outbox": "SELECT, INSERT, UPDATE",
    "notices": "SELECT, INSERT, UPDATE",
    "idempotency_keys": "SELECT, INSERT, DELETE",
}


def create_events() -> None:
    op.create_table('events',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('aggregate', sa.Text(), nullable=False),
    sa.Column('aggregate_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('target', sa.Text(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('seq > 0', name=op.f('ck_events_seq')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_events_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_events'),
    sa.UniqueConstraint('district_id', 'aggregate_id', 'seq', name='uq_events_district_id_aggregate_id_seq')
    )


def create_outbox() -> None:
    op.create_table('outbox',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'id'], ['events.district_id', 'events.id'], name='fk_outbox_district_id_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_outbox_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_outbox'),
    sa.UniqueConstraint('district_id', 'position', name='uq_outbox_district_id_position')
    )
    op.create_index('ix_outbox_waiting', 'outbox', ['district_id', 'id'], unique=False, postgresql_where=sa.text('position IS NULL'))


def create_notices() -> None:
    op.create_table('notices',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'event_id'], ['events.district_id', 'events.id'], name='fk_notices_district_id_event_id'),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_notices_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_notices_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_notices'),
    sa.UniqueConstraint('district_id', 'person_id', 'event_id', name='uq_notices_district_id_person_id_event_id')
    )
    op.create_index('ix_notices_person', 'notices', ['district_id', 'person_id', 'id'], unique=False)


def create_idempotency_keys() -> None:
    op.create_table('idempotency_keys',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_idempotency_keys_district_id_person_id'),
    sa.PrimaryKeyConstraint('district_id', 'person_id', 'key', name='pk_idempotency_keys')
    )
    op.create_index('ix_idempotency_keys_created_at', 'idempotency_keys', ['district_id', 'created_at'], unique=False)


def upgrade() -> None:
    create_events()
    create_outbox()
    create_notices()
    create_idempotency_keys()
    op.execute("CREATE SEQUENCE outbox_position")
    op.execute(f"GRANT USAGE ON SEQUENCE outbox_position TO {ROLE}")
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("notices")
    op.drop_table("outbox")
    op.drop_table("events")
    op.execute("DROP SEQUENCE outbox_position")
