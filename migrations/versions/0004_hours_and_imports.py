"""The hours ledger, service windows and imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0004"
down_revision = '0003'
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "hour_entries": "SELECT, INSERT",
    "service_windows": "SELECT, INSERT, UPDATE, DELETE",
    "imports": "SELECT, INSERT, UPDATE",
    "import_files": "SELECT, INSERT, DELETE",
    "import_rejects": "SELECT, INSERT, DELETE",
}


def create_hour_entries() -> None:
    op.create_table('hour_entries',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('record', 'confirm', 'reverse', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('assignment_id', sa.Uuid(), nullable=True),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('record_id', sa.Uuid(), nullable=True),
    sa.Column('debit', sa.Enum('service', 'recorded', 'confirmed', name='debit', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('credit', sa.Enum('service', 'recorded', 'confirmed', name='credit', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('served_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('served_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.Enum('machine', 'witnessed', 'supplement', name='source', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('entered_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'record') = (record_id IS NULL)", name=op.f('ck_hour_entries_record')),
    sa.CheckConstraint("kind <> 'reverse' OR reason IS NOT NULL", name=op.f('ck_hour_entries_reason')),
    sa.CheckConstraint("source <> 'supplement' OR evidence IS NOT NULL", name=op.f('ck_hour_entries_evidence')),
    sa.CheckConstraint('debit <> credit', name=op.f('ck_hour_entries_two_accounts')),
    sa.CheckConstraint('minutes > 0', name=op.f('ck_hour_entries_minutes')),
    sa.CheckConstraint('served_until > served_from', name=op.f('ck_hour_entries_span')),
    sa.ForeignKeyConstraint(['district_id', 'assignment_id'], ['assignments.district_id', 'assignments.id'], name='fk_hour_entries_district_id_assignment_id'),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name='fk_hour_entries_district_id_order_id'),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_hour_entries_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id', 'record_id'], ['hour_entries.district_id', 'hour_entries.id'], name='fk_hour_entries_district_id_record_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_hour_entries_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_hour_entries')
    )
    op.create_index('ix_hour_entries_community', 'hour_entries', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_hour_entries_order', 'hour_entries', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_hour_entries_person', 'hour_entries', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_hour_entries_follow_up', 'hour_entries', ['district_id', 'record_id', 'kind'], unique=True, postgresql_where=sa.text("kind <> 'record'"))
    op.create_index('uq_hour_entries_service', 'hour_entries', ['district_id', 'assignment_id', 'served_from'], unique=True, postgresql_where=sa.text("kind = 'record' AND source <> 'supplement'"))


def create_service_windows() -> None:
    op.create_table('service_windows',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('assignment_id', sa.Uuid(), nullable=True),
    sa.Column('record_id', sa.Uuid(), nullable=True),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=False),
    postgresql.ExcludeConstraint((sa.column('district_id'), '='), (sa.column('person_id'), '='), (sa.column('during'), '&&'), using='gist', name='ex_service_windows_overlap'),
    sa.ForeignKeyConstraint(['district_id', 'assignment_id'], ['assignments.district_id', 'assignments.id'], name='fk_service_windows_district_id_assignment_id'),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_service_windows_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id', 'record_id'], ['hour_entries.district_id', 'hour_entries.id'], name='fk_service_windows_district_id_record_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_service_windows_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_service_windows')
    )
    op.create_index('ix_service_windows_assignment', 'service_windows', ['district_id', 'assignment_id'], unique=False)
    op.create_index('ix_service_windows_record', 'service_windows', ['district_id', 'record_id'], unique=False)


def create_imports() -> None:
    op.create_table('imports',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'done', 'failed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('total_rows', sa.Integer(), nullable=True),
    sa.Column('done_rows', sa.Integer(), nullable=False),
    sa.Column('created_rows', sa.Integer(), nullable=False),
    sa.Column('existing_rows', sa.Integer(), nullable=False),
    sa.Column('rejected_rows', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('requested_by', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name='fk_imports_district_id_community_id'),
    sa.ForeignKeyConstraint(['district_id', 'requested_by'], ['people.district_id', 'people.id'], name='fk_imports_district_id_requested_by'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_imports_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_imports')
    )
    op.create_index('ix_imports_community', 'imports', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_imports_unfinished', 'imports', ['district_id', 'lease_until'], unique=False, postgresql_where=sa.text("state IN ('queued', 'running')"))


def create_import_files() -> None:
    op.create_table('import_files',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'id'], ['imports.district_id', 'imports.id'], name='fk_import_files_district_id_id', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_import_files_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_import_files')
    )


def create_import_rejects() -> None:
    op.create_table('import_rejects',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('source_number', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'import_id'], ['imports.district_id', 'imports.id'], name='fk_import_rejects_district_id_import_id', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_import_rejects_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_import_rejects')
    )
    op.create_index('uq_import_rejects_row', 'import_rejects', ['district_id', 'import_id', 'row_number'], unique=True)


def upgrade() -> None:
    create_hour_entries()
    create_service_windows()
    create_imports()
    create_import_files()
    create_import_rejects()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("import_rejects")
    op.drop_table("import_files")
    op.drop_table("imports")
    op.drop_table("service_windows")
    op.drop_table("hour_entries")
