"""When the system goes on looking for somebody to come instead: after quiet hours, or once ages can be read again."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('sign_ups', sa.Column('search_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_sign_ups_search_at'), 'sign_ups', "search_at IS NULL OR search = 'looking'")
    op.create_index('ix_sign_ups_search_at', 'sign_ups', ['district_id', 'search_at'], unique=False, postgresql_where=sa.text("search = 'looking'"))


def downgrade() -> None:
    op.drop_index('ix_sign_ups_search_at', table_name='sign_ups')
    op.drop_constraint(op.f('ck_sign_ups_search_at'), 'sign_ups', type_='check')
    op.drop_column('sign_ups', 'search_at')
