"""The fields that operations ask for: what one refuses of a field, the next refuses by the same type."""

import json
from collections.abc import Iterator
from typing import Any

_SAID = frozenset({"title", "description", "examples", "example"})
"""What tells a reader more and refuses nothing."""


def new_fields(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the paths of which some method asks for a field that none before it did."""
    known: set[str] = set()
    paths = {}
    for path, methods in document["paths"].items():
        asked = {json.dumps(one, sort_keys=True) for o in methods.values() for one in _fields(document, o)}
        if not asked <= known:
            paths[path] = methods
        known |= asked
    return {**document, "paths": paths}


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[list[Any]]:
    """Where each field stands, its name and its schema; of a body that has no fields, the body."""
    for one in operation.get("parameters", []):
        yield [one["in"], one["name"], _bare(document, one["schema"])]
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        schema = _bare(document, body["schema"])
        yield from ([kind, *field] for field in schema.get("properties", {"": schema}).items())


def _bare(document: dict[str, Any], schema: Any) -> Any:
    """A schema with what it refers to, without words."""
    if isinstance(schema, list):
        return [_bare(document, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _bare(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return {name: _bare(document, value) for name, value in schema.items() if name not in _SAID}
