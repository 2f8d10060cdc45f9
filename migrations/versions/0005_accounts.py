"""Signing in: accounts without passwords, sign-ins, refresh tokens, challenges, WeChat, client systems, rate limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import in_each_district, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "recovery_codes": "SELECT, INSERT, UPDATE, DELETE",
    "sign_ins": "SELECT, INSERT, UPDATE, DELETE",
    "refresh_tokens": "SELECT, INSERT, UPDATE, DELETE",
    "challenges": "SELECT, INSERT, UPDATE, DELETE",
    "wechat_identities": "SELECT, INSERT, UPDATE, DELETE",
    "clients": "SELECT, INSERT, UPDATE",
    "client_secrets": "SELECT, INSERT, UPDATE",
    "rate_limits": "SELECT, INSERT, UPDATE, DELETE",
}
PERSONAL = """
UPDATE people SET secret = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex') WHERE {mine}"""
"""A personal secret for everyone recorded before: 244 random bits. What was sealed without it still opens."""


def alter_people() -> None:
    op.add_column('people', sa.Column('secret', sa.LargeBinary(), nullable=True))
    for name in ('id_number_sealed', 'id_number_index', 'birth_date_sealed', 'name_birth_index', 'address_sealed'):
        op.add_column('people', sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column('people', sa.Column('sex', sa.Enum('female', 'male', name='sex', native_enum=False, create_constraint=True, length=32), nullable=True))
    op.add_column('people', sa.Column('minor', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column('people', 'minor', server_default=None)
    op.add_column('people', sa.Column('service_radius_m', sa.Integer(), nullable=True))
    op.add_column('people', sa.Column('load_limit', sa.Integer(), nullable=True))
    op.add_column('people', sa.Column('merged_into_id', sa.Uuid(), nullable=True))
    op.add_column('people', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(in_each_district(PERSONAL))
    op.create_unique_constraint('uq_people_district_id_id_number_index', 'people', ['district_id', 'id_number_index'])
    op.create_foreign_key('fk_people_district_id_merged_into_id', 'people', 'people', ['district_id', 'merged_into_id'], ['district_id', 'id'])
    op.create_check_constraint(op.f('ck_people_erased'), 'people', '(erased_at IS NULL) = (secret IS NOT NULL)')
    op.create_check_constraint(op.f('ck_people_unfindable'), 'people', 'erased_at IS NULL OR num_nonnulls(phone_index, id_number_index, name_birth_index) = 0')
    op.create_check_constraint(op.f('ck_people_not_into_itself'), 'people', 'merged_into_id <> id')
    op.create_check_constraint(op.f('ck_people_service_radius_m'), 'people', 'service_radius_m BETWEEN 100 AND 100000')
    op.create_check_constraint(op.f('ck_people_load_limit'), 'people', 'load_limit BETWEEN 1 AND 5')
    op.create_index('ix_people_name_birth', 'people', ['district_id', 'name_birth_index'], unique=False)
    op.create_index('ix_people_merged_into', 'people', ['district_id', 'merged_into_id'], unique=False, postgresql_where=sa.text('merged_into_id IS NOT NULL'))


def restore_people() -> None:
    for name in ('secret', 'id_number_sealed', 'id_number_index', 'birth_date_sealed', 'name_birth_index', 'address_sealed', 'sex', 'minor', 'service_radius_m', 'load_limit', 'merged_into_id', 'erased_at'):
        op.drop_column('people', name)


def alter_accounts() -> None:
    op.add_column('accounts', sa.Column('former_hashes', postgresql.ARRAY(sa.Text()), nullable=False, server_default='{}'))
    op.add_column('accounts', sa.Column('password_set_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('password_temporary', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('accounts', sa.Column('password_reset_by', sa.Uuid(), nullable=True))
    op.add_column('accounts', sa.Column('totp_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('accounts', sa.Column('totp_confirmed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('totp_step', sa.BigInteger(), nullable=True))
    op.add_column('accounts', sa.Column('second_factor_reset_by', sa.Uuid(), nullable=True))
    op.add_column('accounts', sa.Column('version', sa.BigInteger(), nullable=False, server_default='1'))
    op.add_column('accounts', sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()))
    for name in ('former_hashes', 'password_temporary', 'version', 'updated_at'):
        op.alter_column('accounts', name, server_default=None)
    op.execute(in_each_district('UPDATE accounts SET password_set_at = created_at WHERE {mine}'))
    op.alter_column('accounts', 'login', existing_type=sa.Text(), nullable=True)
    op.alter_column('accounts', 'password_hash', existing_type=sa.Text(), nullable=True)
    op.create_check_constraint(op.f('ck_accounts_login'), 'accounts', '(login IS NULL) = (password_hash IS NULL)')
    op.create_check_constraint(op.f('ck_accounts_totp'), 'accounts', 'totp_confirmed_at IS NULL OR totp_sealed IS NOT NULL')
    op.create_index('ix_accounts_person', 'accounts', ['district_id', 'person_id', 'id'], unique=False)


def restore_accounts() -> None:
    op.drop_index('ix_accounts_person', table_name='accounts')
    op.drop_constraint('ck_accounts_login', 'accounts')
    op.execute(in_each_district('DELETE FROM accounts WHERE login IS NULL AND {mine}'))
    op.alter_column('accounts', 'login', existing_type=sa.Text(), nullable=False)
    op.alter_column('accounts', 'password_hash', existing_type=sa.Text(), nullable=False)
    for name in ('former_hashes', 'password_set_at', 'password_temporary', 'password_reset_by', 'totp_sealed', 'totp_confirmed_at', 'totp_step', 'second_factor_reset_by', 'version', 'updated_at'):
        op.drop_column('accounts', name)


def alter_idempotency_keys() -> None:
    """The caller may be a client system, which is nobody's record."""
    op.drop_constraint('fk_idempotency_keys_district_id_person_id', 'idempotency_keys', type_='foreignkey')
    op.alter_column('idempotency_keys', 'person_id', new_column_name='caller_id')


def restore_idempotency_keys() -> None:
    op.alter_column('idempotency_keys', 'caller_id', new_column_name='person_id')
    op.execute(in_each_district('DELETE FROM idempotency_keys k WHERE {mine} AND NOT EXISTS (SELECT FROM people p WHERE p.district_id = k.district_id AND p.id = k.person_id)'))
    op.create_foreign_key('fk_idempotency_keys_district_id_person_id', 'idempotency_keys', 'people', ['district_id', 'person_id'], ['district_id', 'id'])


def create_recovery_codes() -> None:
    op.create_table('recovery_codes',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['accounts.district_id', 'accounts.id'], name=op.f('fk_recovery_codes_district_id_account_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_recovery_codes_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_recovery_codes')),
    sa.UniqueConstraint('district_id', 'account_id', 'digest', name=op.f('uq_recovery_codes_district_id_account_id_digest'))
    )


def create_sign_ins() -> None:
    op.create_table('sign_ins',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('method', sa.Enum('password', 'wechat', 'phone', name='method', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('second_factor', sa.Boolean(), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Enum('signed_out', 'reused', 'disabled', 'password', 'second_factor', 'phone', 'merged', 'erased', name='ended_by', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_by IS NULL)', name=op.f('ck_sign_ins_ended')),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['accounts.district_id', 'accounts.id'], name=op.f('fk_sign_ins_district_id_account_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_sign_ins_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_sign_ins'))
    )
    op.create_index('ix_sign_ins_account', 'sign_ins', ['district_id', 'account_id', 'id'], unique=False)


def create_refresh_tokens() -> None:
    op.create_table('refresh_tokens',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sign_in_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'sign_in_id'], ['sign_ins.district_id', 'sign_ins.id'], name=op.f('fk_refresh_tokens_district_id_sign_in_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_refresh_tokens_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_refresh_tokens')),
    sa.UniqueConstraint('district_id', 'digest', name=op.f('uq_refresh_tokens_district_id_digest'))
    )
    op.create_index('ix_refresh_tokens_expires_at', 'refresh_tokens', ['district_id', 'expires_at'], unique=False)
    op.create_index('ix_refresh_tokens_sign_in', 'refresh_tokens', ['district_id', 'sign_in_id'], unique=False)


def create_challenges() -> None:
    op.create_table('challenges',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('second_factor', 'second_factor_setup', 'new_password', 'phone_code', 'register', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('payload_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('digest', sa.LargeBinary(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_challenges_attempts')),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['accounts.district_id', 'accounts.id'], name=op.f('fk_challenges_district_id_account_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_challenges_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_challenges'))
    )
    op.create_index('ix_challenges_expires_at', 'challenges', ['district_id', 'expires_at'], unique=False)
    op.create_index('ix_challenges_account', 'challenges', ['district_id', 'account_id'], unique=False, postgresql_where=sa.text('account_id IS NOT NULL'))


def create_wechat_identities() -> None:
    op.create_table('wechat_identities',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('openid_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('openid_index', sa.LargeBinary(), nullable=False),
    sa.Column('session_key_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['accounts.district_id', 'accounts.id'], name=op.f('fk_wechat_identities_district_id_account_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_wechat_identities_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_wechat_identities')),
    sa.UniqueConstraint('district_id', 'openid_index', name=op.f('uq_wechat_identities_district_id_openid_index'))
    )
    op.create_index('ix_wechat_identities_account', 'wechat_identities', ['district_id', 'account_id'], unique=False)


def create_clients() -> None:
    op.create_table('clients',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('place_kind', sa.Text(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('cardinality(scopes) > 0', name=op.f('ck_clients_scopes')),
    sa.ForeignKeyConstraint(['district_id', 'created_by'], ['people.district_id', 'people.id'], name=op.f('fk_clients_district_id_created_by')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_clients_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_clients_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_clients_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_clients')),
    sa.UniqueConstraint('district_id', 'name', name=op.f('uq_clients_district_id_name'))
    )


def create_client_secrets() -> None:
    op.create_table('client_secrets',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('expires_at > created_at', name=op.f('ck_client_secrets_span')),
    sa.ForeignKeyConstraint(['district_id', 'client_id'], ['clients.district_id', 'clients.id'], name=op.f('fk_client_secrets_district_id_client_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_client_secrets_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_client_secrets')),
    sa.UniqueConstraint('district_id', 'digest', name=op.f('uq_client_secrets_district_id_digest'))
    )
    op.create_index('ix_client_secrets_client', 'client_secrets', ['district_id', 'client_id', 'id'], unique=False)


def create_rate_limits() -> None:
    op.create_table('rate_limits',
    sa.Column('district_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('bucket', sa.LargeBinary(), nullable=False),
    sa.Column('full_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'bucket', name=op.f('pk_rate_limits')),
    prefixes=['UNLOGGED']
    )
    op.create_index('ix_rate_limits_full_at', 'rate_limits', ['district_id', 'full_at'], unique=False)


def upgrade() -> None:
    alter_people()
    alter_accounts()
    alter_idempotency_keys()
    create_recovery_codes()
    create_sign_ins()
    create_refresh_tokens()
    create_challenges()
    create_wechat_identities()
    create_clients()
    create_client_secrets()
    create_rate_limits()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(VERBS):
        op.drop_table(table)
    restore_idempotency_keys()
    restore_accounts()
    restore_people()
