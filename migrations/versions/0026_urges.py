"""Urges of orders: who urged which order on which working day."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import protect

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
FORGETTING = """
CREATE FUNCTION forget_urges(rows uuid[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH changed AS (
    UPDATE urges u SET words = NULL
    WHERE u.district_id = NULLIF(current_setting('app.district', true), '')::int AND u.words IS NOT NULL
      AND (u.order_id = ANY (rows) AND EXISTS (
        SELECT FROM orders o WHERE o.district_id = u.district_id AND o.id = u.order_id
          AND o.title IN ('（保存期已满，已删除）', '（已按本人要求删除）'))
      OR u.person_id = ANY (rows) AND EXISTS (
        SELECT FROM people p WHERE p.district_id = u.district_id AND p.id = u.person_id AND p.erased_at IS NOT NULL))
    RETURNING 1)
  SELECT count(*) FROM changed
$$"""
"""What was said with an urge goes with the words of the order, or with whoever said it; the role of requests can only add."""


def create_urges() -> None:
    op.create_table('urges',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('urged_as', sa.Enum('asker', 'proxy', 'follower', 'community', name='urged_as', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('counted_on', sa.Date(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('number >= 1', name=op.f('ck_urges_number')),
    sa.ForeignKeyConstraint(['district_id', 'order_id'], ['orders.district_id', 'orders.id'], name=op.f('fk_urges_district_id_order_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_urges_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_urges_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_urges')),
    sa.UniqueConstraint('district_id', 'order_id', 'person_id', 'counted_on', name=op.f('uq_urges_district_id_order_id_person_id_counted_on')),
    sa.UniqueConstraint('district_id', 'order_id', 'round', 'number', name=op.f('uq_urges_district_id_order_id_round_number'))
    )
    op.create_index('ix_urges_path', 'urges', ['district_id', 'path', 'id'], unique=False)
    op.create_index('ix_urges_person', 'urges', ['district_id', 'person_id', 'id'], unique=False)


def upgrade() -> None:
    create_urges()
    for statement in protect('urges', ROLE, "SELECT, INSERT"):
        op.execute(statement)
    op.execute(FORGETTING)
    op.execute("REVOKE ALL ON FUNCTION forget_urges(uuid[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_urges(uuid[]) TO {ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_urges(uuid[])")
    op.drop_table('urges')
