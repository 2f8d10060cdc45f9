"""Resources with their times, and bookings that never take more than there is (I3)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.tenancy import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
VERBS = {
    "resources": "SELECT, INSERT, UPDATE",
    "resource_windows": "SELECT, INSERT, DELETE",
    "resource_exceptions": "SELECT, INSERT, DELETE",
    "bookings": "SELECT, INSERT, UPDATE",
}
PEAK = """
CREATE FUNCTION most_taken(district integer, resource uuid, over tstzrange, but uuid) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH taking AS (
    SELECT during, quantity FROM bookings
    WHERE district_id = district AND resource_id = resource AND id IS DISTINCT FROM but
      AND state IN ('held', 'confirmed', 'fulfilled') AND during && over),
  moments AS (
    SELECT lower(during) AS at FROM taking WHERE over @> lower(during)
    UNION SELECT lower(over) WHERE NOT lower_inf(over))
  SELECT COALESCE(max((SELECT sum(quantity) FROM taking WHERE during @> moments.at)), 0) FROM moments
$$"""
"""The most of a resource that is taken at one moment of a time. It is reached where a booking begins, or where the time does."""
BOOKING_FITS = """
CREATE FUNCTION booking_fits() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  of_it resources;
  wanted bigint := CASE WHEN NEW.state IN ('held', 'confirmed', 'fulfilled') THEN NEW.quantity ELSE 0 END;
  more bigint := wanted;
BEGIN
  SELECT * INTO of_it FROM resources WHERE district_id = NEW.district_id AND id = NEW.resource_id FOR NO KEY UPDATE;
  IF of_it.id IS NULL THEN
    RETURN NEW;
  END IF;
  IF of_it.nature <> NEW.nature THEN
    RAISE EXCEPTION 'a booking has the nature of its resource' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (OLD.district_id, OLD.resource_id) <> (NEW.district_id, NEW.resource_id) THEN
      RAISE EXCEPTION 'a booking stays with its resource' USING ERRCODE = 'check_violation';
    END IF;
    more := wanted - CASE WHEN OLD.state IN ('held', 'confirmed', 'fulfilled') THEN OLD.quantity ELSE 0 END;
  END IF;
  IF NEW.nature = 'stock' THEN
    IF of_it.reserved + more > of_it.quantity THEN
      RAISE EXCEPTION 'more than is left' USING ERRCODE = 'exclusion_violation';
    END IF;
    IF more <> 0 THEN
      UPDATE resources SET reserved = reserved + more WHERE district_id = NEW.district_id AND id = NEW.resource_id;
    END IF;
  ELSIF wanted > 0
    AND most_taken(NEW.district_id, NEW.resource_id, NEW.during, NEW.id) + wanted > of_it.quantity THEN
    RAISE EXCEPTION 'more than is free' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$"""
"""Whoever books locks the resource first, so that bookings of one resource come one after the other, and each sees the last.

A resource that is not there, or not in the district at hand, is refused by the key and the policy, which say so better.
"""
RESOURCE_HOLDS = """
CREATE FUNCTION resource_holds() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.reserved <> 0 THEN
      RAISE EXCEPTION 'only bookings reserve' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.nature <> OLD.nature OR (NEW.reserved <> OLD.reserved AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'only bookings reserve' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.nature = 'shared' AND NEW.quantity < OLD.quantity
    AND most_taken(NEW.district_id, NEW.id, tstzrange(now(), NULL), NULL) > NEW.quantity THEN
    RAISE EXCEPTION 'less than is booked' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$"""
"""What is reserved is counted by the bookings alone; there is never less of a resource than is booked."""
TRIGGERS = (
    "CREATE TRIGGER booking_fits BEFORE INSERT OR UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION booking_fits()",
    "CREATE TRIGGER resource_holds BEFORE INSERT OR UPDATE ON resources FOR EACH ROW EXECUTE FUNCTION resource_holds()",
)


def create_resources() -> None:
    op.create_table('resources',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('offered', 'listed', 'paused', 'refused', 'withdrawn', 'lapsed', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('offered_by', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('venue', 'expertise', 'materials', 'funds', 'service', 'information', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('nature', sa.Enum('exclusive', 'shared', 'stock', name='nature', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=True),
    sa.Column('categories', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), nullable=False),
    sa.Column('service_place_id', sa.Uuid(), nullable=False),
    sa.Column('service_path', sa.Text(collation='C'), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remind_days', sa.SmallInteger(), nullable=False),
    sa.Column('remind_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state_words', sa.Text(), nullable=True),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind <> 'funds' OR (nature = 'stock' AND unit = '分')", name=op.f('ck_resources_funds')),
    sa.CheckConstraint("nature <> 'exclusive' OR quantity = 1", name=op.f('ck_resources_exclusive')),
    sa.CheckConstraint("nature = 'stock' OR reserved = 0", name=op.f('ck_resources_reserved_of_stock')),
    sa.CheckConstraint("state <> 'refused' OR state_words IS NOT NULL", name=op.f('ck_resources_refused')),
    sa.CheckConstraint('(ends_at IS NULL) = (remind_at IS NULL)', name=op.f('ck_resources_remind')),
    sa.CheckConstraint('0 <= reserved AND reserved <= quantity', name=op.f('ck_resources_reserved')),
    sa.CheckConstraint('ends_at IS NULL OR ends_at > starts_at', name=op.f('ck_resources_validity')),
    sa.CheckConstraint('num_nonnulls(organization_id, person_id) = 1', name=op.f('ck_resources_one_owner')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_resources_quantity')),
    sa.ForeignKeyConstraint(['district_id', 'offered_by'], ['people.district_id', 'people.id'], name=op.f('fk_resources_district_id_offered_by')),
    sa.ForeignKeyConstraint(['district_id', 'organization_id'], ['organizations.district_id', 'organizations.id'], name=op.f('fk_resources_district_id_organization_id')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['people.district_id', 'people.id'], name=op.f('fk_resources_district_id_person_id')),
    sa.ForeignKeyConstraint(['district_id', 'place_id'], ['places.district_id', 'places.id'], name=op.f('fk_resources_district_id_place_id')),
    sa.ForeignKeyConstraint(['district_id', 'service_place_id'], ['places.district_id', 'places.id'], name=op.f('fk_resources_district_id_service_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_resources_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_resources'))
    )
    op.create_index('ix_resources_community', 'resources', ['district_id', 'community_id', 'id'], unique=False)
    op.create_index('ix_resources_ends_at', 'resources', ['district_id', 'ends_at'], unique=False, postgresql_where=sa.text("state IN ('listed', 'offered', 'paused')"))
    op.create_index('ix_resources_organization', 'resources', ['district_id', 'organization_id', 'id'], unique=False)
    op.create_index('ix_resources_person', 'resources', ['district_id', 'person_id', 'id'], unique=False)
    op.create_index('ix_resources_remind_at', 'resources', ['district_id', 'remind_at'], unique=False, postgresql_where=sa.text('reminded_at IS NULL'))
    op.create_index('ix_resources_service', 'resources', ['district_id', 'service_path', 'id'], unique=False, postgresql_where=sa.text("state IN ('listed', 'paused')"))


def create_resource_windows() -> None:
    op.create_table('resource_windows',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=False),
    sa.Column('weekday', sa.SmallInteger(), nullable=False),
    sa.Column('from_minute', sa.SmallInteger(), nullable=False),
    sa.Column('until_minute', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440', name=op.f('ck_resource_windows_minutes')),
    sa.CheckConstraint('weekday BETWEEN 1 AND 7', name=op.f('ck_resource_windows_weekday')),
    sa.ForeignKeyConstraint(['district_id', 'resource_id'], ['resources.district_id', 'resources.id'], name=op.f('fk_resource_windows_district_id_resource_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_resource_windows_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_resource_windows')),
    sa.UniqueConstraint('district_id', 'resource_id', 'weekday', 'from_minute', name=op.f('uq_resource_windows_district_id_resource_id_weekday_from_minute'))
    )


def create_resource_exceptions() -> None:
    op.create_table('resource_exceptions',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('free', sa.Boolean(), nullable=False),
    sa.Column('from_minute', sa.SmallInteger(), nullable=False),
    sa.Column('until_minute', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440', name=op.f('ck_resource_exceptions_minutes')),
    sa.ForeignKeyConstraint(['district_id', 'resource_id'], ['resources.district_id', 'resources.id'], name=op.f('fk_resource_exceptions_district_id_resource_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_resource_exceptions_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_resource_exceptions')),
    sa.UniqueConstraint('district_id', 'resource_id', 'on', 'from_minute', name=op.f('uq_resource_exceptions_district_id_resource_id_on_from_minute'))
    )


def create_bookings() -> None:
    op.create_table('bookings',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('held', 'confirmed', 'fulfilled', 'released', 'expired', 'cancelled', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.Text(collation='C'), nullable=False),
    sa.Column('nature', sa.Enum('exclusive', 'shared', 'stock', name='nature', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=True),
    sa.Column('purpose', sa.Enum('need', 'order', 'activity', 'project', name='purpose', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('purpose_id', sa.Uuid(), nullable=False),
    sa.Column('use_place_id', sa.Uuid(), nullable=False),
    sa.Column('use_path', sa.Text(collation='C'), nullable=False),
    sa.Column('booked_by', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_words', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    postgresql.ExcludeConstraint((sa.column('district_id'), '='), (sa.column('resource_id'), '='), (sa.column('during'), '&&'), where=sa.text("nature = 'exclusive' AND state IN ('confirmed', 'fulfilled', 'held')"), using='gist', name='ex_bookings_overlap'),
    sa.CheckConstraint("(nature = 'stock') = (during IS NULL)", name=op.f('ck_bookings_during')),
    sa.CheckConstraint("(state = 'cancelled') = (cancel_words IS NOT NULL)", name=op.f('ck_bookings_cancelled')),
    sa.CheckConstraint("(state = 'held') <= (expires_at IS NOT NULL)", name=op.f('ck_bookings_expires')),
    sa.CheckConstraint('NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during) AND NOT upper_inf(during)', name=op.f('ck_bookings_bounds')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_bookings_quantity')),
    sa.ForeignKeyConstraint(['district_id', 'booked_by'], ['people.district_id', 'people.id'], name=op.f('fk_bookings_district_id_booked_by')),
    sa.ForeignKeyConstraint(['district_id', 'resource_id'], ['resources.district_id', 'resources.id'], name=op.f('fk_bookings_district_id_resource_id')),
    sa.ForeignKeyConstraint(['district_id', 'use_place_id'], ['places.district_id', 'places.id'], name=op.f('fk_bookings_district_id_use_place_id')),
    sa.ForeignKeyConstraint(['district_id'], ['districts.id'], name=op.f('fk_bookings_district_id')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_bookings'))
    )
    op.create_index('ix_bookings_booked_by', 'bookings', ['district_id', 'booked_by', 'id'], unique=False)
    op.create_index('ix_bookings_expires_at', 'bookings', ['district_id', 'expires_at'], unique=False, postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_bookings_path', 'bookings', ['district_id', 'path', 'id'], unique=False, postgresql_where=sa.text("state IN ('confirmed', 'held')"))
    op.create_index('ix_bookings_purpose', 'bookings', ['district_id', 'purpose_id', 'id'], unique=False)
    op.create_index('ix_bookings_resource', 'bookings', ['district_id', 'resource_id', 'id'], unique=False)
    op.create_index('ix_bookings_taking', 'bookings', ['district_id', 'resource_id'], unique=False, postgresql_where=sa.text("state IN ('confirmed', 'fulfilled', 'held')"))


def upgrade() -> None:
    create_resources()
    create_resource_windows()
    create_resource_exceptions()
    create_bookings()
    for table, verbs in VERBS.items():
        for statement in protect(table, ROLE, verbs):
            op.execute(statement)
    for statement in (PEAK, BOOKING_FITS, RESOURCE_HOLDS, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(VERBS):
        op.drop_table(table)
    for name in ("booking_fits()", "resource_holds()", "most_taken(integer, uuid, tstzrange, uuid)"):
        op.execute(f"DROP FUNCTION {name}")
