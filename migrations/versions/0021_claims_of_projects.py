"""The claim round names projects as well as needs."""

import sqlalchemy as sa
from alembic import op

from app.core.tenancy import in_each_district

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

WITHOUT_PROJECTS = (
    "DELETE FROM service_claims WHERE {mine} AND item_id IN (SELECT id FROM claim_items WHERE project_id IS NOT NULL)",
    "DELETE FROM claim_items WHERE {mine} AND project_id IS NOT NULL",
)


def check_items(subject: str, order: str) -> None:
    for name, holds in (('subject', subject), ('order', order)):
        op.drop_constraint(op.f(f'ck_claim_items_{name}'), 'claim_items')
        op.create_check_constraint(op.f(f'ck_claim_items_{name}'), 'claim_items', holds)


def upgrade() -> None:
    op.add_column('claim_items', sa.Column('project_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_claim_items_district_id_project_id'), 'claim_items', 'projects', ['district_id', 'project_id'], ['district_id', 'id'])
    op.create_index('uq_claim_items_listed_project', 'claim_items', ['district_id', 'project_id'], unique=True, postgresql_where=sa.text("state = 'listed'"))
    check_items("num_nonnulls(need_id, project_id) = 1", "(state = 'confirmed' AND need_id IS NOT NULL) = (order_id IS NOT NULL)")


def downgrade() -> None:
    for statement in WITHOUT_PROJECTS:
        op.execute(in_each_district(statement))
    check_items("need_id IS NOT NULL", "(state = 'confirmed') = (order_id IS NOT NULL)")
    op.drop_index('uq_claim_items_listed_project', 'claim_items')
    op.drop_constraint(op.f('fk_claim_items_district_id_project_id'), 'claim_items')
    op.drop_column('claim_items', 'project_id')
