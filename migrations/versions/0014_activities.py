"""Activities with sign-ups, and hours that are served in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "activity_series": "SELECT, INSERT, UPDATE",
    "series_members": "SELECT, INSERT, UPDATE, DELETE",
    "activities": "SELECT, INSERT, UPDATE",
    "activity_roles": "SELECT, INSERT, UPDATE, DELETE",
    "sign_ups": "SELECT, INSERT, UPDATE",
}
METHODS = ("check_in_method", "check_out_method")


def create_activity_series() -> None:
    op.create_table('activity_series',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'running', 'ended', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('audience', sa.Enum('district', 'community', 'unit', name='audience', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('venue', sa.Text(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('responsible_id', sa.Uuid(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('start_minute', sa.SmallInteger(), nullable=False),
    sa.Column('minutes', sa.SmallInteger(), nullable=False),
    sa.Column('skip_holidays', sa.Boolean(), nullable=False),
    sa.Column('without', postgresql.ARRAY(sa.Date()), nullable=False),
    sa.Column('besides', postgresql.ARRAY(sa.Date()), nullable=False),
    sa.Column('roles', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('made_until', sa.Date(), nullable=True),
    sa.Column('next_look_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state = 'running' OR next_look_at IS NULL", name=op.f('ck_activity_series_next_look_at')),
    sa.CheckConstraint('minutes BETWEEN 1 AND 960', name=op.f('ck_activity_series_minutes')),
    sa.CheckConstraint('start_minute BETWEEN 0 AND 1439', name=op.f('ck_activity_series_start_minute')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_activity_series_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_activity_series_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'responsible_id'], ['people.district_id', 'people.id'], name=op.f('fk_activity_series_district_id_responsible_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_activity_series_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_activity_series'))
    )
    op.create_index('ix_activity_series_community', 'activity_series', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_activity_series_next_look', 'activity_series', ['district_id', 'next_look_at'], unique=False, postgresql_where=sa.text("state = 'running'"))


def create_series_members() -> None:
    op.create_table('series_members',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('series_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role_name', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('guardian_id', sa.Uuid(), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'guardian_id'], ['people.district_id', 'people.id'], name=op.f('fk_series_members_district_id_guardian_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_series_members_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'series_id'], ['activity_series.district_id', 'activity_series.id'], name=op.f('fk_series_members_district_id_series_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_series_members_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_series_members'))
    )
    op.create_index('ix_series_members_person', 'series_members', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_series_members_current', 'series_members', ['district_id', 'series_id', 'person_id'], unique=True, postgresql_where=sa.text('left_at IS NULL'))
    op.create_index('uq_series_members_number', 'series_members', ['district_id', 'series_id', 'number'], unique=True)


def create_activities() -> None:
    op.create_table('activities',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'proposed', 'open', 'closed', 'held', 'concluded', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('audience', sa.Enum('district', 'community', 'unit', name='audience', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('venue', sa.Text(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('responsible_id', sa.Uuid(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sign_up_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sign_up_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('series_id', sa.Uuid(), nullable=True),
    sa.Column('series_on', sa.Date(), nullable=True),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=True),
    sa.Column('report', sa.Text(), nullable=True),
    sa.Column('evidence', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('concluded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f('ck_activities_cancel_reason')),
    sa.CheckConstraint("(state = 'concluded') = (concluded_at IS NOT NULL) AND (report IS NOT NULL OR concluded_at IS NULL)", name=op.f('ck_activities_report')),
    sa.CheckConstraint('(series_id IS NULL) = (series_on IS NULL)', name=op.f('ck_activities_series')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_activities_span')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_activities_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_activities_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'responsible_id'], ['people.district_id', 'people.id'], name=op.f('fk_activities_district_id_responsible_id')),
    sa.ForeignKeyConstraint(['district_id', 'series_id'], ['activity_series.district_id', 'activity_series.id'], name=op.f('fk_activities_district_id_series_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_activities_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_activities')),
    sa.UniqueConstraint('district_id', 'series_id', 'series_on', name=op.f('uq_activities_district_id_series_id_series_on'))
    )
    op.create_index('ix_activities_community', 'activities', ['district_id', 'community_id', 'starts_at', 'id'], unique=False)
    op.create_index('ix_activities_organization', 'activities', ['district_id', 'organization_id', 'starts_at'], unique=False)
    op.create_index('ix_activities_responsible', 'activities', ['district_id', 'responsible_id'], unique=False)
    op.create_index('ix_activities_start', 'activities', ['district_id', 'starts_at', 'id'], unique=False)
    op.create_index('ix_activities_upcoming', 'activities', ['district_id', 'starts_at'], unique=False, postgresql_where=sa.text("state IN ('closed', 'open')"))


def create_activity_roles() -> None:
    op.create_table('activity_roles',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('participant', 'helper', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('last_waiting', sa.Integer(), nullable=False),
    sa.Column('skill', sa.Enum('plumbing', 'electricity', 'nursing', 'counselling', 'law', 'teaching', 'digital', 'haircut', 'arts', 'mongolian', name='skill', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('certified', sa.Boolean(), nullable=False),
    sa.Column('min_age', sa.SmallInteger(), nullable=True),
    sa.CheckConstraint('min_age BETWEEN 1 AND 100', name=op.f('ck_activity_roles_min_age')),
    sa.CheckConstraint('places BETWEEN 1 AND 10000', name=op.f('ck_activity_roles_places')),
    sa.CheckConstraint('skill IS NOT NULL OR NOT certified', name=op.f('ck_activity_roles_certified')),
    sa.CheckConstraint('taken BETWEEN 0 AND places', name=op.f('ck_activity_roles_taken')),
    sa.ForeignKeyConstraint(['district_id', 'activity_id'], ['activities.district_id', 'activities.id'], name=op.f('fk_activity_roles_district_id_activity_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_activity_roles_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_activity_roles')),
    sa.UniqueConstraint('district_id', 'activity_id', 'name', name=op.f('uq_activity_roles_district_id_activity_id_name'))
    )


def create_sign_ups() -> None:
    op.create_table('sign_ups',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('role_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('invited', 'waiting', 'confirmed', 'checked_in', 'checked_out', 'declined', 'expired', 'cancelled_early', 'cancelled_late', 'substituted', 'no_show', 'excused', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('waiting_number', sa.Integer(), nullable=True),
    sa.Column('signed_up_by', sa.Uuid(), nullable=True),
    sa.Column('guardian_id', sa.Uuid(), nullable=True),
    sa.Column('guardian_evidence', sa.Text(), nullable=True),
    sa.Column('replaces_id', sa.Uuid(), nullable=True),
    sa.Column('answer_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_in_method', sa.Enum('position', 'qr', 'organizer', name='check_in_method', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('check_out_method', sa.Enum('position', 'qr', 'organizer', name='check_out_method', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('check_out_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('rating', sa.SmallInteger(), nullable=True),
    sa.Column('rating_words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'checked_in') = (check_out_by IS NOT NULL)", name=op.f('ck_sign_ups_check_out_by')),
    sa.CheckConstraint("state <> 'invited' OR (replaces_id IS NOT NULL AND answer_by IS NOT NULL)", name=op.f('ck_sign_ups_invited')),
    sa.CheckConstraint("state <> 'waiting' OR waiting_number IS NOT NULL", name=op.f('ck_sign_ups_waiting_number')),
    sa.CheckConstraint('rating BETWEEN 1 AND 5', name=op.f('ck_sign_ups_rating')),
    sa.ForeignKeyConstraint(['district_id', 'activity_id'], ['activities.district_id', 'activities.id'], name=op.f('fk_sign_ups_district_id_activity_id')),
    sa.ForeignKeyConstraint(['district_id', 'guardian_id'], ['people.district_id', 'people.id'], name=op.f('fk_sign_ups_district_id_guardian_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_sign_ups_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'replaces_id'], ['sign_ups.district_id', 'sign_ups.id'], name=op.f('fk_sign_ups_district_id_replaces_id')),
    sa.ForeignKeyConstraint(['district_id', 'role_id'], ['activity_roles.district_id', 'activity_roles.id'], name=op.f('fk_sign_ups_district_id_role_id')),
    sa.ForeignKeyConstraint(['district_id', 'signed_up_by'], ['people.district_id', 'people.id'], name=op.f('fk_sign_ups_district_id_signed_up_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_sign_ups_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_sign_ups'))
    )
    op.create_index('ix_sign_ups_activity', 'sign_ups', ['district_id', 'activity_id', 'id'], unique=False)
    op.create_index('ix_sign_ups_answer_by', 'sign_ups', ['district_id', 'answer_by'], unique=False, postgresql_where=sa.text("state = 'invited'"))
    op.create_index('ix_sign_ups_check_out_by', 'sign_ups', ['district_id', 'check_out_by'], unique=False, postgresql_where=sa.text("state = 'checked_in'"))
    op.create_index('ix_sign_ups_person', 'sign_ups', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_sign_ups_standing', 'sign_ups', ['district_id', 'activity_id', 'person_id'], unique=True, postgresql_where=sa.text("state IN ('checked_in', 'checked_out', 'confirmed', 'invited', 'waiting')"))
    op.create_index('uq_sign_ups_substitute', 'sign_ups', ['district_id', 'replaces_id'], unique=True, postgresql_where=sa.text("state = 'invited'"))
    op.create_index('uq_sign_ups_waiting_number', 'sign_ups', ['district_id', 'role_id', 'waiting_number'], unique=True, postgresql_where=sa.text('waiting_number IS NOT NULL'))


def extend_hours() -> None:
    """What is served is an order or an activity, and says which."""
    op.alter_column('hour_entries', 'order_id', existing_type=sa.Uuid(), nullable=True)
    op.add_column('hour_entries', sa.Column('activity_id', sa.Uuid(), nullable=True))
    op.add_column('hour_entries', sa.Column('sign_up_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_hour_entries_district_id_activity_id'), 'hour_entries', 'activities', ['district_id', 'activity_id'], ['district_id', 'id'])
    op.create_foreign_key(op.f('fk_hour_entries_district_id_sign_up_id'), 'hour_entries', 'sign_ups', ['district_id', 'sign_up_id'], ['district_id', 'id'])
    op.create_check_constraint(op.f('ck_hour_entries_one_service'), 'hour_entries', '(order_id IS NULL) <> (activity_id IS NULL)')
    op.create_check_constraint(op.f('ck_hour_entries_assignment'), 'hour_entries', 'assignment_id IS NULL OR order_id IS NOT NULL')
    op.create_check_constraint(op.f('ck_hour_entries_sign_up'), 'hour_entries', 'sign_up_id IS NULL OR activity_id IS NOT NULL')
    op.create_index('ix_hour_entries_activity', 'hour_entries', ['district_id', 'activity_id', 'id'], unique=False)
    op.create_index('uq_hour_entries_sign_up', 'hour_entries', ['district_id', 'sign_up_id', 'served_from'], unique=True, postgresql_where=sa.text("kind = 'record' AND source <> 'supplement' AND sign_up_id IS NOT NULL"))


def extend_service_windows() -> None:
    op.add_column('service_windows', sa.Column('sign_up_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_service_windows_district_id_sign_up_id'), 'service_windows', 'sign_ups', ['district_id', 'sign_up_id'], ['district_id', 'id'])
    op.create_index('ix_service_windows_sign_up', 'service_windows', ['district_id', 'sign_up_id'], unique=False)


def allow_methods(values: str) -> None:
    """Alembic does not compare CHECKs: the ways to check in stand in one on each end of an assignment."""
    for column in METHODS:
        op.drop_constraint(f'ck_assignments_{column}', 'assignments')
        op.create_check_constraint(op.f(f'ck_assignments_{column}'), 'assignments', f'{column} IN ({values})')


def upgrade() -> None:
    create_activity_series()
    create_series_members()
    create_activities()
    create_activity_roles()
    create_sign_ups()
    extend_hours()
    extend_service_windows()
    allow_methods("'position', 'qr', 'organizer'")
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    """Hours served in activities have nowhere to stand without them."""
    for statement in (
        "DELETE FROM service_windows WHERE {mine} AND (sign_up_id IS NOT NULL OR record_id IN"
        " (SELECT id FROM hour_entries WHERE activity_id IS NOT NULL))",
        "DELETE FROM hour_entries WHERE {mine} AND activity_id IS NOT NULL",
    ):
        op.execute(in_each_district(statement))
    allow_methods("'position', 'organizer'")
    op.drop_index('ix_service_windows_sign_up', 'service_windows')
    op.drop_constraint('fk_service_windows_district_id_sign_up_id', 'service_windows')
    op.drop_column('service_windows', 'sign_up_id')
    for name in ('one_service', 'assignment', 'sign_up'):
        op.drop_constraint(f'ck_hour_entries_{name}', 'hour_entries')
    for name in ('uq_hour_entries_sign_up', 'ix_hour_entries_activity'):
        op.drop_index(name, 'hour_entries')
    for name in ('activity_id', 'sign_up_id'):
        op.drop_constraint(f'fk_hour_entries_district_id_{name}', 'hour_entries')
        op.drop_column('hour_entries', name)
    op.alter_column('hour_entries', 'order_id', existing_type=sa.Uuid(), nullable=False)
    for table in reversed(VERBS):
        op.drop_table(table)
