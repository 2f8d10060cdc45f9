"""Co-handling of orders: lead and invited parties."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
RUNNING = sa.text("state IN ('accepted', 'invited')")


def upgrade() -> None:
    op.create_table('co_handlings',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('invited', 'accepted', 'done', 'declined', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=False),
    sa.Column('answered_by', sa.Uuid(), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(person_id IS NULL) <> (organization_id IS NULL)', name=op.f('ck_co_handlings_one_party')),
    sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f('ck_co_handlings_done')),
    sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f('ck_co_handlings_result')),
    sa.ForeignKeyConstraint(['district_id', 'answered_by'], ['people.district_id', 'people.id'], name=op.f('fk_co_handlings_district_id_answered_by')),
    sa.ForeignKeyConstraint(['district_id', 'invited_by'], ['people.district_id', 'people.id'], name=op.f('fk_co_handlings_district_id_invited_by')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_co_handlings_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_co_handlings_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_co_handlings_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_co_handlings_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_co_handlings'))
    )
    op.create_index('ix_co_handlings_order', 'co_handlings', ['district_id', 'order_id', 'id'], unique=False)
    op.create_index('ix_co_handlings_organization', 'co_handlings', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_co_handlings_path', 'co_handlings', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_co_handlings_person', 'co_handlings', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_co_handlings_running_person', 'co_handlings', ['district_id', 'order_id', 'person_id'], unique=True, postgresql_where=RUNNING)
    op.create_index('uq_co_handlings_running_unit', 'co_handlings', ['district_id', 'order_id', 'organization_id'], unique=True, postgresql_where=RUNNING)
    for statement in protect('co_handlings', ROLE, "SELECT, INSERT, UPDATE"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('co_handlings')
