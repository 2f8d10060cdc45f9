"""What a person is, what is sealed for them, and their say in it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "privacy_notices": "SELECT, INSERT",
    "consents": "SELECT, INSERT, UPDATE",
    "party_memberships": "SELECT, INSERT, UPDATE, DELETE",
    "volunteers": "SELECT, INSERT, UPDATE, DELETE",
    "employments": "SELECT, INSERT, UPDATE",
    "certificates": "SELECT, INSERT, UPDATE, DELETE",
    "availability_windows": "SELECT, INSERT, DELETE",
    "availability_exceptions": "SELECT, INSERT, DELETE",
    "care_facts": "SELECT, INSERT, UPDATE, DELETE",
    "household_members": "SELECT, INSERT, UPDATE",
    "guardianships": "SELECT, INSERT, UPDATE",
}


def create_privacy_notices() -> None:
    op.create_table('privacy_notices',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('service', 'volunteering', 'party', 'health', 'matching', 'sharing', name='purpose', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('retention_days', sa.Integer(), nullable=True),
    sa.Column('renews', sa.Boolean(), nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('number > 0', name=op.f('ck_privacy_notices_number')),
    sa.CheckConstraint('retention_days > 0', name=op.f('ck_privacy_notices_retention_days')),
    sa.ForeignKeyConstraint(['district_id', 'published_by'], ['people.district_id', 'people.id'], name=op.f('fk_privacy_notices_district_id_published_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_privacy_notices_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_privacy_notices')),
    sa.UniqueConstraint('district_id', 'purpose', 'number', name=op.f('uq_privacy_notices_district_id_purpose_number'))
    )


def create_consents() -> None:
    op.create_table('consents',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('service', 'volunteering', 'party', 'health', 'matching', 'sharing', name='purpose', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=True),
    sa.Column('basis', sa.Enum('consent', 'statutory_duty', 'emergency', name='basis', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('notice_id', sa.Uuid(), nullable=True),
    sa.Column('separate', sa.Boolean(), nullable=False),
    sa.Column('given_by', sa.Enum('person', 'guardian', 'staff', name='given_by', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('giver_id', sa.Uuid(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(purpose = 'sharing') = (recipient_id IS NOT NULL)", name=op.f('ck_consents_recipient')),
    sa.CheckConstraint("basis <> 'consent' OR notice_id IS NOT NULL", name=op.f('ck_consents_notice')),
    sa.CheckConstraint("basis <> 'consent' OR separate OR purpose NOT IN ('health', 'party', 'sharing')", name=op.f('ck_consents_separate')),
    sa.CheckConstraint("given_by <> 'person' OR giver_id = person_id", name=op.f('ck_consents_giver')),
    sa.CheckConstraint("given_by <> 'staff' OR evidence IS NOT NULL", name=op.f('ck_consents_evidence')),
    sa.ForeignKeyConstraint(['district_id', 'giver_id'], ['people.district_id', 'people.id'], name=op.f('fk_consents_district_id_giver_id')),
    sa.ForeignKeyConstraint(['district_id', 'notice_id'], ['privacy_notices.district_id', 'privacy_notices.id'], name=op.f('fk_consents_district_id_notice_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_consents_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'recipient_id'], ['clients.district_id', 'clients.id'], name=op.f('fk_consents_district_id_recipient_id')),
    sa.ForeignKeyConstraint(['district_id', 'withdrawn_by'], ['people.district_id', 'people.id'], name=op.f('fk_consents_district_id_withdrawn_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_consents_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_consents'))
    )
    op.create_index('ix_consents_person', 'consents', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_consents_in_force', 'consents', ['district_id', 'person_id', 'purpose', sa.literal_column("COALESCE(recipient_id, '00000000-0000-0000-0000-000000000000')")], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))


def create_party_memberships() -> None:
    op.create_table('party_memberships',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=True),
    sa.Column('grid_entered_on', sa.Date(), nullable=True),
    sa.Column('center_entered_on', sa.Date(), nullable=True),
    sa.Column('wechat_entered_on', sa.Date(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'id'], ['people.district_id', 'people.id'], name=op.f('fk_party_memberships_district_id_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_party_memberships_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_party_memberships'))
    )


def create_volunteers() -> None:
    op.create_table('volunteers',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('categories', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('entered_by', sa.Enum('person', 'guardian', 'staff', name='entered_by', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('consent_id', sa.Uuid(), nullable=True),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("entered_by = 'person' OR consent_id IS NOT NULL", name=op.f('ck_volunteers_consent')),
    sa.ForeignKeyConstraint(['district_id', 'consent_id'], ['consents.district_id', 'consents.id'], name=op.f('fk_volunteers_district_id_consent_id')),
    sa.ForeignKeyConstraint(['district_id', 'id'], ['people.district_id', 'people.id'], name=op.f('fk_volunteers_district_id_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_volunteers_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_volunteers'))
    )


def create_employments() -> None:
    op.create_table('employments',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('social_worker', 'grid_worker', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('full_time', sa.Boolean(), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('until_on IS NULL OR until_on >= since_on', name=op.f('ck_employments_span')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_employments_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_employments_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_employments_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_employments_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_employments'))
    )
    op.create_index('ix_employments_person', 'employments', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('ix_employments_place', 'employments', ['district_id', 'place_id', 'id'], unique=False)
    op.create_index('uq_employments_current', 'employments', ['district_id', 'person_id', 'kind'], unique=True, postgresql_where=sa.text('until_on IS NULL'))


def create_certificates() -> None:
    op.create_table('certificates',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('skill', sa.Enum('plumbing', 'electricity', 'nursing', 'counselling', 'law', 'teaching', 'digital', 'haircut', 'arts', 'mongolian', name='skill', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('verified_by', sa.Uuid(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(verified_by IS NULL) = (verified_at IS NULL)', name=op.f('ck_certificates_verified')),
    sa.CheckConstraint('expires_on IS NULL OR expires_on >= issued_on', name=op.f('ck_certificates_span')),
    sa.CheckConstraint('verified_by <> person_id', name=op.f('ck_certificates_not_by_oneself')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_certificates_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'verified_by'], ['people.district_id', 'people.id'], name=op.f('fk_certificates_district_id_verified_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_certificates_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_certificates'))
    )
    op.create_index('ix_certificates_person', 'certificates', ['district_id', 'person_id', 'id'], unique=False)


def create_availability_windows() -> None:
    op.create_table('availability_windows',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('weekday', sa.SmallInteger(), nullable=False),
    sa.Column('from_minute', sa.SmallInteger(), nullable=False),
    sa.Column('until_minute', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440', name=op.f('ck_availability_windows_minutes')),
    sa.CheckConstraint('weekday BETWEEN 1 AND 7', name=op.f('ck_availability_windows_weekday')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_availability_windows_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_availability_windows_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_availability_windows')),
    sa.UniqueConstraint('district_id', 'person_id', 'weekday', 'from_minute', name=op.f('uq_availability_windows_district_id_person_id_weekday_from_minute'))
    )


def create_availability_exceptions() -> None:
    op.create_table('availability_exceptions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('free', sa.Boolean(), nullable=False),
    sa.Column('from_minute', sa.SmallInteger(), nullable=False),
    sa.Column('until_minute', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440', name=op.f('ck_availability_exceptions_minutes')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_availability_exceptions_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_availability_exceptions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_availability_exceptions')),
    sa.UniqueConstraint('district_id', 'person_id', 'on', 'from_minute', name=op.f('uq_availability_exceptions_district_id_person_id_on_from_minute'))
    )


def create_care_facts() -> None:
    op.create_table('care_facts',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('text_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('consent_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'consent_id'], ['consents.district_id', 'consents.id'], name=op.f('fk_care_facts_district_id_consent_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_care_facts_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'recorded_by'], ['people.district_id', 'people.id'], name=op.f('fk_care_facts_district_id_recorded_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_care_facts_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_care_facts'))
    )
    op.create_index('ix_care_facts_person', 'care_facts', ['district_id', 'person_id', 'id'], unique=False)


def create_household_members() -> None:
    op.create_table('household_members',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('relation', sa.Enum('head', 'spouse', 'child', 'parent', 'grandchild', 'grandparent', 'sibling', 'other', 'tenant', name='relation', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('until_on IS NULL OR until_on >= since_on', name=op.f('ck_household_members_span')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_household_members_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_household_members_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_household_members_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_household_members'))
    )
    op.create_index('ix_household_members_place', 'household_members', ['district_id', 'place_id', 'id'], unique=False)
    op.create_index('ix_household_members_person', 'household_members', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('uq_household_members_current', 'household_members', ['district_id', 'person_id'], unique=True, postgresql_where=sa.text('until_on IS NULL'))
    op.create_index('uq_household_members_head', 'household_members', ['district_id', 'place_id'], unique=True, postgresql_where=sa.text("until_on IS NULL AND relation = 'head'"))


def create_guardianships() -> None:
    op.create_table('guardianships',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('minor_id', sa.Uuid(), nullable=False),
    sa.Column('guardian_id', sa.Uuid(), nullable=False),
    sa.Column('relation', sa.Enum('parent', 'grandparent', 'sibling', 'relative', 'committee', name='relation', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('verified_by', sa.Uuid(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('minor_id <> guardian_id', name=op.f('ck_guardianships_two_people')),
    sa.CheckConstraint('verified_by <> guardian_id', name=op.f('ck_guardianships_not_by_oneself')),
    sa.ForeignKeyConstraint(['district_id', 'guardian_id'], ['people.district_id', 'people.id'], name=op.f('fk_guardianships_district_id_guardian_id')),
    sa.ForeignKeyConstraint(['district_id', 'minor_id'], ['people.district_id', 'people.id'], name=op.f('fk_guardianships_district_id_minor_id')),
    sa.ForeignKeyConstraint(['district_id', 'verified_by'], ['people.district_id', 'people.id'], name=op.f('fk_guardianships_district_id_verified_by')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_guardianships_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_guardianships'))
    )
    op.create_index('ix_guardianships_guardian', 'guardianships', ['district_id', 'guardian_id', 'minor_id'], unique=False)
    op.create_index('uq_guardianships_current', 'guardianships', ['district_id', 'minor_id', 'guardian_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))


def upgrade() -> None:
    create_privacy_notices()
    create_consents()
    create_party_memberships()
    create_volunteers()
    create_employments()
    create_certificates()
    create_availability_windows()
    create_availability_exceptions()
    create_care_facts()
    create_household_members()
    create_guardianships()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(VERBS):
        op.drop_table(table)
