"""Activities and series of activities that belong to a project."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("activities", "activity_series")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column('project_id', sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f'fk_{table}_district_id_project_id'), table, 'projects', ['district_id', 'project_id'], ['district_id', 'id'])
        op.create_index(f'ix_{table}_project', table, ['district_id', 'project_id'], unique=False, postgresql_where=sa.text('project_id IS NOT NULL'))


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f'ix_{table}_project', table)
        op.drop_constraint(f'fk_{table}_district_id_project_id', table)
        op.drop_column(table, 'project_id')
