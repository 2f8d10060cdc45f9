"""Reads the files a district is built from, and refuses a bad one in one sentence that names file and line or key.

``divisions.csv`` holds the district, its subdistricts and communities; ``boundary.geojson`` its outline, where there is one;
``community-<12 digits>.json`` the plan of a community in full. All coordinates are WGS-84.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.core.polygons import Ring, contains, is_simple, opened
from app.core.start_errors import StartError
from app.domain.places import MAY_STAND_UNDER, PlaceKind
from app.domain.tiling import tiling_fault
from app.schemas.seeds import CommunityPlan

COLUMNS = ["code", "name", "official_name", "kind", "parent_code", "source", "edition_year"]
CODE_LENGTH = {PlaceKind.DISTRICT: 6, PlaceKind.SUBDISTRICT: 9, PlaceKind.COMMUNITY: 12}
"""Digits of the national statistical code 统计用区划代码."""


class SeedRefused(StartError):
    """A file of a district cannot be used. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Division:
    """One row of divisions.csv. ``number`` counts from 1 within the file, the header not counted."""

    number: int
    code: str
    name: str
    kind: PlaceKind
    parent_code: str
    source: str
    edition_year: int


@dataclass(frozen=True, slots=True)
class Outline:
    ring: Ring
    centre: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class DistrictFiles:
    """All that is known of a district: the first division is the district itself, parents come before children."""

    code: str
    divisions: tuple[Division, ...]
    outline: Outline | None
    plans: tuple[CommunityPlan, ...]


def read_district(root: Path, code: str) -> DistrictFiles:
    """The files of one district under ``root/<code>``. Raises SeedRefused."""
    folder = root / code
    divisions = _read_divisions(folder / "divisions.csv", code)
    outline = _read_outline(folder / "boundary.geojson", code)
    plans = tuple(_read_plan(path, divisions, outline) for path in sorted(folder.glob("community-*.json")))
    return DistrictFiles(code, divisions, outline, plans)


def _refuse(path: Path, where: str, why: str) -> SeedRefused:
    return SeedRefused(f"{path.parent.name}/{path.name}, {where}: {why}.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SeedRefused(f"There is no {path.parent.name}/{path.name} in {path.parent.parent}.") from None
    except UnicodeDecodeError as error:
        raise _refuse(path, f"byte {error.start}", "the file is not UTF-8") from None
    except OSError as error:
        raise SeedRefused(f"{path.parent.name}/{path.name} cannot be read: {error.strerror}.") from None


def _read_divisions(path: Path, district: str) -> tuple[Division, ...]:
    reader = csv.DictReader(_text(path).splitlines(), strict=True)
    if reader.fieldnames != COLUMNS:
        raise _refuse(path, "line 1", f"the columns must be {','.join(COLUMNS)}")
    found: dict[str, Division] = {}
    for number, row in enumerate(_rows(path, reader), start=1):
        try:
            division = _division(number, row, found)
        except ValueError as error:
            raise _refuse(path, f"line {reader.line_num}", str(error)) from None
        found[division.code] = division
        if next(iter(found)) != district:
            raise _refuse(path, "line 2", f"the first row must be the district {district}")
    if not found:
        raise _refuse(path, "line 1", "there is no row below the header")
    return tuple(found.values())


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise _refuse(path, f"line {reader.line_num}", str(error)) from None


def _division(number: int, row: dict[str, Any], before: dict[str, Division]) -> Division:
    """Raises ValueError with what is wrong."""
    if None in row or None in row.values():
        raise ValueError(f"the row must have {len(COLUMNS)} fields")
    code, name, kind, parent = (row[key].strip() for key in ("code", "name", "kind", "parent_code"))
    if kind not in CODE_LENGTH:
        raise ValueError(f"kind is {kind!r}, not one of {', '.join(CODE_LENGTH)}")
    if not (code.isascii() and code.isdigit() and len(code) == CODE_LENGTH[PlaceKind(kind)]):
        raise ValueError(f"the code of a {kind} must have {CODE_LENGTH[PlaceKind(kind)]} digits, not {code!r}")
    if code in before:
        raise ValueError(f"the code {code} stands there twice")
    if not name or not row["source"].strip():
        raise ValueError("name and source must not be empty")
    if not (row["edition_year"].isdigit() and 1949 <= int(row["edition_year"]) <= 2100):
        raise ValueError(f"edition_year is {row['edition_year']!r}, not a year")
    _check_parent(code, PlaceKind(kind), parent, before)
    return Division(number, code, name, PlaceKind(kind), parent, row["source"].strip(), int(row["edition_year"]))


def _check_parent(code: str, kind: PlaceKind, parent: str, before: dict[str, Division]) -> None:
    if kind is PlaceKind.DISTRICT:
        if before or parent:
            raise ValueError("the district must be the first row and have no parent_code")
        return
    above = before.get(parent)
    if above is None or above.kind not in MAY_STAND_UNDER[kind] or not code.startswith(parent):
        raise ValueError(f"the parent_code {parent!r} of the {kind} {code} names no fitting row before it")


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise _refuse(path, f"line {error.lineno}", f"the file is not JSON: {error.msg}") from None


def _read_outline(path: Path, district: str) -> Outline | None:
    if not path.exists():
        return None
    content = _json(path)
    try:
        (feature,) = content["features"]
        properties, geometry = feature["properties"], feature["geometry"]
        (corners,) = geometry["coordinates"]
        ring = opened((lon, lat) for lon, lat in corners)
        centre = tuple(map(float, properties["center"])) if "center" in properties else None
    except (KeyError, TypeError, ValueError):
        raise _refuse(path, "features", "one feature with one Polygon of one ring is needed") from None
    if geometry.get("type") != "Polygon" or not is_simple(ring):
        raise _refuse(path, "features.0.geometry", "a Polygon whose ring does not cross itself is needed")
    if properties.get("datum") != "WGS-84":
        raise _refuse(path, "features.0.properties.datum", "the datum must be named, and be WGS-84")
    if properties.get("code") != district:
        raise _refuse(path, "features.0.properties.code", f"the code must be {district}")
    return Outline(ring, centre if centre is None or len(centre) == 2 else None)


def _read_plan(path: Path, divisions: tuple[Division, ...], outline: Outline | None) -> CommunityPlan:
    try:
        plan = CommunityPlan.model_validate(_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _refuse(path, ".".join(map(str, first["loc"])) or "the plan", first["msg"]) from None
    known = {division.code for division in divisions if division.kind is PlaceKind.COMMUNITY}
    if plan.code not in known or path.name != f"community-{plan.code}.json":
        raise _refuse(path, "code", f"{plan.code} is not the community in the file's name, or not in divisions.csv")
    boundary = opened(plan.boundary)
    if fault := tiling_fault(boundary, {grid.code: opened(grid.boundary) for grid in plan.grids}):
        raise _refuse(path, "grids", fault)
    if not contains(boundary, plan.centre):
        raise _refuse(path, "centre", "the centre lies outside the boundary")
    if outline and not all(contains(outline.ring, corner) for corner in boundary):
        raise _refuse(path, "boundary", "the community reaches outside its district")
    return plan
