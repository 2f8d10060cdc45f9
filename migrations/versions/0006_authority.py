"""Authority for a time, once at any moment; the separated administrators; substitution; needs sent by client systems."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "substitutions": "SELECT, INSERT, UPDATE",
}
ROLES = ('resident', 'volunteer', 'party_member', 'grid_worker', 'community_admin', 'subdistrict_admin', 'district_admin', 'department_staff', 'unit_liaison', 'social_org_manager', 'auditor')
SEPARATED = ('audit_admin', 'security_admin', 'system_admin')
STAFF = ('auditor', 'community_admin', 'department_staff', 'district_admin', 'grid_worker', 'social_org_manager', 'subdistrict_admin', 'unit_liaison')
SOURCES = ('self', 'proxy', 'import')
ONCE = """
ALTER TABLE grants ADD CONSTRAINT ex_grants_once EXCLUDE USING gist (district_id WITH =, person_id WITH =, role WITH =,
  place_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (substitution_id IS NULL)"""
APART = """
ALTER TABLE grants ADD CONSTRAINT ex_grants_separated EXCLUDE USING gist (district_id WITH =, person_id WITH =,
  (CASE WHEN role IN ('audit_admin', 'security_admin', 'system_admin') THEN role ELSE 'staff' END) WITH <>,
  tstzrange(starts_at, ends_at) WITH &&)
  WHERE (role IN ('audit_admin', 'auditor', 'community_admin', 'department_staff', 'district_admin', 'grid_worker',
                  'security_admin', 'social_org_manager', 'subdistrict_admin', 'system_admin', 'unit_liaison'))"""
AWAY = """
ALTER TABLE substitutions ADD CONSTRAINT ex_substitutions_once EXCLUDE USING gist (district_id WITH =, absent_id WITH =,
  tstzrange(starts_at, GREATEST(starts_at, LEAST(ends_at, ended_at))) WITH &&)"""


def listed(values: tuple[str, ...], column: str = "role") -> str:
    return f"{column} IN (" + ", ".join(f"'{value}'" for value in values) + ")"


def alter_grants() -> None:
    op.add_column('grants', sa.Column('substitution_id', sa.Uuid(), nullable=True))
    op.add_column('grants', sa.Column('lent_from_id', sa.Uuid(), nullable=True))
    op.add_column('grants', sa.Column('lent_by', sa.Uuid(), nullable=True))
    op.add_column('grants', sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('grants', sa.Column('revoked_by', sa.Uuid(), nullable=True))
    op.add_column('grants', sa.Column('version', sa.BigInteger(), nullable=False, server_default='1'))
    for name in ('created_at', 'updated_at'):
        op.add_column('grants', sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()))
    for name in ('version', 'created_at', 'updated_at'):
        op.alter_column('grants', name, server_default=None)
    op.drop_constraint('uq_grants_district_id_person_id_role_place_id', 'grants', type_='unique')
    op.create_index('ix_grants_person', 'grants', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('ix_grants_substitution', 'grants', ['district_id', 'substitution_id'], unique=False)
    op.create_index('ix_grants_path', 'grants', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_grants_lent_from', 'grants', ['district_id', 'lent_from_id'], unique=False)
    for name in ('lent_by', 'revoked_by'):
        op.create_foreign_key(f'fk_grants_district_id_{name}', 'grants', 'people', ['district_id', name], ['district_id', 'id'])
    op.create_foreign_key('fk_grants_district_id_lent_from_id', 'grants', 'grants', ['district_id', 'lent_from_id'], ['district_id', 'id'])
    op.create_foreign_key('fk_grants_district_id_substitution_id', 'grants', 'substitutions', ['district_id', 'substitution_id'], ['district_id', 'id'])
    op.create_foreign_key('fk_grants_district_id_granted_by', 'grants', 'people', ['district_id', 'granted_by'], ['district_id', 'id'])
    op.drop_constraint('ck_grants_role', 'grants')
    op.create_check_constraint(op.f('ck_grants_role'), 'grants', listed((*ROLES, *SEPARATED, 'client')))
    op.drop_constraint('ck_grants_span', 'grants')
    op.create_check_constraint(op.f('ck_grants_span'), 'grants', 'ends_at IS NULL OR ends_at >= starts_at')
    op.create_check_constraint(op.f('ck_grants_not_to_oneself'), 'grants', 'granted_by <> person_id')
    op.create_check_constraint(op.f('ck_grants_lent'), 'grants', 'num_nulls(substitution_id, lent_from_id, lent_by) IN (0, 3)')
    op.create_check_constraint(op.f('ck_grants_not_lent_to_oneself'), 'grants', 'lent_by <> person_id')
    op.create_check_constraint(op.f('ck_grants_lent_role'), 'grants', 'lent_by IS NULL OR ' + listed(STAFF))
    op.execute(ONCE)
    op.execute(APART)


def restore_grants() -> None:
    op.drop_constraint('ex_grants_separated', 'grants')
    op.drop_constraint('ex_grants_once', 'grants')
    op.drop_constraint('fk_grants_district_id_granted_by', 'grants', type_='foreignkey')
    op.drop_constraint('ck_grants_role', 'grants')
    op.drop_constraint('ck_grants_not_to_oneself', 'grants')
    op.drop_constraint('ck_grants_span', 'grants')
    op.execute(in_each_district("DELETE FROM grants WHERE {mine} AND (substitution_id IS NOT NULL OR ends_at = starts_at OR NOT " + listed(ROLES) + ")"))  # noqa: S608
    op.create_check_constraint(op.f('ck_grants_span'), 'grants', 'ends_at IS NULL OR ends_at > starts_at')
    op.create_check_constraint(op.f('ck_grants_role'), 'grants', listed(ROLES))
    for name in ('person', 'path'):
        op.drop_index(f'ix_grants_{name}', table_name='grants')
    for name in ('substitution_id', 'lent_from_id', 'lent_by', 'revoked_at', 'revoked_by', 'version', 'created_at', 'updated_at'):
        op.drop_column('grants', name)
    op.execute(in_each_district("DELETE FROM grants a USING grants b WHERE a.{mine} AND a.district_id = b.district_id AND a.person_id = b.person_id AND a.role = b.role AND a.place_id = b.place_id AND a.id < b.id"))
    op.create_unique_constraint('uq_grants_district_id_person_id_role_place_id', 'grants', ['district_id', 'person_id', 'role', 'place_id'])


def create_substitutions() -> None:
    op.create_table('substitutions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('absent_id', sa.Uuid(), nullable=False),
    sa.Column('substitute_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('arranged_by', sa.Uuid(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('absent_id <> substitute_id', name=op.f('ck_substitutions_two_people')),
    sa.CheckConstraint('arranged_by <> substitute_id', name=op.f('ck_substitutions_not_to_oneself')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_substitutions_span')),
    sa.ForeignKeyConstraint(['district_id', 'absent_id'], ['people.district_id', 'people.id'], name=op.f('fk_substitutions_district_id_absent_id')),
    sa.ForeignKeyConstraint(['district_id', 'arranged_by'], ['people.district_id', 'people.id'], name=op.f('fk_substitutions_district_id_arranged_by')),
    sa.ForeignKeyConstraint(['district_id', 'substitute_id'], ['people.district_id', 'people.id'], name=op.f('fk_substitutions_district_id_substitute_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_substitutions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_substitutions'))
    )
    op.execute(AWAY)
    op.create_index('ix_substitutions_absent', 'substitutions', ['district_id', 'absent_id', 'id'], unique=False)
    op.create_index('ix_substitutions_substitute', 'substitutions', ['district_id', 'substitute_id', 'id'], unique=False)


def alter_needs() -> None:
    op.add_column('needs', sa.Column('client_id', sa.Uuid(), nullable=True))
    op.create_foreign_key('fk_needs_district_id_client_id', 'needs', 'clients', ['district_id', 'client_id'], ['district_id', 'id'])
    op.create_index('ix_needs_client', 'needs', ['district_id', 'client_id', 'id'], unique=False, postgresql_where=sa.text('client_id IS NOT NULL'))
    op.drop_constraint('ck_needs_source', 'needs')
    op.create_check_constraint(op.f('ck_needs_source'), 'needs', listed((*SOURCES, 'client'), 'source'))
    op.create_check_constraint(op.f('ck_needs_sent'), 'needs', "(source = 'client') = (client_id IS NOT NULL)")


def restore_needs() -> None:
    for name in ('sent', 'source'):
        op.drop_constraint(f'ck_needs_{name}', 'needs')
    op.drop_column('needs', 'client_id')
    op.execute(in_each_district("UPDATE needs SET source = 'import' WHERE source = 'client' AND {mine}"))
    op.create_check_constraint(op.f('ck_needs_source'), 'needs', listed(SOURCES, 'source'))


def upgrade() -> None:
    create_substitutions()
    alter_grants()
    alter_needs()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    restore_needs()
    restore_grants()
    for table in reversed(VERBS):
        op.drop_table(table)
