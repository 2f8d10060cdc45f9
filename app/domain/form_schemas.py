"""What a category's form schema may be: JSON Schema 2020-12 in the small part that a mini-program can draw a form from.

Keywords stand in a list of what is allowed: references reach elsewhere, and patterns of one's own can take for ever to match.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from jsonschema_rs import Draft202012Validator, ValidationError

from app.core.errors import RuleBroken

LARGEST_SCHEMA = 16_384
LARGEST_FORM = 8_192
"""Bytes of JSON."""
DEEPEST = 4
_KEYWORDS = frozenset(
    {
        "$schema",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "default",
        "examples",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "format",
    }
)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FORMATS = frozenset({"date", "time", "date-time"})


def check_schema(schema: Mapping[str, Any]) -> None:
    """422 unless it is an object's schema within the allowed part of 2020-12."""
    if len(orjson.dumps(schema)) > LARGEST_SCHEMA:
        raise RuleBroken(f"表单结构不能超过 {LARGEST_SCHEMA} 字节", field="form_schema")
    if schema.get("$schema", _DIALECT) != _DIALECT or schema.get("type") != "object":
        raise RuleBroken("表单结构须为 JSON Schema 2020-12 的 object", field="form_schema")
    for fault in _faults(schema, 0):
        raise RuleBroken(f"表单结构有误：{fault}", field="form_schema")
    try:
        Draft202012Validator(dict(schema))
    except (ValidationError, ValueError) as bad:
        raise RuleBroken("表单结构不是有效的 JSON Schema 2020-12", field="form_schema") from bad


def _faults(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties", {}), Mapping):
        yield "每个字段与 properties 须为对象"
        return
    if depth > DEEPEST:
        yield f"嵌套不能超过 {DEEPEST} 层"
        return
    yield from _foreign(schema)
    for part in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from _faults(part, depth + 1)


def _foreign(schema: Mapping[str, Any]) -> Iterator[str]:
    """What one level says that a form has no use for."""
    if unknown := sorted(set(schema) - _KEYWORDS):
        yield f"不支持 {unknown[0][:40]}"
    if schema.get("format", "date") not in _FORMATS:
        yield "format 只支持 date、time、date-time"
    if not isinstance(schema.get("additionalProperties", False), bool):
        yield "additionalProperties 须为真假值"


def check_form(schema: Mapping[str, Any] | None, form: Mapping[str, Any] | None) -> None:
    """422 for a form that does not fit its category, naming the field; of what was sent nothing is repeated."""
    if schema is None:
        if form:
            raise RuleBroken("此类服务没有附加表单", field="form")
        return
    if len(orjson.dumps(form or {})) > LARGEST_FORM:
        raise RuleBroken(f"表单不能超过 {LARGEST_FORM} 字节", field="form")
    faults = Draft202012Validator(dict(schema), validate_formats=True).iter_errors(dict(form or {}))
    if (first := next(iter(faults), None)) is not None:
        where = ".".join(str(step)[:40] for step in first.instance_path) or "form"
        raise RuleBroken(f"表单不符合此类服务的要求：{where}", field="form", at=where, rule=_rule(first))


def _rule(fault: ValidationError) -> str:
    return str(list(fault.schema_path)[-1]) if fault.schema_path else ""
