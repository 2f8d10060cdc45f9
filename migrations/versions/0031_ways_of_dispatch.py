"""Ways of dispatch: rules with their versions, where each order stands in its chain, and whose turn it is among equals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.tenancy import protect

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
GRANTS = {
    "dispatch_rules": "SELECT, INSERT, UPDATE",
    "dispatch_rule_versions": "SELECT, INSERT",
    "dispatch_turns": "SELECT, INSERT, UPDATE, DELETE",
    "order_ways": "SELECT, INSERT, UPDATE",
}


def create_dispatch_rules() -> None:
    op.create_table('dispatch_rules',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('urgency', sa.Enum('normal', 'urgent', 'critical', name='urgency', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('steps', JSONB(), nullable=False),
    sa.Column('quiet_since', sa.SmallInteger(), nullable=True),
    sa.Column('quiet_until', sa.SmallInteger(), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(quiet_since IS NULL) = (quiet_until IS NULL) AND quiet_since BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439', name=op.f('ck_dispatch_rules_quiet')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_dispatch_rules_number')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_rules_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_rules'))
    )
    op.create_index('uq_dispatch_rules_key', 'dispatch_rules', ['district_id', sa.text("coalesce(category, '')"), sa.text("coalesce(urgency, '')")], unique=True, postgresql_where=sa.text('retired_at IS NULL'))


def create_dispatch_rule_versions() -> None:
    op.create_table('dispatch_rule_versions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('rule_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('steps', JSONB(), nullable=False),
    sa.Column('quiet_since', sa.SmallInteger(), nullable=True),
    sa.Column('quiet_until', sa.SmallInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'rule_id'], ['dispatch_rules.district_id', 'dispatch_rules.id'], name=op.f('fk_dispatch_rule_versions_district_id_rule_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_rule_versions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_rule_versions')),
    sa.UniqueConstraint('district_id', 'rule_id', 'number', name=op.f('uq_dispatch_rule_versions_district_id_rule_id_number'))
    )


def create_dispatch_turns() -> None:
    op.create_table('dispatch_turns',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('circle_id', sa.Uuid(), nullable=False),
    sa.Column('organization_kind', sa.Enum('party_committee', 'general_branch', 'party_branch', 'department', 'work_unit', 'sponsor_unit', 'partner_unit', 'property_company', 'owners_committee', 'social_org', 'team', name='organization_kind', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('turn', sa.BigInteger(), nullable=False),
    sa.Column('served_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(organization_id IS NULL) = (organization_kind IS NULL)', name=op.f('ck_dispatch_turns_kind_of_units')),
    sa.CheckConstraint('(person_id IS NULL) <> (organization_id IS NULL)', name=op.f('ck_dispatch_turns_one_party')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_dispatch_turns_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_dispatch_turns_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_dispatch_turns_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_dispatch_turns')),
    sa.UniqueConstraint('district_id', 'circle_id', 'organization_id', name=op.f('uq_dispatch_turns_district_id_circle_id_organization_id')),
    sa.UniqueConstraint('district_id', 'circle_id', 'person_id', name=op.f('uq_dispatch_turns_district_id_circle_id_person_id'))
    )
    op.create_index('ix_dispatch_turns_person', 'dispatch_turns', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_dispatch_turns_turn', 'dispatch_turns', ['district_id', 'circle_id', sa.text("coalesce(organization_kind, '')"), 'turn'], unique=True)


def create_order_ways() -> None:
    op.create_table('order_ways',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('rule_id', sa.Uuid(), nullable=True),
    sa.Column('rule_number', sa.Integer(), nullable=True),
    sa.Column('steps', JSONB(), nullable=False),
    sa.Column('quiet_since', sa.SmallInteger(), nullable=True),
    sa.Column('quiet_until', sa.SmallInteger(), nullable=True),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('waves', sa.SmallInteger(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(quiet_since IS NULL) = (quiet_until IS NULL) AND quiet_since BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439', name=op.f('ck_order_ways_quiet')),
    sa.CheckConstraint('(rule_id IS NULL) = (rule_number IS NULL)', name=op.f('ck_order_ways_rule')),
    sa.CheckConstraint('step >= 0 AND step < jsonb_array_length(steps)', name=op.f('ck_order_ways_step')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_order_ways_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'rule_id'], ['dispatch_rules.district_id', 'dispatch_rules.id'], name=op.f('fk_order_ways_district_id_rule_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_order_ways_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_order_ways')),
    sa.UniqueConstraint('district_id', 'order_id', name=op.f('uq_order_ways_district_id_order_id'))
    )
    op.create_index('ix_order_ways_due', 'order_ways', ['district_id', 'due_at'], unique=False, postgresql_where=sa.text('due_at IS NOT NULL'))


def upgrade() -> None:
    create_dispatch_rules()
    create_dispatch_rule_versions()
    create_dispatch_turns()
    create_order_ways()
    for table, granted in GRANTS.items():
        for statement in protect(table, ROLE, granted):
            op.execute(statement)
    op.add_column('orders', sa.Column('pool_cap', sa.Integer(), nullable=True))
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_pool_cap CHECK (pool_cap BETWEEN 1 AND 5) NOT VALID")
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_pool_cap")


def downgrade() -> None:
    op.drop_column('orders', 'pool_cap')
    for table in ('order_ways', 'dispatch_turns', 'dispatch_rule_versions', 'dispatch_rules'):
        op.drop_table(table)
