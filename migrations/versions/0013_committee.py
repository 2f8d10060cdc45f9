"""The joint committee of a community: its member units, the yearly draw of the duty rotation, its turns and their exchange."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
TABLES = ("committee_members", "duty_draws", "duty_turns", "duty_exchanges")
LIAISON = """
  (SELECT min(p.id::text)::uuid FROM people p JOIN grants g ON g.district_id = p.district_id AND g.person_id = p.id
   WHERE p.district_id = o.district_id AND p.organization_id = o.id AND g.ends_at IS NULL AND c.path LIKE g.path || '%'
     AND g.role = CASE o.kind WHEN 'department' THEN 'department_staff' WHEN 'social_org' THEN 'social_org_manager'
       ELSE 'unit_liaison' END)"""
"""Somebody who acts for the unit at the community."""
BACKFILL = f"""
INSERT INTO committee_members
  (district_id, id, community_id, path, organization_id, liaison_id, joined_on, version, created_at, updated_at)
SELECT o.district_id, gen_random_uuid(), c.id, c.path, o.id, {LIAISON}, (o.created_at AT TIME ZONE 'Asia/Shanghai')::date, 0,
  now(), now()
FROM organizations o JOIN places c ON c.district_id = o.district_id AND c.id = o.community_id
WHERE o.joint_committee AND o.{{mine}}"""  # noqa: S608 - its own rows
"""Until now a unit had a mark that it sits in the committee of its community, and no more: since when is not known."""


def create_committee_members() -> None:
    op.create_table('committee_members',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('liaison_id', sa.Uuid(), nullable=True),
    sa.Column('deputy_id', sa.Uuid(), nullable=True),
    sa.Column('joined_on', sa.Date(), nullable=False),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('left_reason', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(left_on IS NULL) = (left_reason IS NULL)', name=op.f('ck_committee_members_left')),
    sa.CheckConstraint('left_on >= joined_on', name=op.f('ck_committee_members_span')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_committee_members_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'deputy_id'], ['people.district_id', 'people.id'], name=op.f('fk_committee_members_district_id_deputy_id')),
    sa.ForeignKeyConstraint(['district_id', 'liaison_id'], ['people.district_id', 'people.id'], name=op.f('fk_committee_members_district_id_liaison_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_committee_members_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_committee_members_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee_members'))
    )
    op.create_index('ix_committee_members_community', 'committee_members', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_committee_members_organization', 'committee_members', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('uq_committee_members_active', 'committee_members', ['district_id', 'community_id', 'organization_id'], unique=True, postgresql_where=sa.text('left_on IS NULL'))


def create_duty_draws() -> None:
    op.create_table('duty_draws',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('frozen', 'proposed', 'published', 'discarded', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_on', sa.Date(), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=False),
    sa.Column('commitment', sa.Text(), nullable=False),
    sa.Column('word', sa.Text(), nullable=True),
    sa.Column('entrants', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('result', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('discarded_because', sa.Text(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'discarded') = (discarded_because IS NOT NULL)", name=op.f('ck_duty_draws_discarded')),
    sa.CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name=op.f('ck_duty_draws_published')),
    sa.CheckConstraint("state NOT IN ('proposed', 'published') OR result IS NOT NULL", name=op.f('ck_duty_draws_result')),
    sa.CheckConstraint('(word IS NULL) = (result IS NULL)', name=op.f('ck_duty_draws_drawn')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_duty_draws_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_duty_draws_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_duty_draws'))
    )
    op.create_index('ix_duty_draws_community', 'duty_draws', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('uq_duty_draws_open', 'duty_draws', ['district_id', 'community_id', 'year'], unique=True, postgresql_where=sa.text("state IN ('frozen', 'proposed')"))
    op.create_index('uq_duty_draws_published', 'duty_draws', ['district_id', 'community_id', 'year'], unique=True, postgresql_where=sa.text("state = 'published'"))


def create_duty_turns() -> None:
    op.create_table('duty_turns',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('draw_id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('lap', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'on_duty', 'ended', 'reported', 'closed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('exchange_id', sa.Uuid(), nullable=True),
    sa.Column('report', sa.Text(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state IN ('reported', 'closed')) = (reported_at IS NOT NULL)", name=op.f('ck_duty_turns_reported')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_duty_turns_span')),
    sa.CheckConstraint('lap BETWEEN 1 AND 6', name=op.f('ck_duty_turns_lap')),
    sa.CheckConstraint('number BETWEEN 1 AND 6', name=op.f('ck_duty_turns_number')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_duty_turns_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'draw_id'], ['duty_draws.district_id', 'duty_draws.id'], name=op.f('fk_duty_turns_district_id_draw_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_duty_turns_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_duty_turns_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_duty_turns')),
    sa.UniqueConstraint('district_id', 'draw_id', 'number', name=op.f('uq_duty_turns_district_id_draw_id_number')),
    sa.UniqueConstraint('district_id', 'draw_id', 'organization_id', 'lap', deferrable=True, initially='DEFERRED', name=op.f('uq_duty_turns_district_id_draw_id_organization_id_lap'))
    )
    op.create_index('ix_duty_turns_community', 'duty_turns', ['district_id', 'community_id', 'starts_on'], unique=False)
    op.create_index('ix_duty_turns_ending', 'duty_turns', ['district_id', 'ends_on'], unique=False, postgresql_where=sa.text("state = 'on_duty'"))
    op.create_index('ix_duty_turns_organization', 'duty_turns', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_duty_turns_planned', 'duty_turns', ['district_id', 'starts_on'], unique=False, postgresql_where=sa.text("state = 'planned'"))
    op.create_index('uq_duty_turns_on_duty', 'duty_turns', ['district_id', 'community_id'], unique=True, postgresql_where=sa.text("state = 'on_duty'"))


def create_duty_exchanges() -> None:
    op.create_table('duty_exchanges',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('turn_id', sa.Uuid(), nullable=False),
    sa.Column('other_turn_id', sa.Uuid(), nullable=False),
    sa.Column('asking_id', sa.Uuid(), nullable=False),
    sa.Column('asked_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'agreed', 'done', 'declined', 'withdrawn', 'objected', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('objection', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'objected') = (objection IS NOT NULL)", name=op.f('ck_duty_exchanges_objection')),
    sa.CheckConstraint('asking_id <> asked_id', name=op.f('ck_duty_exchanges_two_units')),
    sa.CheckConstraint('turn_id <> other_turn_id', name=op.f('ck_duty_exchanges_two_turns')),
    sa.ForeignKeyConstraint(['district_id', 'asked_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_duty_exchanges_district_id_asked_id')),
    sa.ForeignKeyConstraint(['district_id', 'asking_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_duty_exchanges_district_id_asking_id')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_duty_exchanges_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'other_turn_id'], ['duty_turns.district_id', 'duty_turns.id'], name=op.f('fk_duty_exchanges_district_id_other_turn_id')),
    sa.ForeignKeyConstraint(['district_id', 'turn_id'], ['duty_turns.district_id', 'duty_turns.id'], name=op.f('fk_duty_exchanges_district_id_turn_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_duty_exchanges_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_duty_exchanges'))
    )
    op.create_index('ix_duty_exchanges_community', 'duty_exchanges', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_duty_exchanges_due', 'duty_exchanges', ['district_id', 'due_on'], unique=False, postgresql_where=sa.text("state IN ('agreed', 'asked')"))
    op.create_index('ix_duty_exchanges_other_turn', 'duty_exchanges', ['district_id', 'other_turn_id', 'id'], unique=False)
    op.create_index('ix_duty_exchanges_turn', 'duty_exchanges', ['district_id', 'turn_id', 'id'], unique=False)


def upgrade() -> None:
    create_committee_members()
    create_duty_draws()
    create_duty_turns()
    create_duty_exchanges()
    op.create_foreign_key(op.f('fk_duty_turns_district_id_exchange_id'), 'duty_turns', 'duty_exchanges', ['district_id', 'exchange_id'], ['district_id', 'id'])
    for table in TABLES:
        for statement in protect(table, ROLE, 'SELECT, INSERT, UPDATE'):
            op.execute(statement)
    op.execute(in_each_district(BACKFILL))


def downgrade() -> None:
    op.drop_constraint('fk_duty_turns_district_id_exchange_id', 'duty_turns')
    for table in reversed(TABLES):
        op.drop_table(table)
