"""Plans of statements: a query as SQL to be explained, and the nodes of what PostgreSQL says of it."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import postgresql


def sql_of(rows: Select[Any]) -> str:
    compiled = rows.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return str(compiled)


def nodes_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(found for child in node.get("Plans", []) for found in nodes_of(child))]
