"""A booking is held against what is there only when it takes more of it than before."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BODY = """
CREATE OR REPLACE FUNCTION booking_fits() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
  ELSIF wanted > 0 {unless}
    AND most_taken(NEW.district_id, NEW.resource_id, NEW.during, NEW.id) + wanted > of_it.quantity THEN
    RAISE EXCEPTION 'more than is free' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$"""
"""As before, but for ``unless``: a quantity may be lowered below what was used at once in the past, and those bookings are still
written when they are used, when two records of a person become one, and when somebody is erased.
"""
TAKES_MORE = "AND (TG_OP = 'INSERT' OR more > 0 OR NEW.during IS DISTINCT FROM OLD.during)"


def upgrade() -> None:
    op.execute(BODY.replace("{unless}", TAKES_MORE))


def downgrade() -> None:
    op.execute(BODY.replace("{unless}", ""))
