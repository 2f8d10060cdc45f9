"""Needs, orders, assignments and approvals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0003"
down_revision = '0002'
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "needs": "SELECT, INSERT, UPDATE",
    "need_followers": "SELECT, INSERT, DELETE",
    "orders": "SELECT, INSERT, UPDATE",
    "assignments": "SELECT, INSERT, UPDATE",
    "approvals": "SELECT, INSERT, UPDATE",
}


def create_needs() -> None:
    op.create_table('needs',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'info_requested', 'accepted', 'in_service', 'met', 'closed', 'planned', 'refused', 'redirected', 'merged', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('urgency', sa.Enum('normal', 'urgent', 'critical', name='urgency', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('privacy', sa.Enum('public', 'community', 'handlers', name='privacy', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('risks', sa.Text(), nullable=True),
    sa.Column('people_concerned', sa.Integer(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('source', sa.Enum('self', 'proxy', 'import', name='source', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('source_number', sa.Text(), nullable=True),
    sa.Column('source_digest', sa.LargeBinary(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asker_id', sa.Uuid(), nullable=True),
    sa.Column('asker_name_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('submitted_by', sa.Uuid(), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('appealed', sa.Boolean(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('planned_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into_id', sa.Uuid(), nullable=True),
    sa.Column('state_before', sa.Enum('submitted', 'info_requested', 'accepted', 'in_service', 'met', 'closed', 'planned', 'refused', 'redirected', 'merged', 'withdrawn', name='state_before', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('met_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_system', sa.Boolean(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f('ck_needs_merged')),
    sa.CheckConstraint('char_length(details) <= 10000', name=op.f('ck_needs_details_length')),
    sa.CheckConstraint('merged_into_id <> id', name=op.f('ck_needs_not_into_itself')),
    sa.ForeignKeyConstraint(['district_id', 'asker_id'], ['people.district_id', 'people.id'], name='fk_needs_district_id_asker_id'),
    sa.ForeignKeyConstraint(['district_id', 'merged_into_id'], ['needs.district_id', 'needs.id'], name='fk_needs_district_id_merged_into_id'),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name='fk_needs_district_id_place_id'),
    sa.ForeignKeyConstraint(['district_id', 'submitted_by'], ['people.district_id', 'people.id'], name='fk_needs_district_id_submitted_by'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_needs_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_needs'),
    sa.UniqueConstraint('district_id', 'community_id', 'source_number', name='uq_needs_district_id_community_id_source_number')
    )
    op.create_index('ix_needs_answer_by', 'needs', ['district_id', 'answer_by'], unique=False, postgresql_where=sa.text("state = 'info_requested'"))
    op.create_index('ix_needs_asker', 'needs', ['district_id', 'asker_id', 'id'], unique=False)
    op.create_index('ix_needs_community', 'needs', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_needs_grid', 'needs', ['district_id', 'grid_id', 'id'], unique=False)
    op.create_index('ix_needs_merged_into', 'needs', ['district_id', 'merged_into_id', 'id'], unique=False)
    op.create_index('ix_needs_met_at', 'needs', ['district_id', 'met_at'], unique=False, postgresql_where=sa.text("state = 'met'"))
    op.create_index('ix_needs_planned', 'needs', ['district_id', 'planned_until'], unique=False, postgresql_where=sa.text("state = 'planned'"))
    op.create_index('ix_needs_submitted_by', 'needs', ['district_id', 'submitted_by', 'id'], unique=False)


def create_need_followers() -> None:
    op.create_table('need_followers',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('from_need_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'from_need_id'], ['needs.district_id', 'needs.id'], name='fk_need_followers_district_id_from_need_id'),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name='fk_need_followers_district_id_need_id'),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_need_followers_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_need_followers_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_need_followers'),
    sa.UniqueConstraint('district_id', 'need_id', 'person_id', 'from_need_id', name='uq_need_followers_district_id_need_id_person_id_from_need_id')
    )
    op.create_index('ix_need_followers_person', 'need_followers', ['district_id', 'person_id', 'need_id'], unique=False)


def create_orders() -> None:
    op.create_table('orders',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('open', 'published', 'offered', 'accepted', 'in_progress', 'suspended', 'disputed', 'reported', 'closed', 'planned', 'terminated', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('urgency', sa.Enum('normal', 'urgent', 'critical', name='urgency', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('people_wanted', sa.Integer(), nullable=False),
    sa.Column('people_accepted', sa.Integer(), nullable=False),
    sa.Column('risks', sa.Text(), nullable=True),
    sa.Column('need_round', sa.Integer(), server_default='1', nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('auto_offer', sa.Boolean(), nullable=False),
    sa.Column('offer_minutes', sa.Integer(), nullable=False),
    sa.Column('next_offer_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('planned_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('objected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('assigned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overruled', sa.Boolean(), nullable=False),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Enum('solved', 'explained', name='outcome', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('rating_words', sa.Text(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_system', sa.Boolean(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name=op.f('ck_orders_outcome_if_closed')),
    sa.CheckConstraint("(state = 'suspended') = (suspended_at IS NOT NULL)", name=op.f('ck_orders_suspended')),
    sa.CheckConstraint('people_accepted BETWEEN 0 AND people_wanted', name=op.f('ck_orders_people_accepted')),
    sa.CheckConstraint('people_wanted BETWEEN 1 AND 20', name=op.f('ck_orders_people_wanted')),
    sa.CheckConstraint('rating BETWEEN 1 AND 5', name=op.f('ck_orders_rating')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name='fk_orders_district_id_need_id'),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name='fk_orders_district_id_place_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_orders_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_orders')
    )
    op.create_index('ix_orders_community', 'orders', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_orders_community_working', 'orders', ['district_id', 'community_id', 'id'], unique=False, postgresql_where=sa.text("state IN ('accepted', 'disputed', 'in_progress', 'offered', 'open', 'planned', 'published', 'reported', 'suspended')"))
    op.create_index('ix_orders_grid', 'orders', ['district_id', 'grid_id', 'id'], unique=False)
    op.create_index('ix_orders_grid_working', 'orders', ['district_id', 'grid_id', 'id'], unique=False, postgresql_where=sa.text("state IN ('accepted', 'disputed', 'in_progress', 'offered', 'open', 'planned', 'published', 'reported', 'suspended')"))
    op.create_index('ix_orders_need', 'orders', ['district_id', 'need_id', 'id'], unique=False)
    op.create_index('ix_orders_next_offer', 'orders', ['district_id', 'next_offer_at'], unique=False, postgresql_where=sa.text("state = 'open' AND auto_offer"))
    op.create_index('ix_orders_planned', 'orders', ['district_id', 'planned_until'], unique=False, postgresql_where=sa.text("state = 'planned'"))
    op.create_index('ix_orders_pool', 'orders', ['district_id', 'community_id', 'id'], unique=False, postgresql_where=sa.text("state = 'published'"))
    op.create_index('ix_orders_reported', 'orders', ['district_id', 'reported_at'], unique=False, postgresql_where=sa.text("state = 'reported'"))
    op.create_index('ix_orders_suspended', 'orders', ['district_id', 'suspended_at'], unique=False, postgresql_where=sa.text("state = 'suspended'"))


def create_assignments() -> None:
    op.create_table('assignments',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('load_slot', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('invited', 'accepted', 'checked_in', 'checked_out', 'verified', 'declined', 'expired', 'cancelled_early', 'cancelled_late', 'substituted', 'no_show', 'excused', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=True),
    sa.Column('answer_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_in_method', sa.Enum('position', 'organizer', name='check_in_method', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('check_out_method', sa.Enum('position', 'organizer', name='check_out_method', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('replaces_id', sa.Uuid(), nullable=True),
    sa.Column('choice', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(person_id IS NULL) <> (organization_id IS NULL)', name=op.f('ck_assignments_one_party')),
    sa.CheckConstraint('slot BETWEEN 1 AND 20', name=op.f('ck_assignments_slot')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name='fk_assignments_district_id_order_id'),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name='fk_assignments_district_id_organization_id'),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_assignments_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id', 'replaces_id'], ['assignments.district_id', 'assignments.id'], name='fk_assignments_district_id_replaces_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_assignments_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_assignments')
    )
    op.create_index('ix_assignments_answer_by', 'assignments', ['district_id', 'answer_by'], unique=False, postgresql_where=sa.text("state = 'invited'"))
    op.create_index('ix_assignments_order', 'assignments', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_assignments_organization', 'assignments', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_assignments_person', 'assignments', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_assignments_active_person', 'assignments', ['district_id', 'order_id', 'person_id'], unique=True, postgresql_where=sa.text("state IN ('accepted', 'checked_in', 'checked_out', 'invited')"))
    op.create_index('uq_assignments_active_slot', 'assignments', ['district_id', 'order_id', 'slot'], unique=True, postgresql_where=sa.text("state IN ('accepted', 'checked_in', 'checked_out')"))
    op.create_index('uq_assignments_load_slot', 'assignments', ['district_id', 'person_id', 'load_slot'], unique=True, postgresql_where=sa.text("state IN ('accepted', 'checked_in')"))


def create_approvals() -> None:
    op.create_table('approvals',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.Enum('need', 'order', name='subject', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('form', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Enum('pending', 'granted', 'denied', 'void', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'asked_by'], ['people.district_id', 'people.id'], name='fk_approvals_district_id_asked_by'),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name='fk_approvals_district_id_decided_by'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_approvals_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_approvals')
    )
    op.create_index('ix_approvals_subject', 'approvals', ['district_id', 'subject_id', 'id'], unique=False)
    op.create_index('uq_approvals_pending', 'approvals', ['district_id', 'subject_id', 'action'], unique=True, postgresql_where=sa.text("state = 'pending'"))


def upgrade() -> None:
    create_needs()
    create_need_followers()
    create_orders()
    create_assignments()
    create_approvals()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("approvals")
    op.drop_table("assignments")
    op.drop_table("orders")
    op.drop_table("need_followers")
    op.drop_table("needs")
