"""Intake of needs: the lexicon of what words point to."""

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


def upgrade() -> None:
    create_lexicon()


def downgrade() -> None:
    op.drop_table('lexicon_entries')
