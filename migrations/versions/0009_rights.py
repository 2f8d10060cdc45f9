"""Rights of the person: requests about one's own data, what was passed on, and approvals to read a minor's record."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "disclosures": "SELECT, INSERT",
    "rights_requests": "SELECT, INSERT, UPDATE",
}
FORGETTING = f"GRANT DELETE ON notices, household_members TO {ROLE}"
"""Erasure and retention take these away."""
NOT_FORGETTING = f"REVOKE DELETE ON notices, household_members FROM {ROLE}"
FORGET_WORDS = """
CREATE FUNCTION forget_words(erased uuid) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE gone AS (
    SELECT district_id, id FROM people
    WHERE district_id = NULLIF(current_setting('app.district', true), '')::int AND id = erased AND erased_at IS NOT NULL),
  records AS (
    SELECT district_id, id FROM gone
    UNION SELECT p.district_id, p.id FROM people p JOIN records r ON p.district_id = r.district_id AND p.merged_into_id = r.id),
  asked AS (SELECT n.district_id, n.id FROM needs n JOIN gone g ON n.district_id = g.district_id AND n.asker_id = g.id),
  orders_of AS (SELECT o.district_id, o.id FROM orders o JOIN asked n ON o.district_id = n.district_id AND o.need_id = n.id),
  assigned AS (SELECT a.district_id, a.id FROM assignments a JOIN orders_of o ON a.district_id = o.district_id AND a.order_id = o.id),
  granted AS (SELECT r.id FROM grants r JOIN gone g ON r.district_id = g.district_id AND r.person_id = g.id),
  worked AS (SELECT id FROM asked UNION ALL SELECT id FROM orders_of UNION ALL SELECT id FROM assigned),
  approved AS (
    SELECT a.* FROM approvals a JOIN gone g ON a.district_id = g.district_id
    WHERE a.subject_id IN (SELECT id FROM worked) OR a.subject_id = g.id OR a.asked_by = g.id),
  about AS (SELECT id FROM worked UNION ALL SELECT id FROM granted UNION ALL SELECT id FROM approved),
  followed AS (
    SELECT n.district_id, n.merged_into_id AS id FROM needs n JOIN asked USING (district_id, id) WHERE n.merged_into_id IS NOT NULL
    UNION SELECT n.district_id, n.merged_into_id FROM needs n JOIN followed USING (district_id, id) WHERE n.merged_into_id IS NOT NULL),
  held AS (SELECT a.id, a.order_id FROM assignments a JOIN gone g ON a.district_id = g.district_id AND a.person_id = g.id),
  theirs AS (
    SELECT id FROM held UNION ALL SELECT order_id FROM held UNION ALL SELECT id FROM followed
    UNION ALL SELECT o.id FROM orders o JOIN followed f ON o.district_id = f.district_id AND o.need_id = f.id),
  ties AS (SELECT t.district_id, t.id, t.minor_id FROM guardianships t JOIN gone g ON t.district_id = g.district_id AND t.guardian_id = g.id),
  wards AS (
    SELECT district_id, minor_id AS id FROM ties
    UNION SELECT p.district_id, p.id FROM people p JOIN wards w ON p.district_id = w.district_id AND p.merged_into_id = w.id),
  spoken AS (
    SELECT e.id FROM events e JOIN gone g ON e.district_id = g.district_id WHERE e.aggregate_id IN (SELECT id FROM about)
    UNION SELECT e.id FROM events e JOIN records r ON e.district_id = r.district_id AND e.actor_id = r.id
    WHERE e.aggregate_id IN (SELECT id FROM theirs)
    UNION SELECT e.id FROM events e JOIN approved a ON e.district_id = a.district_id AND e.aggregate_id = a.subject_id
      AND e.action = a.action AND e.actor_id = a.decided_by AND e.data = a.form
    UNION SELECT e.id FROM events e JOIN wards w ON e.district_id = w.district_id AND e.aggregate_id = w.id
    WHERE e.data->>'guardianship_id' IN (SELECT id::text FROM ties)),
  told AS (
    UPDATE events e SET data = '{}', source = NULL, target = NULL FROM gone g
    WHERE e.district_id = g.district_id AND e.aggregate_id = g.id AND e.aggregate = 'person'
    RETURNING 1),
  changed AS (
    UPDATE events e SET data = (
      SELECT jsonb_object_agg(key, CASE
        WHEN key = ANY (ARRAY['words', 'question', 'answer', 'basis', 'obstacle', 'measures', 'result'])
         AND jsonb_typeof(value) = 'string' THEN to_jsonb('（已按本人要求删除）'::text)
        WHEN key = 'reason' AND e.aggregate = 'grant' THEN to_jsonb('（已按本人要求删除）'::text)
        ELSE value END)
      FROM jsonb_each(e.data))
    FROM gone g
    WHERE e.district_id = g.district_id AND e.id IN (SELECT id FROM spoken) AND e.aggregate_id <> g.id
      AND e.data ?| ARRAY['words', 'question', 'answer', 'basis', 'obstacle', 'measures', 'result', 'reason']
    RETURNING 1),
  decided AS (
    UPDATE approvals a SET form = '{}', words = NULL FROM gone g
    WHERE a.district_id = g.district_id AND a.id IN (SELECT id FROM approved)),
  heard AS (
    DELETE FROM notices n USING events e, gone g
    WHERE e.district_id = g.district_id AND n.district_id = e.district_id AND n.event_id = e.id
      AND (e.aggregate_id IN (SELECT id FROM worked) OR e.aggregate_id IN (SELECT id FROM approved))),
  proven AS (
    UPDATE hour_entries h SET
      evidence = CASE WHEN h.evidence IS NOT NULL THEN '（已按本人要求删除）' END,
      reason = CASE WHEN h.reason IS NOT NULL THEN '（已按本人要求删除）' END
    FROM gone g WHERE h.district_id = g.district_id AND h.person_id = g.id)
  SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM told)
$$"""
"""History is only ever added to, but for this: what was written about the needs of somebody who is erased, what they wrote
themselves or asked others to approve, and why they answered for a minor, is taken out of it, and what events of their own record
told. With it go the words in requests for approval, what others were told in notices, and what proves hours of theirs. States,
times, numbers and minutes stay. Of anybody else nothing can be taken out.
"""
FORGET_SPENT_WORDS = """
CREATE FUNCTION forget_spent_words(rows uuid[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH here AS (SELECT NULLIF(current_setting('app.district', true), '')::int AS district_id),
  spent_orders AS (
    SELECT o.district_id, o.id FROM orders o JOIN here h ON o.district_id = h.district_id
    WHERE o.id = ANY (rows) AND o.title = '（保存期已满，已删除）'),
  spent AS (
    SELECT district_id, id FROM spent_orders
    UNION ALL
    SELECT n.district_id, n.id FROM needs n JOIN here h ON n.district_id = h.district_id
    WHERE n.id = ANY (rows) AND n.title = '（保存期已满，已删除）'
    UNION ALL
    SELECT a.district_id, a.id FROM assignments a JOIN spent_orders o ON a.district_id = o.district_id AND a.order_id = o.id
    UNION ALL
    SELECT p.district_id, p.id FROM approvals p JOIN here h ON p.district_id = h.district_id
    WHERE (p.id = ANY (rows) OR p.subject_id = ANY (rows)) AND p.state <> 'pending' AND p.form = '{}' AND p.words IS NULL),
  changed AS (
    UPDATE events e SET data = (
      SELECT jsonb_object_agg(key, CASE
        WHEN key = ANY (ARRAY['words', 'question', 'answer', 'basis', 'obstacle', 'measures', 'result'])
         AND jsonb_typeof(value) = 'string' THEN to_jsonb('（保存期已满，已删除）'::text)
        ELSE value END)
      FROM jsonb_each(e.data))
    FROM spent s
    WHERE e.district_id = s.district_id AND e.aggregate_id = s.id
      AND e.data ?| ARRAY['words', 'question', 'answer', 'basis', 'obstacle', 'measures', 'result']
    RETURNING 1)
  SELECT count(*) FROM changed
$$"""
"""The same for words that were kept long enough: only in the history of needs and orders whose own words the retention job has
taken away, with their assignments, and of decided approvals that were emptied.
"""


def create_disclosures() -> None:
    op.create_table('disclosures',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Uuid(), nullable=False),
    sa.Column('consent_id', sa.Uuid(), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'client_id'], ['clients.district_id', 'clients.id'], name=op.f('fk_disclosures_district_id_client_id')),
    sa.ForeignKeyConstraint(['district_id', 'consent_id'], ['consents.district_id', 'consents.id'], name=op.f('fk_disclosures_district_id_consent_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_disclosures_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_disclosures_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_disclosures'))
    )
    op.create_index('ix_disclosures_person', 'disclosures', ['district_id', 'person_id', 'id'], unique=False)


def create_rights_requests() -> None:
    op.create_table('rights_requests',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('access', 'correction', 'deletion', 'explanation', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('received', 'done', 'refused', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('words_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('outcome', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'asked_by'], ['people.district_id', 'people.id'], name=op.f('fk_rights_requests_district_id_asked_by')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_rights_requests_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_rights_requests_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_rights_requests_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_rights_requests'))
    )
    op.create_index('uq_rights_requests_received', 'rights_requests', ['district_id', 'person_id', 'kind', sa.literal_column("COALESCE(subject_id, '00000000-0000-0000-0000-000000000000')")], unique=True, postgresql_where=sa.text("state = 'received'"))
    op.create_index('ix_rights_requests_asked_by', 'rights_requests', ['district_id', 'asked_by', 'id'], unique=False)
    op.create_index('ix_rights_requests_due', 'rights_requests', ['district_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'received'"))
    op.create_index('ix_rights_requests_person', 'rights_requests', ['district_id', 'person_id', 'id'], unique=False)


def alter_approvals() -> None:
    op.drop_constraint('ck_approvals_subject', 'approvals')
    op.create_check_constraint(op.f('ck_approvals_subject'), 'approvals', "subject IN ('need', 'order', 'person')")
    op.drop_index('uq_approvals_pending', 'approvals')
    op.create_index('uq_approvals_pending', 'approvals', ['district_id', 'subject_id', 'action'], unique=True, postgresql_where=sa.text("state = 'pending' AND subject <> 'person'"))
    op.create_index('uq_approvals_pending_reading', 'approvals', ['district_id', 'subject_id', 'asked_by'], unique=True, postgresql_where=sa.text("state = 'pending' AND subject = 'person'"))


def restore_approvals() -> None:
    op.drop_index('uq_approvals_pending_reading', 'approvals')
    op.drop_index('uq_approvals_pending', 'approvals')
    op.execute(in_each_district("DELETE FROM approvals WHERE subject = 'person' AND {mine}"))
    op.create_index('uq_approvals_pending', 'approvals', ['district_id', 'subject_id', 'action'], unique=True, postgresql_where=sa.text("state = 'pending'"))
    op.drop_constraint('ck_approvals_subject', 'approvals')
    op.create_check_constraint(op.f('ck_approvals_subject'), 'approvals', "subject IN ('need', 'order')")


def upgrade() -> None:
    alter_approvals()
    create_disclosures()
    create_rights_requests()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)
    op.execute(FORGETTING)
    op.execute(FORGET_WORDS)
    op.execute(FORGET_SPENT_WORDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_spent_words(uuid[])")
    op.execute("DROP FUNCTION forget_words(uuid)")
    op.execute(NOT_FORGETTING)
    for table in reversed(VERBS):
        op.drop_table(table)
    restore_approvals()
