"""Search: two characters and more, in title and details; within the reader's scope, page by page; hostile questions."""

from typing import Any

import pytest
from sqlalchemy import update

from app.core.db import Database
from app.domain.texts import pairs, sought
from app.models import Need
from tests.stories.steps import submitted
from tests.worlds import World


async def found(world: World, q: str, who: str = "community", **query: Any) -> list[str]:
    page = await world.ok(who, "GET", "/v1/needs", params={"q": q, "limit": 100} | query)
    return [item["title"] for item in page["items"]]


@pytest.fixture
async def asked(world: World) -> World:
    for title, details in (
        ("厨房水管漏水", "水池下面一直滴水"),
        ("路灯不亮", "三号楼旁边，ＷｉＦｉ 灯杆 LED-7 旁"),
        ("暖气漏水", "客厅的暖气片 100%_有水"),
        ("想学书法", '它\'s "毛笔" \\ 字'),
    ):
        await submitted(world, title=title, details=details, category="other")
    return world


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("漏水", ["暖气漏水", "厨房水管漏水"]),
        ("暖气", ["暖气漏水"]),
        ("水池下面一直滴水", ["厨房水管漏水"]),
        ("漏水 水池", ["厨房水管漏水"]),
        ("漏水，水池！", ["厨房水管漏水"]),
        ("wifi", ["路灯不亮"]),
        ("ＬＥＤ", ["路灯不亮"]),
        ("led 7", ["路灯不亮"]),
        ("管漏", ["厨房水管漏水"]),
        ("水漏", []),
        ("没有这个词", []),
        ("100", ["暖气漏水"]),
        ("%_'\"\\书法", ["想学书法"]),
        ("书法'; DROP TABLE needs; --", []),
    ],
)
async def test_words_are_found(asked: World, q: str, titles: list[str]) -> None:
    for who in ("community", "resident1"):
        assert await found(asked, q, who) == titles, who


@pytest.mark.parametrize("q", ["水", "，。！？", "%", "__", "%%", "'", "\\", "水 管", "🙂"])
async def test_too_little_to_look_for_is_said_so(asked: World, q: str) -> None:
    for who in ("community", "resident1"):
        answer = await asked.call(who, "GET", "/v1/needs", params={"q": q})
        assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, "q", "请至少输入两个字")


async def test_too_much_is_refused(asked: World) -> None:
    assert (await asked.call("community", "GET", "/v1/needs", params={"q": "水" * 1_000})).status_code == 422
    assert await found(asked, "水" * 120) == []


async def test_scope_filters_and_pages_hold(asked: World, other_world: World) -> None:
    assert await found(asked, "漏水", "sibling_grid") == []
    assert await found(asked, "漏水", "resident2") == []
    assert await found(other_world, "漏水", "district") == []
    assert await found(asked, "漏水", "district") == ["暖气漏水", "厨房水管漏水"]
    assert await found(asked, "漏水", "grid", state="accepted") == []
    sibling = str(asked.places["sibling_community"])
    assert await found(asked, "漏水", "district", place_id=sibling) == []
    page = await asked.ok("community", "GET", "/v1/needs", params={"q": "漏水", "limit": 1})
    assert [item["title"] for item in page["items"]] == ["暖气漏水"]
    assert await found(asked, "漏水", cursor=page["next_cursor"]) == ["厨房水管漏水"]


async def test_a_number_is_found_whole(asked: World, owner: Database) -> None:
    async with owner.transaction(asked.district_id) as session:
        mine = (Need.district_id == asked.district_id, Need.title == "路灯不亮")
        await session.execute(update(Need).where(*mine).values(source_number="HJ-2026-0001"))
    assert await found(asked, "HJ-2026-0001") == await found(asked, "HJ-2026-0001", "resident1") == ["路灯不亮"]
    assert await found(asked, "HJ-2026") == []


async def test_erased_words_are_not_found(asked: World, owner: Database) -> None:
    async with owner.transaction(asked.district_id) as session:
        mine = (Need.district_id == asked.district_id, Need.title == "暖气漏水")
        await session.execute(update(Need).where(*mine).values(title="已删除", details="已删除"))
    assert await found(asked, "暖气") == []
    assert await found(asked, "漏水") == ["厨房水管漏水"]


def test_what_is_looked_for() -> None:
    assert sought("ＡＢ漏水，水 漏水") == ["ab", "漏水", "水"]
    assert sought("水") == sought("") == []
    assert pairs(["漏水了", "水"]) == ["漏水", "水了"]
