"""The second lock on every tenant table: forced row-level security, and a role for requests that owns nothing."""

POLICY = "district_id = NULLIF(current_setting('app.district', true), '')::int"
"""A session that has named no district sees no row."""


def create_role(role: str) -> str:
    """SQL that makes the role once and lets the migrating user act as it, so that one DATABASE_URL is enough."""
    return f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  EXECUTE format('GRANT {role} TO %I', current_user);
END $$"""


def protect(table: str, role: str, verbs: str) -> list[str]:
    """SQL that locks a tenant table and grants the role these verbs on it, such as ``"SELECT, INSERT"``."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY district ON {table} USING ({POLICY}) WITH CHECK ({POLICY})",
        f"GRANT {verbs} ON {table} TO {role}",
    ]


def in_each_district(statement: str) -> str:
    """SQL that runs a change of rows once for every district, bound to it: the policy hides all rows from their owner too.

    ``{mine}`` in the statement stands for the rows of the district at hand, for owners whom no policy binds.
    """
    body = statement.format(mine=POLICY)
    return f"""
DO $$ DECLARE district int; BEGIN
  FOR district IN SELECT id FROM districts LOOP
    PERFORM set_config('app.district', district::text, true);
    {body};
  END LOOP;
  PERFORM set_config('app.district', '', true);
END $$"""  # noqa: S608 - the statement is a migration's own
