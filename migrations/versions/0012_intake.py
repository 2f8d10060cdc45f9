"""Intake of needs: the lexicon of what words point to, which needs only look alike, and search."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"


NEED_TEXT = """
CREATE FUNCTION need_text(title text, details text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT lower(CASE WHEN title || ' ' || details ~ '[０-９Ａ-Ｚａ-ｚ]' THEN normalize(title || ' ' || details, NFKC)
    ELSE title || ' ' || details END)
$$"""
"""What is searched: full-width letters and digits narrow, capitals small. Normalizing everything would take four times as long."""
NEED_GRAMS = """
CREATE FUNCTION need_grams(district integer, title text, details text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_remove(string_to_array(
    regexp_replace(public.need_text(title, details), '(..)', district::text || '\\1 ', 'g') || ' '
    || regexp_replace(substr(public.need_text(title, details), 2), '(..)', district::text || '\\1 ', 'g'), ' '), '')
$$"""
"""Every pair of neighbouring characters, with the district before it. Two passes of a regular expression do it in a fifth of the
time of taking the text apart character by character. Pairs with punctuation are among them; nobody asks for those.
"""
FIND_NEEDS = """
CREATE FUNCTION find_needs(pairs text[], words text[], number text, lows text[], highs text[], before uuid)
RETURNS uuid[] LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  district integer := NULLIF(current_setting('app.district', true), '')::int;
  sought text[] := ARRAY(SELECT district::text || pair FROM unnest(pairs) AS pair);
  most integer := (SELECT sqrt(5 * greatest(reltuples, 1000)) FROM pg_class WHERE oid = 'needs'::regclass);
  plan json;
  found uuid[];
BEGIN
  EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM needs WHERE need_grams(district_id, title, details) @> %L::text[]', sought)
    INTO plan;
  IF (plan->0->'Plan'->>'Plan Rows')::float8 > most THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(id) INTO found FROM (
    SELECT id FROM needs
    WHERE need_grams(district_id, title, details) @> sought AND district_id = district AND (before IS NULL OR id < before)
      AND EXISTS (SELECT FROM unnest(lows, highs) AS scope (low, high) WHERE path >= low AND path < high)
      AND (SELECT bool_and(strpos(title, word) > 0 OR strpos(details, word) > 0 OR strpos(need_text(title, details), word) > 0)
        FROM unnest(words) AS word)
    UNION
    SELECT id FROM needs
    WHERE district_id = district AND source_number = number AND (before IS NULL OR id < before)
      AND EXISTS (SELECT FROM unnest(lows, highs) AS scope (low, high) WHERE path >= low AND path < high)
    LIMIT most + 1) AS hits;
  RETURN CASE WHEN cardinality(found) > most THEN NULL ELSE coalesce(found, '{}') END;
END $$"""
"""The needs of the reader's places that have all of these words, or bear the number; NULL when there are too many to be worth it.

Row-level security keeps GIN from being used by operators that are not leakproof, so the lookup has the district inside and runs
with its owner's rights; what it finds is read again by the reader. Whether a word is rare is asked of the planner, who
has the statistics of the index: a common word is found sooner by going through the needs from the newest. Of N needs, n with the
word, a page of 20 is there after 20·N/n of them, which is less than n from the root of 20·N on; and to read what the index
found costs more a need than to walk by it, so half of that is the bound.
"""


def create_search() -> None:
    for function in (NEED_TEXT, NEED_GRAMS):
        op.execute(function)
    op.create_index('ix_needs_words', 'needs', [sa.text('need_grams(district_id, title, details)')], unique=False, postgresql_using='gin', postgresql_with={'gin_pending_list_limit': 256})
    op.create_index('ix_needs_source_number', 'needs', ['district_id', 'source_number'], unique=False, postgresql_where=sa.text('source_number IS NOT NULL'))
    op.execute(FIND_NEEDS)
    op.execute('REVOKE EXECUTE ON FUNCTION find_needs FROM PUBLIC')
    op.execute(f'GRANT EXECUTE ON FUNCTION find_needs TO {ROLE}')


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
    op.add_column('needs', sa.Column('sender_due_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_needs_sender_due'), 'needs', 'sender_due_at IS NULL OR client_id IS NOT NULL')
    op.create_index('uq_needs_import_number', 'needs', ['district_id', 'community_id', 'source_number'], unique=True, postgresql_where=sa.text('client_id IS NULL'))
    op.create_index('uq_needs_client_number', 'needs', ['district_id', 'client_id', 'source_number'], unique=True, postgresql_where=sa.text('client_id IS NOT NULL'))
    op.drop_constraint('uq_needs_district_id_community_id_source_number', 'needs', type_='unique')
    op.create_index('ix_needs_community_unended', 'needs', ['district_id', 'community_id', 'id'], unique=False, postgresql_where=sa.text(UNENDED))


def upgrade() -> None:
    create_lexicon()
    create_dismissals()
    extend_needs()
    create_search()


def downgrade() -> None:
    op.execute('DROP FUNCTION find_needs')
    op.drop_index('ix_needs_source_number', table_name='needs')
    op.drop_index('ix_needs_words', table_name='needs')
    op.execute('DROP FUNCTION need_grams')
    op.execute('DROP FUNCTION need_text')
    op.create_unique_constraint('uq_needs_district_id_community_id_source_number', 'needs', ['district_id', 'community_id', 'source_number'])
    op.drop_index('uq_needs_client_number', table_name='needs')
    op.drop_index('uq_needs_import_number', table_name='needs')
    op.drop_constraint('ck_needs_sender_due', 'needs')
    op.drop_column('needs', 'sender_due_at')
    op.drop_index('ix_needs_community_unended', table_name='needs')
    op.drop_table('duplicate_dismissals')
    op.drop_table('lexicon_entries')
