"""Suggested projects: one kind of need that comes again and again at one place."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_project_suggestions() -> None:
    op.create_table('project_suggestions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('suggested', 'adopted', 'dismissed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('project_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'suggested') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)", name=op.f('ck_project_suggestions_decided')),
    sa.CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name=op.f('ck_project_suggestions_reason')),
    sa.CheckConstraint("(state = 'adopted') = (project_id IS NOT NULL)", name=op.f('ck_project_suggestions_project')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_project_suggestions_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_project_suggestions_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_project_suggestions_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_project_suggestions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_project_suggestions'))
    )
    op.create_index('ix_project_suggestions_community', 'project_suggestions', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_project_suggestions_last', 'project_suggestions', ['district_id', 'place_id', 'category', 'decided_at'], unique=False)
    op.create_index('uq_project_suggestions_open', 'project_suggestions', ['district_id', 'place_id', 'category'], unique=True, postgresql_where=sa.text("state = 'suggested'"))


def upgrade() -> None:
    create_project_suggestions()
    for statement in protect('project_suggestions', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)
    op.create_index('ix_needs_alike', 'needs', ['district_id', 'community_id', 'category', 'asked_at'], unique=False, postgresql_where=sa.text("state IN ('accepted', 'closed', 'in_service', 'met', 'planned')"))


def downgrade() -> None:
    op.drop_index('ix_needs_alike', table_name='needs')
    op.drop_table('project_suggestions')
