"""An export holds what the person said and how they rated, under whichever record, and nothing that others said."""

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.services import exports
from tests.erasing import TRACES, ask_and_be_served, ask_for_leave
from tests.profiles import merged
from tests.stories.steps import accepted_need, act, only_order, reported, started, submitted
from tests.worlds import LAT, LON, World


async def exported(world: World, who: str) -> dict[str, list[dict[str, Any]]]:
    found = await world.ok(who, "GET", "/v1/me/export")
    return {section["name"]: section["rows"] for section in found["sections"]}


async def test_the_asker_finds_their_ratings_and_words(world: World) -> None:
    need = await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": "几楼"})
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/answer", json={"answer": "三楼东户"})
    await world.ok(
        "community", "POST", f"/v1/needs/{need['id']}/refuse", json={"reason": "already_solved", "words": "修过"}
    )
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/appeal", json={"words": "没有修好"})
    await ask_and_be_served(world, "resident1")
    rows = await exported(world, "resident1")
    [rated] = rows["orders"]
    assert (rated["rating"], rated["rating_words"], rated["outcome"]) == (5, TRACES["rating"], "solved")
    said = [(row["aggregate"], row["action"], row["words"]) for row in reversed(rows["words"])]
    assert said == [
        ("need", "answer", ["三楼东户"]),
        ("need", "appeal", ["没有修好"]),
        ("order", "confirm", [TRACES["rating"]]),
        ("need", "confirm", [TRACES["rating"]]),
    ]
    assert (rows["person"][0]["lon"], rows["person"][0]["lat"]) == (pytest.approx(LON, abs=0.01), pytest.approx(LAT))


async def test_a_helper_finds_what_they_declined_and_asked_for_and_no_rating(world: World) -> None:
    await ask_for_leave(world, await started(world))
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member1"]))
    await act(world, "member1", order, "decline", words="那天值班")
    rows = await exported(world, "member1")
    assert [(row["wish"], row["state"], row["words"]) for row in reversed(rows["approvals"])] == [
        ([TRACES["suspension"]], "denied", TRACES["denial"]),
        ([TRACES["approved"]], "granted", TRACES["decision"]),
    ]
    assert ("order", "decline", ["那天值班"]) in [(r["aggregate"], r["action"], r["words"]) for r in rows["words"]]
    assert rows["orders"] == []
    everything = str(rows)
    assert "水池下面一直滴水" not in everything, "what the asker wrote is the asker's"
    assert "测试resident1" not in everything


async def test_what_staff_write_about_the_work_of_others_is_not_theirs(world: World) -> None:
    need = await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": "您腿脚方便吗"})
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "terminate", reason="other", words="住户去世")
    for who in ("community", "grid"):
        rows = await exported(world, who)
        assert (rows["words"], rows["approvals"]) == ([], []), who


async def test_words_under_a_merged_record_are_found(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member2"]))
    await act(world, "member2", order, "decline", words="那天值班")
    await merged(world, "member2", "member1")
    rows = await exported(world, "member1")
    assert {tuple(row["words"]) for row in rows["words"]} == {("那天值班",)}


async def test_a_workbook_says_where_it_was_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    for number in range(3):
        await submitted(world, title=f"第{number}件")
    await reported(world)
    answer = await world.call("resident1", "GET", "/v1/me/export.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    needs = book.get_sheet_by_name("需求").to_python()
    assert len(needs) == 4
    assert needs[-1][0] == "条数过多，只列出最近的2条"
    orders = book.get_sheet_by_name("工单与评价").to_python()
    assert not any("条数过多" in str(cell) for row in orders for cell in row)
