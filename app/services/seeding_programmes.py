"""The brand programmes and working methods of communities, from ``seeds/programmes.csv``: names the practice of 三顺店 gives them.

What the ones of 八个一 and the numbers of 1214 stand for the practice does not say; indicators are the community's to write.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.core.ids import seeded_id
from app.core.start_errors import StartError
from app.domain.programmes import ProgrammeKind

Row = dict[str, Any]


def programmes(district: int, communities: Iterable[Any], root: Path, stamp: Row) -> list[Row]:
    """Rows of the programmes of these communities, places of the district. Raises StartError for a bad file."""
    places = {place.code: place for place in communities}
    return [
        {
            "district_id": district,
            "id": seeded_id("programme", places[line["community"]].id, line["code"]),
            "community_id": places[line["community"]].id,
            "path": places[line["community"]].path,
            "kind": line["kind"],
            "code": line["code"],
            "name": line["name"],
            "description": None,
            "retired": False,
            **stamp,
        }
        for line in _lines(root / "programmes.csv")
        if line["community"] in places
    ]


def _lines(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        for line in lines:
            ProgrammeKind(line["kind"])
    except (OSError, ValueError, KeyError) as bad:
        raise StartError(f"{path.name}: {bad}") from bad
    return lines
