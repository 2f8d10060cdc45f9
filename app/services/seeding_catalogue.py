"""The first catalogue of a district, from ``seeds/catalogue.csv`` and ``catalogue_forms.json``; each district changes its own.

The kinds of service are those of DOMAIN.md and the practice of 三顺店; those that name a source in ``citizen_message_taxonomy``
are a cut of that list to what comes up in a community. In the file a list divides its items by blanks.
"""

import csv
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.core.errors import RuleBroken
from app.core.ids import seeded_id
from app.core.start_errors import StartError
from app.domain.catalogue import check_terms, parent_of, terms_of
from app.domain.form_schemas import check_schema
from app.schemas.categories import TermsForm

_NODE = ("code", "name", "description", "source")
_LISTS = ("skills", "evidence", "handlers")
_SWITCHES = ("certified", "insured", "volunteering")
Row = dict[str, Any]


def categories(district: int, root: Path, stamp: Row) -> list[Row]:
    """Rows of the catalogue, parents first. Raises StartError for a bad file."""
    return [
        {
            "district_id": district,
            "id": seeded_id(district, "category", node["code"]),
            "parent_id": _parent(district, node["code"]),
            "path": f"{district:06d}/",
            "retired": False,
            **node,
            **stamp,
        }
        for node in catalogue(root)
    ]


def _parent(district: int, code: str) -> Any:
    above = parent_of(code)
    return None if above is None else seeded_id(district, "category", above)


@lru_cache(maxsize=4)
def catalogue(root: Path) -> tuple[Row, ...]:
    """The nodes as the files say, the same for every district."""
    path = root / "catalogue.csv"
    try:
        forms = json.loads((root / "catalogue_forms.json").read_text(encoding="utf-8"))
        with path.open(encoding="utf-8", newline="") as file:
            nodes = tuple(_nodes(csv.DictReader(file), forms))
    except (OSError, ValueError) as bad:
        raise StartError(f"{path.name}: {bad}") from bad
    if unknown := set(forms) - {node["code"] for node in nodes}:
        raise StartError(f"catalogue_forms.json: there is no category {min(unknown)}")
    return nodes


def _nodes(lines: "csv.DictReader[str]", forms: Row) -> Iterator[Row]:
    seen: set[str] = set()
    for line in lines:
        node = _node(lines.line_num, line, forms)
        above = parent_of(node["code"])
        if node["code"] in seen or (above is not None and above not in seen):
            raise ValueError(f"line {lines.line_num}: the code {node['code']} stands there twice or before its parent")
        seen.add(node["code"])
        yield node


def _node(number: int, line: dict[str, str], forms: Row) -> Row:
    node: Row = {name: line[name] or None for name in _NODE}
    try:
        node["terms"] = _terms(line)
        node["form_schema"] = forms.get(node["code"])
        if node["form_schema"] is not None:
            check_schema(node["form_schema"])
    except (ValidationError, RuleBroken) as bad:
        raise ValueError(f"line {number}: {bad}") from bad
    return node


def _terms(line: dict[str, str]) -> Row | None:
    """None for a group, which has no deadline."""
    if not line["resolve_working_days"]:
        return None
    said: Row = {name: value for name, value in line.items() if value and name not in _NODE}
    said |= {name: line[name].split() for name in _LISTS}
    said |= {name: line[name] == "yes" for name in _SWITCHES}
    terms: Row = TermsForm.model_validate(said).model_dump(mode="json")
    check_terms(terms_of(terms))
    return terms
