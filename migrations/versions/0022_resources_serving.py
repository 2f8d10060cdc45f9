"""Finding what could serve a need by kind and by place."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROLE = "sanshun_app"
KINDS = """
CREATE FUNCTION resource_kinds(district integer, codes text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT district::text || ':' || kind)
  FROM unnest(codes) AS code, LATERAL (VALUES (code), (split_part(code, '.', 1) || '.*')) AS said (kind)
$$"""
"""The kinds a resource serves and, with a star, the branches they are of; the district before each."""
SERVING = """
CREATE FUNCTION resources_serving(
  kinds text[], provider uuid, paths text[], since timestamptz, until timestamptz, west float8, south float8, east float8,
  north float8, unplaced boolean, most integer)
RETURNS TABLE (id uuid, version bigint, categories text[], organization_id uuid, lon float8, lat float8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  district integer := NULLIF(current_setting('app.district', true), '')::int;
  sought text[] := ARRAY(SELECT district::text || ':' || kind FROM unnest(kinds) AS kind);
  area box := box(point(west, south), point(east, north));
BEGIN
  RETURN QUERY EXECUTE
    'SELECT r.id, r.version, r.categories, r.organization_id, r.lon, r.lat FROM resources AS r'
    ' WHERE r.district_id = $1 AND r.state = ''listed'' AND r.service_path = ANY ($2) AND r.reserved < r.quantity'
    ' AND r.starts_at <= $3 AND (r.ends_at IS NULL OR r.ends_at >= $4)'
    || CASE WHEN kinds IS NULL THEN '' ELSE ' AND resource_kinds(r.district_id, r.categories) && $5' END
    || CASE WHEN provider IS NULL THEN '' ELSE ' AND r.organization_id = $6' END
    || CASE WHEN area IS NULL THEN '' WHEN unplaced THEN ' AND (point(r.lon, r.lat) <@ $7 OR point(r.lon, r.lat) IS NULL)'
      ELSE ' AND point(r.lon, r.lat) <@ $7' END
    || ' ORDER BY r.id LIMIT $8'
    USING district, paths, since, until, sought, provider, area, most;
END $$"""
"""Narrow rows of what is listed, valid then, with something left, for the place. It is planned for its values each time, and stands
behind the row-level security that would keep the indexes from being used; the district is inside.
"""


def upgrade() -> None:
    op.execute(KINDS)
    listed = sa.text("state = 'listed'")
    kinds, position = sa.text('resource_kinds(district_id, categories)'), sa.text('point(lon, lat)')
    op.create_index('ix_resources_kinds', 'resources', [kinds], unique=False, postgresql_using='gin', postgresql_where=listed)
    op.create_index('ix_resources_position', 'resources', ['district_id', position], unique=False, postgresql_using='gist', postgresql_where=listed)
    op.execute(SERVING)
    op.execute('REVOKE EXECUTE ON FUNCTION resources_serving FROM PUBLIC')
    op.execute(f'GRANT EXECUTE ON FUNCTION resources_serving TO {ROLE}')


def downgrade() -> None:
    op.execute('DROP FUNCTION resources_serving')
    op.drop_index('ix_resources_position', table_name='resources')
    op.drop_index('ix_resources_kinds', table_name='resources')
    op.execute('DROP FUNCTION resource_kinds')
