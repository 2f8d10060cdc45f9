"""How far the system is with finding somebody to come instead to one activity."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    search = sa.Enum('looking', 'nobody', name='search', native_enum=False, create_constraint=True, length=32)
    op.add_column('sign_ups', sa.Column('search', search, nullable=True))
    op.create_check_constraint(op.f('ck_sign_ups_search_while_confirmed'), 'sign_ups', "search IS NULL OR state = 'confirmed'")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_sign_ups_search_while_confirmed'), 'sign_ups', type_='check')
    op.drop_column('sign_ups', 'search')
