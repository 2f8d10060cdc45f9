"""Pairings 结对包联 as dated records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def upgrade() -> None:
    op.create_table('pairings',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.Enum('work_unit', 'general_branch', 'branch', 'member', name='level', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.Enum('term', 'replaced', 'moved', 'left', 'mistake', name='end_reason', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(level = 'member') = (person_id IS NOT NULL)", name=op.f('ck_pairings_party')),
    sa.CheckConstraint('(ends_on IS NULL) = (end_reason IS NULL)', name=op.f('ck_pairings_ended')),
    sa.CheckConstraint('ends_on IS NULL OR ends_on >= starts_on', name=op.f('ck_pairings_span')),
    sa.CheckConstraint('num_nonnulls(organization_id, person_id) = 1', name=op.f('ck_pairings_one_party')),
    postgresql.ExcludeConstraint((sa.column('district_id'), '='), (sa.column('place_id'), '='), (sa.column('level'), '='), (sa.text("daterange(starts_on, ends_on, '[]')"), '&&'), where=sa.text("end_reason IS NULL OR end_reason <> 'mistake'"), using='gist', name='ex_pairings_once'),
    sa.ForeignKeyConstraint(['district_id', 'made_by'], ['people.district_id', 'people.id'], name=op.f('fk_pairings_district_id_made_by')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_pairings_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_pairings_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_pairings_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_pairings_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_pairings'))
    )
    op.create_index('ix_pairings_organization', 'pairings', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_pairings_path', 'pairings', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_pairings_person', 'pairings', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('ix_pairings_place', 'pairings', ['district_id', 'place_id', 'id'], unique=False)
    for statement in protect('pairings', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('pairings')
