"""The lexicon: a district's words and a community's own, added, weighed anew, retired; never another district's."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.start_errors import StartError
from app.services import lexicon
from app.services.seeding_catalogue import catalogue
from app.services.seeding_lexicon import words
from app.settings import ROOT
from tests.profiles import tag_of
from tests.worlds import World

WORD = {"term": "大棚漏雨", "category": "repair.work_at_height", "weight": 8}


async def add(world: World, who: str = "district", **form: Any) -> Any:
    return await world.ok(who, "POST", "/v1/lexicon-entries", json=WORD | form)


async def change(world: World, who: str, entry: Any, **form: Any) -> Any:
    path = f"/v1/lexicon-entries/{entry['id']}"
    return await world.call(who, "PATCH", path, json=form, headers=await tag_of(world, who, path))


async def test_words_of_the_district_and_of_a_community(world: World, other_world: World, app: FastAPI) -> None:
    database: Database = app.state.database
    community = str(world.places["community"])
    ours = await add(world)
    theirs = await add(world, "community", place_id=community, weight=-3)
    same = {"category": None, "weight": None, "synonym_of": "马桶", "term": "蹲坑"}
    await add(world, "community", place_id=community, **same)
    async with database.transaction(world.district_id) as session:
        here = await lexicon.of(session, world.places["community"])
        assert [hint.weight for hint in here.heard("大棚漏雨了")] == [-3]
        assert here.grams("蹲坑堵") == here.grams("马桶堵")
        assert [hint.weight for hint in (await lexicon.of(session, None)).heard("大棚漏雨")] == [8]
    assert (await change(world, "community", theirs, retired=True)).status_code == 200
    assert (await change(world, "district", ours, weight=6)).json()["weight"] == 6
    async with database.transaction(world.district_id) as session:
        assert (await lexicon.of(session, world.places["community"])).heard("大棚漏雨") == []
        assert [hint.weight for hint in (await lexicon.of(session, None)).heard("大棚漏雨")] == [6]
    page = await world.ok("grid", "GET", "/v1/lexicon-entries", params={"term": "大棚，漏雨", "retired": True})
    assert page["items"] == []
    page = await world.ok("grid", "GET", "/v1/lexicon-entries", params={"term": "大棚漏雨", "retired": True})
    assert [item["id"] for item in page["items"]] == [ours["id"], theirs["id"]]
    assert (await other_world.call("district", "GET", f"/v1/lexicon-entries/{ours['id']}")).status_code == 404


async def test_who_may_change_which(world: World) -> None:
    ours = await add(world)
    assert (await change(world, "community", ours, retired=True)).status_code == 403
    for who, form in (("community", {}), ("grid", {"place_id": str(world.places["community"])})):
        assert (await world.call(who, "POST", "/v1/lexicon-entries", json=WORD | form)).status_code == 403
    assert (await world.call("resident1", "GET", "/v1/lexicon-entries")).status_code == 403
    sibling = {"place_id": str(world.places["sibling_community"])}
    assert (await world.call("community", "POST", "/v1/lexicon-entries", json=WORD | sibling)).status_code == 403


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"term": "，。"}, "term"),
        ({"term": "水 管"}, "term"),
        ({"synonym_of": "马桶"}, "category"),
        ({"weight": None}, "weight"),
        ({"weight": 0}, "weight"),
        ({"category": "repair"}, "category"),
        ({"category": None, "weight": None, "synonym_of": "大棚漏雨"}, "synonym_of"),
    ],
)
async def test_what_is_refused(world: World, form: dict[str, Any], field: str) -> None:
    answer = await world.call("district", "POST", "/v1/lexicon-entries", json=WORD | form)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    grid = await world.call(
        "district", "POST", "/v1/lexicon-entries", json=WORD | {"place_id": str(world.places["grid"])}
    )
    assert (grid.status_code, grid.json()["field"]) == (422, "place_id")


async def test_a_word_stands_once_with_its_meaning(world: World) -> None:
    entry = await add(world)
    again = await world.call("district", "POST", "/v1/lexicon-entries", json=WORD | {"term": " 大棚漏雨！"})
    assert again.status_code == 409
    await add(world, category="property.facility")
    assert (await change(world, "district", entry, synonym_of="马桶")).status_code == 422


def test_the_first_lexicon_speaks_of_every_kind_of_service() -> None:
    root = ROOT / "seeds"
    services = {node["code"] for node in catalogue(root) if node["terms"] is not None}
    assert {row["category"] for row in words(root)} - {None} == services
    assert {row["synonym_of"] for row in words(root) if row["term"] == "坐便" and row["synonym_of"]} == {"马桶"}


def test_a_bad_lexicon_is_refused_by_its_line(tmp_path: Path) -> None:
    for file in (ROOT / "seeds").glob("catalogue*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "lexicon.csv").write_text("term,category,weight,synonym_of\n水管,nothing,5,\n", encoding="utf-8")
    with pytest.raises(StartError, match=r"lexicon\.csv: line 2: 水管"):
        words(tmp_path)
