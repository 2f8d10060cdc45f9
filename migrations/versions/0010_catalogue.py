"""The catalogue of services as data, and the terms each order is done on."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
_HOUSE = "本系统规定"
_HOTLINE = "济南（2018）、潍坊（2021）12345 条例：5 个工作日"
BEFORE = (
    ("repair.plumbing", 1, _HOUSE, "plumbing", True, True),
    ("repair.electric", 1, _HOUSE, "electricity", True, True),
    ("repair.home", 3, _HOUSE, None, True, True),
    ("elder.visit", 3, _HOUSE, None, True, True),
    ("elder.meal", 1, _HOUSE, None, True, True),
    ("elder.medical", 1, _HOUSE, None, True, True),
    ("care.nursing", 3, _HOUSE, "nursing", True, True),
    ("errand", 3, _HOUSE, None, True, True),
    ("law.advice", 5, _HOTLINE, "law", False, True),
    ("mediation", 5, _HOTLINE, None, True, False),
    ("counselling", 3, _HOUSE, "counselling", True, True),
    ("children.study", 5, _HOTLINE, "teaching", True, True),
    ("digital.help", 5, _HOTLINE, "digital", True, True),
    ("culture", 5, _HOTLINE, "arts", True, True),
    ("environment", 3, _HOUSE, None, True, True),
    ("safety", 1, _HOUSE, None, True, False),
    ("property", 5, _HOTLINE, None, True, False),
    ("policy", 5, _HOTLINE, None, False, False),
    ("other", 5, _HOTLINE, None, True, True),
)
"""What the code said of each category before: days, source, skill, check-in, volunteering. Orders are done on these terms."""


def create_categories() -> None:
    op.create_table('categories',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('form_schema', postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'parent_id'], ['categories.district_id', 'categories.id'], name=op.f('fk_categories_district_id_parent_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_categories_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_categories')),
    sa.UniqueConstraint('district_id', 'code', name=op.f('uq_categories_district_id_code'))
    )
    op.create_index('ix_categories_parent', 'categories', ['district_id', 'parent_id', 'id'], unique=False)


def extend_needs() -> None:
    op.add_column('needs', sa.Column('form', postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True))
    op.add_column('needs', sa.Column('duty_override_by', sa.Uuid(), nullable=True))
    op.add_column('needs', sa.Column('duty_override_words', sa.Text(), nullable=True))
    op.create_foreign_key(op.f('fk_needs_district_id_duty_override_by'), 'needs', 'people', ['district_id', 'duty_override_by'], ['district_id', 'id'])
    op.create_check_constraint(op.f('ck_needs_duty_override'), 'needs', '(duty_override_by IS NULL) = (duty_override_words IS NULL)')


def extend_orders() -> None:
    """What is under way goes on as the code said when it was opened."""
    op.add_column('orders', sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default='{}'))
    op.add_column('orders', sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True))
    rows = []
    for code, days, source, skill, check_in, volunteering in BEFORE:
        terms = {'resolve_working_days': days, 'deadline_source': source, 'skills': [skill] if skill else []}
        terms |= {'check_in': 'place' if check_in else 'none', 'volunteering': volunteering}
        rows.append(f"('{code}', '{{{json.dumps(terms, ensure_ascii=False)}}}'::jsonb)")
    op.execute(
        in_each_district(
            f"UPDATE orders SET terms = said.terms FROM (VALUES {', '.join(rows)}) AS said (code, terms) "  # noqa: S608 - its own rows
            'WHERE said.code = orders.category AND orders.{mine}'
        )
    )


def upgrade() -> None:
    create_categories()
    for statement in protect('categories', ROLE, 'SELECT, INSERT, UPDATE'):
        op.execute(statement)
    extend_needs()
    extend_orders()


def downgrade() -> None:
    op.drop_column('orders', 'evidence')
    op.drop_column('orders', 'terms')
    op.drop_constraint('ck_needs_duty_override', 'needs')
    op.drop_constraint('fk_needs_district_id_duty_override_by', 'needs')
    for name in ('duty_override_words', 'duty_override_by', 'form'):
        op.drop_column('needs', name)
    op.drop_table('categories')
