"""The claim round names projects as well as needs; what joint meetings decided is kept track of; words go in time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
WITHOUT_PROJECTS = (
    "DELETE FROM service_claims WHERE {mine} AND item_id IN (SELECT id FROM claim_items WHERE project_id IS NOT NULL)",
    "DELETE FROM claim_items WHERE {mine} AND project_id IS NOT NULL",
)

DECIDED = """
INSERT INTO meeting_decisions
  (district_id, id, meeting_id, community_id, path, number, what, organization_id, due_on, state, version, created_at, updated_at)
SELECT m.district_id, gen_random_uuid(), m.id, m.community_id, m.path, said.number, said.decision->>'what',
  (said.decision->>'organization_id')::uuid, (said.decision->>'due_on')::date, 'open', 0, now(), now()
FROM joint_meetings m CROSS JOIN jsonb_array_elements(m.decisions) WITH ORDINALITY AS said(decision, number)
WHERE m.state = 'sealed' AND said.decision->>'organization_id' IS NOT NULL AND m.{mine}"""
"""What units do of meetings sealed before: whether it was done meanwhile, the units say."""

FORGETTING = """
CREATE OR REPLACE FUNCTION forget_spent_words(rows uuid[]) RETURNS bigint
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
    WHERE (p.id = ANY (rows) OR p.subject_id = ANY (rows)) AND p.state <> 'pending' AND p.form = '{}' AND p.words IS NULL/* more */),
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
"""As before."""
PROJECTS = """    UNION ALL
    SELECT j.district_id, j.id FROM projects j JOIN here h ON j.district_id = h.district_id
    WHERE j.id = ANY (rows) AND j.aims = '（保存期已满，已删除）'
    UNION ALL
    SELECT m.district_id, m.id FROM milestones m
    JOIN projects j ON j.district_id = m.district_id AND j.id = m.project_id AND j.aims = '（保存期已满，已删除）'
    JOIN here h ON m.district_id = h.district_id
    WHERE m.id = ANY (rows)"""
"""And in the history of projects whose own words the retention job has taken away, with their milestones."""
ADDITIONS = """
CREATE FUNCTION forget_spent_additions(rows uuid[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH changed AS (
    UPDATE meeting_additions a SET words = '（保存期已满，已删除）' FROM joint_meetings m
    WHERE m.district_id = NULLIF(current_setting('app.district', true), '')::int AND m.id = ANY (rows)
      AND m.minutes = '（保存期已满，已删除）' AND a.district_id = m.district_id AND a.meeting_id = m.id
    RETURNING 1)
  SELECT count(*) FROM changed
$$"""
"""What was added to minutes goes with them; the role of requests can only add."""


def check_items(subject: str, order: str) -> None:
    for name, holds in (('subject', subject), ('order', order)):
        op.drop_constraint(op.f(f'ck_claim_items_{name}'), 'claim_items')
        op.create_check_constraint(op.f(f'ck_claim_items_{name}'), 'claim_items', holds)


def create_meeting_decisions() -> None:
    op.create_table('meeting_decisions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('open', 'done', 'dropped', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('looked_on', sa.Date(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f('ck_meeting_decisions_done')),
    sa.CheckConstraint("state <> 'done' OR result IS NOT NULL", name=op.f('ck_meeting_decisions_result')),
    sa.CheckConstraint("state <> 'dropped' OR words IS NOT NULL", name=op.f('ck_meeting_decisions_dropped')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_meeting_decisions_number')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_meeting_decisions_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['joint_meetings.district_id', 'joint_meetings.id'], name=op.f('fk_meeting_decisions_district_id_meeting_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_meeting_decisions_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_meeting_decisions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_meeting_decisions')),
    sa.UniqueConstraint('district_id', 'meeting_id', 'number', name=op.f('uq_meeting_decisions_district_id_meeting_id_number'))
    )
    op.create_index('ix_meeting_decisions_community', 'meeting_decisions', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_meeting_decisions_due', 'meeting_decisions', ['district_id', 'due_on'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_meeting_decisions_organization', 'meeting_decisions', ['district_id', 'organization_id', 'id'], unique=False)
    for statement in protect('meeting_decisions', ROLE, 'SELECT, INSERT, UPDATE'):
        op.execute(statement)
    op.execute(in_each_district(DECIDED))


def upgrade() -> None:
    op.execute(f"GRANT DELETE ON duplicate_dismissals TO {ROLE}")
    create_meeting_decisions()
    op.execute(FORGETTING.replace("/* more */", PROJECTS))
    op.execute(ADDITIONS)
    op.execute("REVOKE ALL ON FUNCTION forget_spent_additions(uuid[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_spent_additions(uuid[]) TO {ROLE}")
    op.add_column('claim_items', sa.Column('project_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_claim_items_district_id_project_id'), 'claim_items', 'projects', ['district_id', 'project_id'], ['district_id', 'id'])
    op.create_index('uq_claim_items_listed_project', 'claim_items', ['district_id', 'project_id'], unique=True, postgresql_where=sa.text("state = 'listed'"))
    check_items("num_nonnulls(need_id, project_id) = 1", "(state = 'confirmed' AND need_id IS NOT NULL) = (order_id IS NOT NULL)")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON duplicate_dismissals FROM {ROLE}")
    op.execute("DROP FUNCTION forget_spent_additions(uuid[])")
    op.execute(FORGETTING)
    op.drop_table('meeting_decisions')
    for statement in WITHOUT_PROJECTS:
        op.execute(in_each_district(statement))
    check_items("need_id IS NOT NULL", "(state = 'confirmed') = (order_id IS NOT NULL)")
    op.drop_index('uq_claim_items_listed_project', 'claim_items')
    op.drop_constraint(op.f('fk_claim_items_district_id_project_id'), 'claim_items')
    op.drop_column('claim_items', 'project_id')
