"""The audit trail: insert-only entries and their chain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "audit_entries": "SELECT, INSERT",
    "audit_waiting": "SELECT, INSERT, DELETE",
    "audit_links": "SELECT, INSERT",
}
KEPT = """
CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '6 months' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'insufficient_privilege';
END $$"""
"""Kept for six months at least: younger entries are not deleted and none is ever changed, by whomever (I12)."""
KEPT_LINKS = """
CREATE FUNCTION audit_link_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (
      SELECT FROM audit_entries AS e WHERE e.district_id = OLD.district_id AND e.id = OLD.id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the chain of the audit trail is only added to' USING ERRCODE = 'insufficient_privilege';
END $$"""
"""A link goes when its entry has gone, and that is kept for six months."""
GUARDS = (
    "CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_link_is_kept BEFORE UPDATE OR DELETE ON audit_links FOR EACH ROW EXECUTE FUNCTION audit_link_is_kept()",
    "CREATE TRIGGER audit_links_are_not_emptied BEFORE TRUNCATE ON audit_links"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_link_is_kept()",
)


def guard() -> None:
    op.execute(KEPT)
    op.execute(KEPT_LINKS)
    for trigger in GUARDS:
        op.execute(trigger)


def unguard() -> None:
    op.execute("DROP FUNCTION audit_is_kept(), audit_link_is_kept() CASCADE")


def create_audit_entries() -> None:
    op.create_table('audit_entries',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('caller', sa.Enum('person', 'client', 'system', 'anonymous', name='caller', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('sign_in_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('operation', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Enum('done', 'denied', name='outcome', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('minor_id', sa.Uuid(), nullable=True),
    sa.Column('opened', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('why', sa.Text(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_audit_entries_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_audit_entries'))
    )
    op.create_index('ix_audit_entries_actor', 'audit_entries', ['district_id', 'actor_id', 'id'], unique=False)
    op.create_index('ix_audit_entries_operation', 'audit_entries', ['district_id', 'operation', 'id'], unique=False)
    op.create_index('ix_audit_entries_subject', 'audit_entries', ['district_id', 'subject_id', 'id'], unique=False, postgresql_where=sa.text('subject_id IS NOT NULL'))
    op.create_index('ix_audit_entries_person', 'audit_entries', ['district_id', 'person_id', 'id'], unique=False, postgresql_where=sa.text('person_id IS NOT NULL'))
    op.create_index('ix_audit_entries_seen', 'audit_entries', ['district_id', 'person_id', 'id'], unique=False, postgresql_where=sa.text('cardinality(opened) > 0'))
    op.create_index('ix_audit_entries_minor', 'audit_entries', ['district_id', 'minor_id', 'id'], unique=False, postgresql_where=sa.text('minor_id IS NOT NULL'))
    op.create_index('ix_audit_entries_denied', 'audit_entries', ['district_id', 'id'], unique=False, postgresql_where=sa.text("outcome = 'denied'"))


def create_audit_waiting() -> None:
    op.create_table('audit_waiting',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'id'], ['audit_entries.district_id', 'audit_entries.id'], name=op.f('fk_audit_waiting_district_id_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_audit_waiting_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_audit_waiting'))
    )


def create_audit_links() -> None:
    op.create_table('audit_links',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('position > 0', name=op.f('ck_audit_links_position')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_audit_links_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_audit_links')),
    sa.UniqueConstraint('district_id', 'position', name=op.f('uq_audit_links_district_id_position'))
    )


def upgrade() -> None:
    create_audit_entries()
    create_audit_waiting()
    create_audit_links()
    guard()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(VERBS):
        op.drop_table(table)
    unguard()
