"""Intake of needs: the lexicon of what words point to, and which needs only look alike."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


def create_lexicon() -> None:
    op.create_table('lexicon_entries',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('term', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('weight', sa.Integer(), nullable=True),
    sa.Column('synonym_of', sa.Text(), nullable=True),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(category IS NULL) <> (synonym_of IS NULL)', name=op.f('ck_lexicon_entries_one_meaning')),
    sa.CheckConstraint('(category IS NULL) = (weight IS NULL)', name=op.f('ck_lexicon_entries_weighed')),
    sa.CheckConstraint('weight BETWEEN -10 AND 10 AND weight <> 0', name=op.f('ck_lexicon_entries_weight')),
    sa.CheckConstraint('char_length(term) BETWEEN 1 AND 20', name=op.f('ck_lexicon_entries_term_length')),
    sa.CheckConstraint('synonym_of <> term', name=op.f('ck_lexicon_entries_not_its_own_synonym')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_lexicon_entries_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_lexicon_entries_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_lexicon_entries'))
    )
    op.create_index('uq_lexicon_entries_hint', 'lexicon_entries', ['district_id', 'place_id', 'term', 'category'], unique=True, postgresql_where=sa.text('category IS NOT NULL'))
    op.create_index('uq_lexicon_entries_synonym', 'lexicon_entries', ['district_id', 'place_id', 'term'], unique=True, postgresql_where=sa.text('synonym_of IS NOT NULL'))
    for statement in protect('lexicon_entries', ROLE, 'SELECT, INSERT, UPDATE'):
        op.execute(statement)


def create_dismissals() -> None:
    op.create_table('duplicate_dismissals',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=False),
    sa.Column('dismissed_by', sa.Uuid(), nullable=False),
    sa.Column('dismissed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('need_id < other_id', name=op.f('ck_duplicate_dismissals_in_order')),
    sa.ForeignKeyConstraint(['district_id', 'dismissed_by'], ['people.district_id', 'people.id'], name=op.f('fk_duplicate_dismissals_district_id_dismissed_by')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_duplicate_dismissals_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'other_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_duplicate_dismissals_district_id_other_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_duplicate_dismissals_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_duplicate_dismissals')),
    sa.UniqueConstraint('district_id', 'need_id', 'other_id', name=op.f('uq_duplicate_dismissals_district_id_need_id_other_id'))
    )
    op.create_index('ix_duplicate_dismissals_other', 'duplicate_dismissals', ['district_id', 'other_id'], unique=False)
    for statement in protect('duplicate_dismissals', ROLE, 'SELECT, INSERT'):
        op.execute(statement)


UNENDED = "state IN ('accepted', 'in_service', 'info_requested', 'met', 'planned', 'submitted')"


def extend_needs() -> None:
    op.create_index('ix_needs_community_unended', 'needs', ['district_id', 'community_id', 'id'], unique=False, postgresql_where=sa.text(UNENDED))


def upgrade() -> None:
    create_lexicon()
    create_dismissals()
    extend_needs()


def downgrade() -> None:
    op.drop_index('ix_needs_community_unended', table_name='needs')
    op.drop_table('duplicate_dismissals')
    op.drop_table('lexicon_entries')
