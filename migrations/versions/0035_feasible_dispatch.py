"""Whom a need complains about, and what the parts of the cost of dispatch weigh in a district."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_need_respondents() -> None:
    op.create_table('need_respondents',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('named_by', sa.Uuid(), nullable=True),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cleared_by', sa.Uuid(), nullable=True),
    sa.Column('cleared_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(cleared_by IS NULL) = (cleared_at IS NULL)', name=op.f('ck_need_respondents_cleared')),
    sa.CheckConstraint('num_nonnulls(person_id, organization_id) = 1', name=op.f('ck_need_respondents_one_party')),
    sa.ForeignKeyConstraint(['district_id', 'cleared_by'], ['people.district_id', 'people.id'], name=op.f('fk_need_respondents_district_id_cleared_by')),
    sa.ForeignKeyConstraint(['district_id', 'named_by'], ['people.district_id', 'people.id'], name=op.f('fk_need_respondents_district_id_named_by')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_need_respondents_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_need_respondents_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_need_respondents_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_need_respondents_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_need_respondents'))
    )
    op.create_index('ix_need_respondents_need', 'need_respondents', ['district_id', 'need_id'], unique=False, postgresql_where=sa.text('cleared_at IS NULL'))
    op.create_index('ix_need_respondents_organization', 'need_respondents', ['district_id', 'organization_id'], unique=False)
    op.create_index('ix_need_respondents_person', 'need_respondents', ['district_id', 'person_id'], unique=False)
    for statement in protect('need_respondents', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def create_dispatch_weights() -> None:
    op.create_table('dispatch_weights',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('edition >= 1', name=op.f('ck_dispatch_weights_edition')),
    sa.ForeignKeyConstraint(['district_id', 'set_by'], ['people.district_id', 'people.id'], name=op.f('fk_dispatch_weights_district_id_set_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_weights_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_weights')),
    sa.UniqueConstraint('district_id', 'category', 'edition', name='uq_dispatch_weights_edition', postgresql_nulls_not_distinct=True)
    )
    for statement in protect('dispatch_weights', ROLE, "SELECT, INSERT"):
        op.execute(statement)


def upgrade() -> None:
    create_need_respondents()
    create_dispatch_weights()


def downgrade() -> None:
    op.drop_table('dispatch_weights')
    op.drop_table('need_respondents')
