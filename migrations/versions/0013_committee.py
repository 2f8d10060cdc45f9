"""The joint committee of a community: its member units, the duty rotation, joint meetings, and what units claim."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
CHANGED = "SELECT, INSERT, UPDATE"
VERBS = {
    "committee_members": CHANGED,
    "duty_draws": CHANGED,
    "duty_turns": CHANGED,
    "duty_exchanges": CHANGED,
    "joint_meetings": CHANGED,
    "meeting_attendances": "SELECT, INSERT, UPDATE, DELETE",
    "meeting_additions": "SELECT, INSERT",
    "claim_items": CHANGED,
    "service_claims": CHANGED,
}
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
    sa.Column('told', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('looked_on', sa.Date(), nullable=True),
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
    op.create_index('ix_duty_turns_watched', 'duty_turns', ['district_id', 'looked_on'], unique=False, postgresql_where=sa.text("state IN ('ended', 'on_duty')"))
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


def create_joint_meetings() -> None:
    op.create_table('joint_meetings',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('turn_id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Enum('called', 'minuted', 'sealed', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('venue', sa.Text(), nullable=False),
    sa.Column('agenda', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('members', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Text(), nullable=True),
    sa.Column('decisions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_because', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'cancelled') = (cancelled_because IS NOT NULL)", name=op.f('ck_joint_meetings_cancelled')),
    sa.CheckConstraint("(state = 'sealed') = (sealed_at IS NOT NULL)", name=op.f('ck_joint_meetings_sealed')),
    sa.CheckConstraint("state NOT IN ('minuted', 'sealed') OR minutes IS NOT NULL", name=op.f('ck_joint_meetings_minutes')),
    sa.CheckConstraint('(sealed_at IS NULL) = (digest IS NULL)', name=op.f('ck_joint_meetings_digest')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_joint_meetings_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'turn_id'], ['duty_turns.district_id', 'duty_turns.id'], name=op.f('fk_joint_meetings_district_id_turn_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_joint_meetings_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_joint_meetings'))
    )
    op.create_index('ix_joint_meetings_community', 'joint_meetings', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_joint_meetings_turn', 'joint_meetings', ['district_id', 'turn_id', 'id'], unique=False)


def create_meeting_attendances() -> None:
    op.create_table('meeting_attendances',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['joint_meetings.district_id', 'joint_meetings.id'], name=op.f('fk_meeting_attendances_district_id_meeting_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_meeting_attendances_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_meeting_attendances_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_meeting_attendances_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_meeting_attendances')),
    sa.UniqueConstraint('district_id', 'meeting_id', 'organization_id', name=op.f('uq_meeting_attendances_district_id_meeting_id_organization_id'))
    )
    op.create_index('ix_meeting_attendances_organization', 'meeting_attendances', ['district_id', 'organization_id', 'meeting_id'], unique=False)


def create_meeting_additions() -> None:
    op.create_table('meeting_additions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('added_by', sa.Uuid(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'added_by'], ['people.district_id', 'people.id'], name=op.f('fk_meeting_additions_district_id_added_by')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['joint_meetings.district_id', 'joint_meetings.id'], name=op.f('fk_meeting_additions_district_id_meeting_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_meeting_additions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_meeting_additions'))
    )
    op.create_index('ix_meeting_additions_meeting', 'meeting_additions', ['district_id', 'meeting_id', 'id'], unique=False)


def create_claim_items() -> None:
    op.create_table('claim_items',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('turn_id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('most_units', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('listed', 'confirmed', 'dropped', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'confirmed') = (order_id IS NOT NULL)", name=op.f('ck_claim_items_order')),
    sa.CheckConstraint('most_units BETWEEN 1 AND 20', name=op.f('ck_claim_items_most_units')),
    sa.CheckConstraint('need_id IS NOT NULL', name=op.f('ck_claim_items_subject')),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_claim_items_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_claim_items_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_claim_items_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'turn_id'], ['duty_turns.district_id', 'duty_turns.id'], name=op.f('fk_claim_items_district_id_turn_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_claim_items_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_claim_items'))
    )
    op.create_index('ix_claim_items_order', 'claim_items', ['district_id', 'order_id'], unique=False)
    op.create_index('ix_claim_items_turn', 'claim_items', ['district_id', 'turn_id', 'id'], unique=False)
    op.create_index('uq_claim_items_listed', 'claim_items', ['district_id', 'need_id'], unique=True, postgresql_where=sa.text("state = 'listed'"))


def create_service_claims() -> None:
    op.create_table('service_claims',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('turn_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('leads', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('made', 'confirmed', 'withdrawn', 'dropped', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'item_id'], ['claim_items.district_id', 'claim_items.id'], name=op.f('fk_service_claims_district_id_item_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_service_claims_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'turn_id'], ['duty_turns.district_id', 'duty_turns.id'], name=op.f('fk_service_claims_district_id_turn_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_service_claims_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_service_claims'))
    )
    op.create_index('ix_service_claims_item', 'service_claims', ['district_id', 'item_id', 'id'], unique=False)
    op.create_index('ix_service_claims_organization', 'service_claims', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('uq_service_claims_lead', 'service_claims', ['district_id', 'item_id'], unique=True, postgresql_where=sa.text("leads AND state IN ('confirmed', 'made')"))
    op.create_index('uq_service_claims_standing', 'service_claims', ['district_id', 'item_id', 'organization_id'], unique=True, postgresql_where=sa.text("state IN ('confirmed', 'made')"))


def upgrade() -> None:
    create_committee_members()
    create_duty_draws()
    create_duty_turns()
    create_duty_exchanges()
    op.create_foreign_key(op.f('fk_duty_turns_district_id_exchange_id'), 'duty_turns', 'duty_exchanges', ['district_id', 'exchange_id'], ['district_id', 'id'])
    create_joint_meetings()
    create_meeting_attendances()
    create_meeting_additions()
    create_claim_items()
    create_service_claims()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)
    op.execute(in_each_district(BACKFILL))


def downgrade() -> None:
    op.drop_constraint('fk_duty_turns_district_id_exchange_id', 'duty_turns')
    for table in reversed(VERBS):
        op.drop_table(table)
