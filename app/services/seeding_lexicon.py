"""The first lexicon of a district, from ``seeds/lexicon.csv``; each district and community changes its own.

The words are written for this list: how people ask, in the speech of Hohhot too. In the file a line is a word and either the
kind of service it points to, with a weight, or the word it stands for.
"""

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.errors import RuleBroken
from app.core.ids import seeded_id
from app.core.start_errors import StartError
from app.domain.lexicon import HEAVIEST, check_meaning, checked_term
from app.services.seeding_catalogue import catalogue

Row = dict[str, Any]


def entries(district: int, place_id: UUID, root: Path, stamp: Row) -> list[Row]:
    """Rows of the lexicon, for the whole district. Raises StartError for a bad file."""
    return [
        {
            "district_id": district,
            "id": seeded_id(district, "lexicon", row["term"], row["category"] or "="),
            "place_id": place_id,
            "path": f"{district:06d}/",
            "retired": False,
            **row,
            **stamp,
        }
        for row in words(root)
    ]


@lru_cache(maxsize=4)
def words(root: Path) -> tuple[Row, ...]:
    """The words as the file says, the same for every district."""
    path = root / "lexicon.csv"
    services = {node["code"] for node in catalogue(root) if node["terms"] is not None}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(_words(csv.DictReader(file), services))
    except (OSError, ValueError, RuleBroken) as bad:
        raise StartError(f"{path.name}: {bad}") from bad


def _words(lines: "csv.DictReader[str]", services: set[str]) -> Iterator[Row]:
    seen: set[tuple[str, str | None]] = set()
    for line in lines:
        row = _word(line)
        key = (row["term"], row["category"])
        if key in seen or (row["category"] is not None and row["category"] not in services):
            raise ValueError(f"line {lines.line_num}: {row['term']} stands there twice or points to no kind of service")
        if row["weight"] is not None and abs(row["weight"]) > HEAVIEST:
            raise ValueError(f"line {lines.line_num}: the weight of {row['term']} is beyond {HEAVIEST}")
        seen.add(key)
        yield row


def _word(line: dict[str, str]) -> Row:
    row: Row = {
        "term": checked_term(line["term"], "term"),
        "category": line["category"] or None,
        "weight": int(line["weight"]) if line["weight"] else None,
        "synonym_of": line["synonym_of"] or None,
    }
    check_meaning(**row)
    return row
