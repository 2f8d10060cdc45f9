"""Venues of activities that are booked as resources, the insurance of their helpers, and what more an indicator measures."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("activities", "activity_series")
POLICY = (("insurer", sa.Text()), ("policy_number", sa.Text()), ("insured_until", sa.Date()))
MEASURES = "'projects_delivered', 'people_reached', 'needs_answered', 'units_taking_part', 'service_minutes', 'spent_fen'"
MORE = ", 'activities_held', 'meetings_held'"


def measured_by(measures: str) -> None:
    op.drop_constraint('ck_indicators_measure', 'indicators')
    op.create_check_constraint(op.f('ck_indicators_measure'), 'indicators', f'measure IN ({measures})')


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column('venue_resource_id', sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column('venue_quantity', sa.BigInteger(), nullable=False, server_default='1'))
        op.alter_column(table, 'venue_quantity', server_default=None)
        op.create_foreign_key(op.f(f'fk_{table}_district_id_venue_resource_id'), table, 'resources', ['district_id', 'venue_resource_id'], ['district_id', 'id'])
        op.create_check_constraint(op.f(f'ck_{table}_venue_quantity'), table, 'venue_quantity >= 1')
        for name, kind in POLICY:
            op.add_column(table, sa.Column(name, kind, nullable=True))
        op.create_check_constraint(op.f(f'ck_{table}_insurance'), table, 'num_nulls(insurer, policy_number, insured_until) IN (0, 3)')
    op.add_column('activities', sa.Column('venue_booking_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_activities_district_id_venue_booking_id'), 'activities', 'bookings', ['district_id', 'venue_booking_id'], ['district_id', 'id'])
    op.create_check_constraint(op.f('ck_activities_venue_booking'), 'activities', 'venue_booking_id IS NULL OR venue_resource_id IS NOT NULL')
    measured_by(MEASURES + MORE)


def downgrade() -> None:
    measured_by(MEASURES)
    op.drop_constraint('ck_activities_venue_booking', 'activities')
    op.drop_column('activities', 'venue_booking_id')
    for table in TABLES:
        for name, _ in POLICY:
            op.drop_column(table, name)
        op.drop_constraint(f'ck_{table}_venue_quantity', table)
        op.drop_column(table, 'venue_quantity')
        op.drop_column(table, 'venue_resource_id')
