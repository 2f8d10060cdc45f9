"""The smallest form an operation accepts, made from the published document.

Fields an operation asks for are filled: ids by their names with rows that are there, the rest with the schema's example or the
least it allows. A form that is refused for its shape would hide the verdict on its caller, so the matrix fails on one.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from app.core.clock import now
from tests.whole.document import Operation

MISSING = "018f5e66-0000-7000-8000-000000000000"
"""An id nobody has."""


class NoForm(AssertionError):
    """The document does not say enough to fill a field."""


class FormMaker:
    """Knows the document's schemas and, from the row an operation is tried on, the ids of what lies around it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas: dict[str, Any] = document["components"]["schemas"]

    def form(self, operation: Operation, ids: Mapping[str, str], more: Collection[str]) -> dict[str, Any] | None:
        """The JSON body with every required field and, if it has them, ``more`` ids; None where the operation takes no JSON."""
        schema = self._body(operation, "application/json")
        if schema is None:
            return None
        named = {name: ids[name] for name in more if name in schema.get("properties", {})}
        return self._object(schema, ids) | named

    def fields(self, operation: Operation, ids: Mapping[str, str]) -> dict[str, Any] | None:
        """The same for a form as browsers send it; None where the operation takes none."""
        schema = self._body(operation, "application/x-www-form-urlencoded")
        return self._object(schema, ids) if schema is not None else None

    def _body(self, operation: Operation, media: str) -> dict[str, Any] | None:
        content = operation.declared.get("requestBody", {}).get("content", {})
        return self._resolved(content[media]["schema"]) if media in content else None

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        return self._schemas[reference.rpartition("/")[2]] | {"$ref": None} if reference else schema

    def _object(self, schema: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        examples = schema.get("examples") or [{}]
        known: dict[str, Any] = dict(examples[0])
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in known:
                known[name] = self._value(name, properties[name], ids)
        return {
            name: self._replaced(name, value, properties.get(name, {}), ids)
            for name, value in known.items()
            if name in schema.get("required", [])
        }

    def _replaced(self, name: str, value: Any, schema: dict[str, Any], ids: Mapping[str, str]) -> Any:
        """The example's value, or the id of something that is there."""
        return self._value(name, schema, ids) if name in ids or name.endswith(("_id", "_ids")) else value

    def _value(self, name: str, schema: dict[str, Any], ids: Mapping[str, str]) -> Any:
        if name == "district_id":
            return int(ids[name])
        schema = self._resolved(schema)
        if "anyOf" in schema:
            kinds = [kind for kind in map(self._resolved, schema["anyOf"]) if kind.get("type") != "null"]
            return self._value(name, kinds[0], ids)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("examples"):
            return schema["examples"][0]
        return self._by_type(name, schema, ids)

    def _by_type(self, name: str, schema: dict[str, Any], ids: Mapping[str, str]) -> Any:
        match schema.get("type"):
            case "string":
                return _text(name, schema, ids)
            case "integer" | "number":
                return schema.get("minimum", schema.get("maximum", 1))
            case "boolean":
                return True
            case "array":
                least = max(1, schema.get("minItems", 0)) if name in ids else schema.get("minItems", 0)
                return [self._value(name.removesuffix("s"), schema["items"], ids) for _ in range(least)]
            case "object":
                return self._object(schema, ids)
            case _:
                raise NoForm(f"{name}: nothing is known of {schema}")


def _text(name: str, schema: dict[str, Any], ids: Mapping[str, str]) -> str:
    match schema.get("format"):
        case "uuid":
            if name not in ids:
                raise NoForm(f"{name}: no such id lies around the row")
            return ids[name]
        case "date-time":
            return (now() + timedelta(days=9)).isoformat()
        case "date":
            return now().date().isoformat()
        case _:
            pass
    return "说明".ljust(schema.get("minLength", 0), "。")
