"""Places, organizations, people, accounts and grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from app.core.tenancy import create_role, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "places": "SELECT, INSERT, UPDATE",
    "organizations": "SELECT, INSERT, UPDATE",
    "people": "SELECT, INSERT, UPDATE",
    "accounts": "SELECT, INSERT, UPDATE",
    "grants": "SELECT, INSERT, UPDATE",
}

GRID_AT = """
CREATE FUNCTION grid_at(district integer, lon double precision, lat double precision) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM places
  WHERE district_id = district AND kind = 'grid'
    AND district_id = NULLIF(current_setting('app.district', true), '')::int
    AND boundary && polygon(box(point($2 - 0.00001, $3 - 0.00001), point($2 + 0.00001, $3 + 0.00001)))
    AND polygon((path(boundary) - point($2, $3)) * point(1000000, 0)) @> point(0, 0)
  ORDER BY code LIMIT 1
$$"""
"""Row-level security keeps GiST from being used by operators that are not leakproof, so the lookup has the district inside.

The position is named by number: within the statement ``lon`` and ``lat`` are the columns of the row. PostgreSQL compares with an
absolute tolerance of 1e-6, also products of coordinates: in degrees, ``@>`` takes points 20 m outside a polygon for points on its
edge. So the box finds the candidates, and the decision is made around the position in millionths of a degree.
"""


class Polygon(UserDefinedType[object]):
    def get_col_spec(self, **_: object) -> str:
        return "polygon"


def create_districts() -> None:
    op.create_table('districts',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.CheckConstraint('id BETWEEN 100000 AND 999999', name=op.f('ck_districts_code')),
    sa.PrimaryKeyConstraint('id', name='pk_districts')
    )


def create_places() -> None:
    op.create_table('places',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('district', 'subdistrict', 'community', 'grid', 'compound', 'building', 'entrance', 'household', 'office_building', 'shop', 'venue', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('boundary', Polygon(), nullable=True),
    sa.Column('compound_kind', sa.Enum('work_unit', 'single_old_block', 'commercial', 'subsidized', 'mixed', name='compound_kind', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('property_management', sa.Enum('company', 'community_run', 'owners_committee', 'none', name='property_management', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('edition_year', sa.Integer(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(parent_id IS NULL) = (kind = 'district')", name=op.f('ck_places_root')),
    sa.CheckConstraint("kind = 'compound' OR compound_kind IS NULL", name=op.f('ck_places_compound_only')),
    sa.ForeignKeyConstraint(['district_id', 'parent_id'], ['places.district_id', 'places.id'], name='fk_places_district_id_parent_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_places_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_places'),
    sa.UniqueConstraint('district_id', 'path', name='uq_places_district_id_path')
    )
    op.create_index('ix_places_boundary', 'places', ['boundary'], unique=False, postgresql_using='gist')
    op.create_index('ix_places_children', 'places', ['district_id', 'parent_id', 'id'], unique=False)
    op.create_index('ix_places_code', 'places', ['district_id', 'code'], unique=False)


def create_organizations() -> None:
    op.create_table('organizations',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('party_committee', 'general_branch', 'party_branch', 'department', 'work_unit', 'sponsor_unit', 'partner_unit', 'property_company', 'owners_committee', 'social_org', 'team', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('joint_committee', sa.Boolean(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'parent_id'], ['organizations.district_id', 'organizations.id'], name='fk_organizations_district_id_parent_id'),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name='fk_organizations_district_id_place_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_organizations_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_organizations'),
    sa.UniqueConstraint('district_id', 'community_id', 'name', name='uq_organizations_district_id_community_id_name')
    )
    op.create_index('ix_organizations_community', 'organizations', ['district_id', 'community_id', 'id'], unique=False)


def create_people() -> None:
    op.create_table('people',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('party_status', sa.Enum('none', 'registered', 'reported_in', name='party_status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('skills', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name='fk_people_district_id_organization_id'),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name='fk_people_district_id_place_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_people_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_people'),
    sa.UniqueConstraint('district_id', 'phone_index', name='uq_people_district_id_phone_index')
    )
    op.create_index('ix_people_community', 'people', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_people_grid', 'people', ['district_id', 'grid_id', 'id'], unique=False)
    op.create_index('ix_people_organization', 'people', ['district_id', 'organization_id', 'id'], unique=False)


def create_accounts() -> None:
    op.create_table('accounts',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_accounts_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_accounts_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_accounts'),
    sa.UniqueConstraint('district_id', 'login', name='uq_accounts_district_id_login')
    )


def create_grants() -> None:
    op.create_table('grants',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('resident', 'volunteer', 'party_member', 'grid_worker', 'community_admin', 'subdistrict_admin', 'district_admin', 'department_staff', 'unit_liaison', 'social_org_manager', 'auditor', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('place_kind', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('granted_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint('ends_at IS NULL OR ends_at > starts_at', name=op.f('ck_grants_span')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name='fk_grants_district_id_person_id'),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name='fk_grants_district_id_place_id'),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name='fk_grants_district_id'),
    sa.PrimaryKeyConstraint('district_id', 'id', name='pk_grants'),
    sa.UniqueConstraint('district_id', 'person_id', 'role', 'place_id', name='uq_grants_district_id_person_id_role_place_id')
    )
    op.create_index('ix_grants_place', 'grants', ['district_id', 'place_id', 'role', 'person_id'], unique=False)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(create_role(ROLE))
    create_districts()
    create_places()
    create_organizations()
    create_people()
    create_accounts()
    create_grants()
    op.execute(f"GRANT SELECT ON districts TO {ROLE}")
    op.execute(GRID_AT)
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION grid_at(integer, double precision, double precision)")
    op.drop_table("grants")
    op.drop_table("accounts")
    op.drop_table("people")
    op.drop_table("organizations")
    op.drop_table("places")
    op.drop_table("districts")
