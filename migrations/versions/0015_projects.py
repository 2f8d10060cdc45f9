"""Projects: claimed by member units, answering needs, with what belongs to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "programmes": "SELECT, INSERT, UPDATE",
    "indicators": "SELECT, INSERT, UPDATE",
    "projects": "SELECT, INSERT, UPDATE",
    "budget_lines": "SELECT, INSERT, UPDATE",
    "evaluations": "SELECT, INSERT, UPDATE (words, person_id)",
    "milestones": "SELECT, INSERT, UPDATE",
    "project_units": "SELECT, INSERT, UPDATE",
    "vouchers": "SELECT, INSERT, UPDATE (state, decided_by, decided_at, reason, version, updated_at)",
    "project_needs": "SELECT, INSERT, UPDATE, DELETE",
}


def create_programmes() -> None:
    op.create_table('programmes',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Enum('programme', 'method', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'community_id'], ['places.district_id', 'places.id'], name=op.f('fk_programmes_district_id_community_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_programmes_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_programmes')),
    sa.UniqueConstraint('district_id', 'community_id', 'code', name=op.f('uq_programmes_district_id_community_id_code'))
    )


def create_indicators() -> None:
    op.create_table('indicators',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('measure', sa.Enum('projects_delivered', 'people_reached', 'needs_answered', 'units_taking_part', 'service_minutes', 'spent_fen', name='measure', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('targets', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'programme_id'], ['programmes.district_id', 'programmes.id'], name=op.f('fk_indicators_district_id_programme_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_indicators_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_indicators')),
    sa.UniqueConstraint('district_id', 'programme_id', 'code', name=op.f('uq_indicators_district_id_programme_id_code'))
    )
    op.create_index('ix_indicators_programme', 'indicators', ['district_id', 'programme_id', 'id'], unique=False)


def create_projects() -> None:
    op.create_table('projects',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'returned', 'listed', 'claimed', 'running', 'delivered', 'evaluated', 'archived', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('aims', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('micro', 'practical', 'quality', 'elder_care', 'culture', 'safety', 'environment', 'other', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('link', sa.Enum('party_building', 'theory', 'resources', 'services', 'security', 'charity', 'culture', 'sanitation', name='link', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('proposed_by', sa.Uuid(), nullable=False),
    sa.Column('proposer_unit_id', sa.Uuid(), nullable=True),
    sa.Column('budget_fen', sa.BigInteger(), nullable=False),
    sa.Column('allotted_fen', sa.BigInteger(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('cancel_reason', sa.Enum('withdrawn', 'not_needed', 'no_unit', 'no_money', 'duplicate', 'unlawful', 'other', name='cancel_reason', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('people_reached', sa.Integer(), nullable=True),
    sa.Column('evidence', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('listed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('evaluated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f('ck_projects_cancelled')),
    sa.CheckConstraint("kind <> 'micro' OR budget_fen > 0", name=op.f('ck_projects_micro_has_budget')),
    sa.CheckConstraint("state IN ('proposed', 'returned', 'cancelled') OR listed_at IS NOT NULL", name=op.f('ck_projects_listed')),
    sa.CheckConstraint("state NOT IN ('delivered', 'evaluated', 'archived') OR (delivered_at IS NOT NULL AND result IS NOT NULL AND people_reached IS NOT NULL)", name=op.f('ck_projects_delivered')),
    sa.CheckConstraint("state NOT IN ('running', 'delivered', 'evaluated', 'archived') OR started_at IS NOT NULL", name=op.f('ck_projects_started')),
    sa.CheckConstraint('allotted_fen BETWEEN 0 AND budget_fen', name=op.f('ck_projects_allotted_fen')),
    sa.CheckConstraint('budget_fen >= 0', name=op.f('ck_projects_budget_fen')),
    sa.CheckConstraint('people_reached >= 0', name=op.f('ck_projects_people_reached')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_projects_period')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_projects_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'programme_id'], ['programmes.district_id', 'programmes.id'], name=op.f('fk_projects_district_id_programme_id')),
    sa.ForeignKeyConstraint(['district_id', 'proposed_by'], ['people.district_id', 'people.id'], name=op.f('fk_projects_district_id_proposed_by')),
    sa.ForeignKeyConstraint(['district_id', 'proposer_unit_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_projects_district_id_proposer_unit_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_projects_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_projects'))
    )
    op.create_index('ix_projects_community', 'projects', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_projects_delivered', 'projects', ['district_id', 'delivered_at'], unique=False, postgresql_where=sa.text("state = 'delivered'"))
    op.create_index('ix_projects_programme', 'projects', ['district_id', 'programme_id', 'id'], unique=False)
    op.create_index('ix_projects_proposed_by', 'projects', ['district_id', 'proposed_by', 'id'], unique=False)


def create_budget_lines() -> None:
    op.create_table('budget_lines',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('source', sa.Enum('subdistrict', 'community', 'unit', 'charity', 'other', name='source', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('reserved_fen', sa.BigInteger(), nullable=False),
    sa.Column('spent_fen', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(source = 'unit') = (organization_id IS NOT NULL)", name=op.f('ck_budget_lines_unit_pays')),
    sa.CheckConstraint('reserved_fen + spent_fen <= amount_fen', name=op.f('ck_budget_lines_not_over')),
    sa.CheckConstraint('reserved_fen >= 0 AND spent_fen >= 0', name=op.f('ck_budget_lines_not_negative')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_budget_lines_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_budget_lines_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_budget_lines_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_budget_lines'))
    )
    op.create_index('ix_budget_lines_organization', 'budget_lines', ['district_id', 'organization_id'], unique=False)
    op.create_index('ix_budget_lines_project', 'budget_lines', ['district_id', 'project_id', 'id'], unique=False)


def create_evaluations() -> None:
    op.create_table('evaluations',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('rating', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('rating BETWEEN 1 AND 5', name=op.f('ck_evaluations_rating')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_evaluations_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_evaluations_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_evaluations_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_evaluations')),
    sa.UniqueConstraint('district_id', 'project_id', 'round', 'person_id', name=op.f('uq_evaluations_district_id_project_id_round_person_id'))
    )
    op.create_index('ix_evaluations_person', 'evaluations', ['district_id', 'person_id', 'id'], unique=False)


def create_milestones() -> None:
    op.create_table('milestones',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.Uuid(), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(done_at IS NULL) = (done_by IS NULL)', name=op.f('ck_milestones_done')),
    sa.CheckConstraint('done_at IS NULL OR dropped_at IS NULL', name=op.f('ck_milestones_one_end')),
    sa.CheckConstraint('dropped_at IS NULL OR words IS NOT NULL', name=op.f('ck_milestones_dropped')),
    sa.ForeignKeyConstraint(['district_id', 'done_by'], ['people.district_id', 'people.id'], name=op.f('fk_milestones_district_id_done_by')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_milestones_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_milestones_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_milestones'))
    )
    op.create_index('ix_milestones_open', 'milestones', ['district_id', 'due_on'], unique=False, postgresql_where=sa.text('done_at IS NULL AND dropped_at IS NULL AND overdue_at IS NULL'))
    op.create_index('ix_milestones_project', 'milestones', ['district_id', 'project_id', 'due_on'], unique=False)


def create_project_units() -> None:
    op.create_table('project_units',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('part', sa.Enum('lead', 'support', name='part', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('claimed_by', sa.Uuid(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'claimed_by'], ['people.district_id', 'people.id'], name=op.f('fk_project_units_district_id_claimed_by')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_project_units_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_project_units_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_project_units_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_project_units'))
    )
    op.create_index('ix_project_units_organization', 'project_units', ['district_id', 'organization_id', 'project_id'], unique=False)
    op.create_index('uq_project_units_once', 'project_units', ['district_id', 'project_id', 'organization_id'], unique=True, postgresql_where=sa.text('left_at IS NULL'))
    op.create_index('uq_project_units_one_lead', 'project_units', ['district_id', 'project_id'], unique=True, postgresql_where=sa.text("part = 'lead' AND left_at IS NULL"))


def create_vouchers() -> None:
    op.create_table('vouchers',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Enum('spend', 'reverse', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('entered', 'approved', 'rejected', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('dated_on', sa.Date(), nullable=False),
    sa.Column('payee', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('evidence_digest', sa.Text(), nullable=False),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('entered_by', sa.Uuid(), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name=op.f('ck_vouchers_reverses')),
    sa.CheckConstraint("(state = 'entered') = (decided_by IS NULL)", name=op.f('ck_vouchers_decided')),
    sa.CheckConstraint("evidence_digest ~ '^[0-9a-f]{64}$'", name=op.f('ck_vouchers_evidence_digest')),
    sa.CheckConstraint("state <> 'rejected' OR reason IS NOT NULL", name=op.f('ck_vouchers_reason')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_vouchers_amount_fen')),
    sa.CheckConstraint('decided_by <> entered_by', name=op.f('ck_vouchers_two_hands')),
    sa.ForeignKeyConstraint(['district_id', 'decided_by'], ['people.district_id', 'people.id'], name=op.f('fk_vouchers_district_id_decided_by')),
    sa.ForeignKeyConstraint(['district_id', 'entered_by'], ['people.district_id', 'people.id'], name=op.f('fk_vouchers_district_id_entered_by')),
    sa.ForeignKeyConstraint(['district_id', 'line_id'], ['budget_lines.district_id', 'budget_lines.id'], name=op.f('fk_vouchers_district_id_line_id')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_vouchers_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id', 'reverses_id'], ['vouchers.district_id', 'vouchers.id'], name=op.f('fk_vouchers_district_id_reverses_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_vouchers_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_vouchers'))
    )
    op.create_index('ix_vouchers_line', 'vouchers', ['district_id', 'line_id', 'id'], unique=False)
    op.create_index('ix_vouchers_project', 'vouchers', ['district_id', 'project_id', 'id'], unique=False)
    op.create_index('uq_vouchers_number', 'vouchers', ['district_id', 'project_id', 'number'], unique=True, postgresql_where=sa.text("state <> 'rejected'"))
    op.create_index('uq_vouchers_reversal', 'vouchers', ['district_id', 'reverses_id'], unique=True, postgresql_where=sa.text("state <> 'rejected'"))


def create_project_needs() -> None:
    op.create_table('project_needs',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('NOT active OR order_id IS NOT NULL', name=op.f('ck_project_needs_active_has_order')),
    sa.ForeignKeyConstraint(['district_id', 'need_id'], ['needs.district_id', 'needs.id'], name=op.f('fk_project_needs_district_id_need_id')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_project_needs_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'project_id'], ['projects.district_id', 'projects.id'], name=op.f('fk_project_needs_district_id_project_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_project_needs_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_project_needs'))
    )
    op.create_index('ix_project_needs_need', 'project_needs', ['district_id', 'need_id'], unique=False)
    op.create_index('ix_project_needs_order', 'project_needs', ['district_id', 'order_id'], unique=False)
    op.create_index('uq_project_needs_active', 'project_needs', ['district_id', 'need_id'], unique=True, postgresql_where=sa.text('active'))
    op.create_index('uq_project_needs_once', 'project_needs', ['district_id', 'project_id', 'need_id'], unique=True)


def alter_approvals() -> None:
    op.drop_constraint('ck_approvals_subject', 'approvals')
    op.create_check_constraint(op.f('ck_approvals_subject'), 'approvals', "subject IN ('need', 'order', 'project', 'person')")


def restore_approvals() -> None:
    op.execute(in_each_district("DELETE FROM approvals WHERE subject = 'project' AND {mine}"))
    op.drop_constraint('ck_approvals_subject', 'approvals')
    op.create_check_constraint(op.f('ck_approvals_subject'), 'approvals', "subject IN ('need', 'order', 'person')")


def upgrade() -> None:
    create_programmes()
    create_indicators()
    create_projects()
    create_budget_lines()
    create_evaluations()
    create_milestones()
    create_project_units()
    create_vouchers()
    create_project_needs()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)
    alter_approvals()


def downgrade() -> None:
    restore_approvals()
    for table in reversed(VERBS):
        op.drop_table(table)
