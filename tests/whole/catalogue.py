"""What the database says about itself, as rows."""

from typing import Any

import asyncpg

from app.core.database_url import plain
from app.models import Base

REFERENCE = frozenset({"districts"})
"""Tables without a district: reference data."""
TENANT = sorted(set(Base.metadata.tables) - REFERENCE)

TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS locked, c.relforcerowsecurity AS forced,
       pg_get_userbyid(c.relowner) AS owner,
       ARRAY(SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
             WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place) AS key
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"""
POLICIES = "SELECT tablename, policyname, cmd, permissive, roles, qual, with_check FROM pg_policies"
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent, conname AS name,
       ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = k.n ORDER BY place) AS own,
       ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = confrelid AND attnum = k.n ORDER BY place) AS theirs
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""
UNIQUE_INDEXES = """
SELECT indexrelid::regclass::text AS name, indrelid::regclass::text AS "table",
       pg_get_indexdef(indexrelid, 1, true) AS first
FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE (indisunique OR indisexclusion) AND c.relnamespace = 'public'::regnamespace"""
PREDICATES = """
SELECT c.relname AS name, pg_get_expr(indpred, indrelid) AS predicate FROM pg_index
JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace AND indpred IS NOT NULL"""
CHECKS = """
SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""
OWNED = """
SELECT 'relation ' || relname AS thing FROM pg_class WHERE relowner = $1::regrole
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proowner = $1::regrole
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspowner = $1::regrole
UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typowner = $1::regrole
UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datdba = $1::regrole"""
ROLE = """
SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin,
       ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS member_of
FROM pg_roles WHERE rolname = $1"""
VERBS = """
SELECT verb FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS verb
WHERE has_table_privilege($1, 'public.' || $2, verb)
   OR (verb <> ALL (ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AND has_any_column_privilege($1, 'public.' || $2, verb))"""
DEFINERS = """
SELECT proname AS name, proconfig AS settings, prosrc AS source, pg_get_function_arguments(oid) AS arguments
FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"""


async def rows(url: str, query: str, *arguments: Any) -> list[dict[str, Any]]:
    """The answer of one query to the catalogue, asked as the owner."""
    connection = await asyncpg.connect(plain(url))
    try:
        return [dict(row) for row in await connection.fetch(query, *arguments)]
    finally:
        await connection.close()
