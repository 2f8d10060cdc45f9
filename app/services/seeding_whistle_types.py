"""The first types of whistles of a district, from ``seeds/whistle_types.csv``; each district changes its own.

In the file a limit is a number and its unit, and a list divides its items by blanks.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.errors import RuleBroken
from app.core.ids import seeded_id
from app.core.start_errors import StartError
from app.domain.levels import Level
from app.domain.organizations import OrganizationKind
from app.domain.whistle_types import LIMIT_NAMES, check_kinds, check_limits, limits_of

Row = dict[str, Any]


def whistle_types(district: int, root: Path, stamp: Row) -> list[Row]:
    """Rows of the types. Raises StartError for a bad file."""
    return [
        {
            "district_id": district,
            "id": seeded_id(district, "whistle_type", kind["code"]),
            "path": f"{district:06d}/",
            "matters": {},
            "retired": False,
            **kind,
            **stamp,
        }
        for kind in _kinds(root / "whistle_types.csv")
    ]


def _kinds(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(_rows(csv.DictReader(file)))
    except (OSError, ValueError, KeyError, RuleBroken) as bad:
        raise StartError(f"{path.name}: {bad}") from bad


def _rows(lines: "csv.DictReader[str]") -> Iterator[Row]:
    for line in lines:
        limits = limits_of({name: _span(line[name]) for name in LIMIT_NAMES})
        kinds = [OrganizationKind(kind) for kind in line["kinds"].split()]
        check_limits(limits)
        check_kinds(kinds)
        yield {
            "code": line["code"],
            "name": line["name"],
            "source": line["source"] or None,
            "level": Level(line["level"]),
            "kinds": [kind.value for kind in kinds],
            "limits": limits.as_json(),
        }


def _span(written: str) -> Row:
    value, unit = written.split()
    return {"value": int(value), "unit": unit}
