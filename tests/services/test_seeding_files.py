"""The files in ``seeds/`` are good, and a bad one is refused in one sentence that says where."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.geo import LonLat, metres_between
from app.core.polygons import contains, opened
from app.domain.places import PlaceKind
from app.services.seeding_files import SeedRefused, read_district
from app.settings import ROOT

SEEDS = ROOT / "seeds"
DISTRICTS = sorted(folder.name for folder in SEEDS.iterdir() if folder.is_dir())
PLAN = "community-150103006009.json"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A root with a copy of district 150103 to spoil."""
    shutil.copytree(SEEDS / "150103", tmp_path / "150103")
    return tmp_path


def refusal(root: Path, code: str = "150103") -> str:
    with pytest.raises(SeedRefused) as caught:
        read_district(root, code)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_all_nine_districts_of_hohhot_can_be_read() -> None:
    assert DISTRICTS == ["150102", "150103", "150104", "150105", "150121", "150122", "150123", "150124", "150125"]
    sizes = {code: Counter(d.kind for d in read_district(SEEDS, code).divisions) for code in DISTRICTS}
    assert sizes["150103"] == {PlaceKind.DISTRICT: 1, PlaceKind.SUBDISTRICT: 9, PlaceKind.COMMUNITY: 63}
    assert sum(size[PlaceKind.COMMUNITY] for size in sizes.values()) == 1309
    assert sum(size[PlaceKind.SUBDISTRICT] for size in sizes.values()) == 94


def test_every_division_names_source_and_edition() -> None:
    for code in DISTRICTS:
        for division in read_district(SEEDS, code).divisions:
            assert division.source in {"modood", "netnr/zoning@2.0.20"}
            assert division.edition_year in {2020, 2022, 2023}


def test_short_names_come_from_the_printed_ones() -> None:
    with (SEEDS / "150103" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert rows["150103006009"]["name"] == "三顺店社区"
    assert rows["150103006009"]["official_name"] == "三顺店社区居委会"
    assert rows["150103100201"]["name"] == "毫赖沟村"
    assert not [row for row in rows.values() if row["name"].endswith(("委会", "委员会"))]


def test_the_outline_is_converted_from_the_map_vendors_datum() -> None:
    """AMap gives the centre of 回民区 as 111.662162, 40.815149 in GCJ-02; in WGS-84 it lies 580 m further west-south-west."""
    outline = read_district(SEEDS, "150103").outline
    assert outline is not None
    assert outline.centre is not None
    assert outline.centre == pytest.approx((111.655423, 40.813852), abs=1e-6)
    assert 500 < metres_between(LonLat(*outline.centre), LonLat(111.662162, 40.815149)) < 650
    assert contains(outline.ring, (111.65, 40.82))


def test_the_plan_of_sanshundian_is_complete() -> None:
    (plan,) = read_district(SEEDS, "150103").plans
    compounds = [compound for grid in plan.grids for compound in grid.compounds]
    households = sum(c.buildings * c.entrances * c.storeys * c.doors for c in compounds)
    assert (plan.code, plan.name, len(plan.grids)) == ("150103006009", "三顺店社区", 12)
    assert sum(organization.joint_committee for organization in plan.organizations) == 73
    assert (plan.people.reported_in, plan.people.registered) == (800, 120)
    assert 2_000 <= households <= 3_000
    assert compounds[0].name == "体委小区"
    assert compounds[0].kind == "work_unit"
    assert len({compound.kind for compound in compounds}) == 5
    assert len({compound.property_management for compound in compounds}) == 4


def spoil_line(number: int, old: str, new: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        path = root / "150103" / "divisions.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        assert old in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(old, new)
        path.write_text("\n".join(lines), encoding="utf-8")

    return spoil


def spoil_json(name: str, change: Callable[[Any], object]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        path = root / "150103" / name
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "where", "why"),
    [
        (spoil_line(1, "edition_year", "year"), "divisions.csv, line 1", "the columns must be"),
        (spoil_line(2, "150103,", "150199,"), "divisions.csv, line 2", "must be the district 150103"),
        (spoil_line(5, "subdistrict", "street"), "divisions.csv, line 5", "kind is 'street'"),
        (spoil_line(5, "150103003,", "15010300,"), "divisions.csv, line 5", "must have 9 digits"),
        (spoil_line(5, "150103003,", "150103002,"), "divisions.csv, line 5", "stands there twice"),
        (spoil_line(5, ",2023", ",soon"), "divisions.csv, line 5", "edition_year is 'soon'"),
        (spoil_line(5, ",2023", ""), "divisions.csv, line 5", "must have 7 fields"),
        (spoil_line(5, ",modood", ","), "divisions.csv, line 5", "must not be empty"),
        (spoil_line(20, ",150103002,", ",150103009,"), "divisions.csv, line 20", "names no fitting row"),
        (spoil_line(20, ",150103002,", ",150103003,"), "divisions.csv, line 20", "names no fitting row"),
        (spoil_json("boundary.geojson", lambda c: c["features"].clear()), "boundary.geojson, features", "one feature"),
        (
            spoil_json("boundary.geojson", lambda c: c["features"][0]["properties"].pop("datum")),
            "boundary.geojson, features.0.properties.datum",
            "WGS-84",
        ),
        (
            spoil_json(PLAN, lambda c: c["grids"][2]["compounds"][0].update(kind="castle")),
            f"{PLAN}, grids.2.compounds.0.kind",
            "Input should be",
        ),
        (spoil_json(PLAN, lambda c: c.pop("datum")), f"{PLAN}, datum", "Field required"),
        (spoil_json(PLAN, lambda c: c["grids"].pop()), f"{PLAN}, the plan", "there is no grid G12"),
        (spoil_json(PLAN, lambda c: c["organizations"][3].update(parent="P99")), f"{PLAN}, the plan", "P99"),
        (spoil_json(PLAN, lambda c: c["grids"][5]["boundary"].pop(1)), f"{PLAN}, grids", "leaves a gap"),
        (spoil_json(PLAN, lambda c: c.update(centre=[111.6, 40.8])), f"{PLAN}, centre", "outside the boundary"),
        (spoil_json(PLAN, lambda c: c.update(code="150103006007")), f"{PLAN}, code", "150103006007"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(copy: Path, spoil: Callable[[Path], None], where: str, why: str) -> None:
    spoil(copy)
    sentence = refusal(copy)
    assert where in sentence
    assert why in sentence


def test_a_missing_district_and_unreadable_bytes_are_refused(copy: Path) -> None:
    assert "There is no 999999/divisions.csv" in refusal(copy, "999999")
    (copy / "150103" / PLAN).write_bytes(b'{"name": "\xc8\xfd"}')
    assert "not UTF-8" in refusal(copy)
    (copy / "150103" / PLAN).write_text("{", encoding="utf-8")
    assert f"{PLAN}, line 1" in refusal(copy)


def test_a_community_outside_its_district_is_refused(copy: Path) -> None:
    def far_away(content: Any) -> None:
        def moved(corners: Any) -> list[list[float]]:
            return [[lon + 1, lat] for lon, lat in corners]

        content["boundary"], content["centre"] = moved(content["boundary"]), moved([content["centre"]])[0]
        for grid in content["grids"]:
            grid["boundary"] = moved(grid["boundary"])

    spoil_json(PLAN, far_away)(copy)
    assert f"{PLAN}, boundary: the community reaches outside its district" in refusal(copy)


def test_the_plans_grids_lie_inside_the_district() -> None:
    files = read_district(SEEDS, "150103")
    assert files.outline is not None
    for grid in files.plans[0].grids:
        assert all(contains(files.outline.ring, corner) for corner in opened(grid.boundary))
