"""Intake: suggestions with reasons, needs that look alike and who may know of them, the worklist, merges that are told."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select

from app.core.clock import now
from app.core.db import Database
from app.models import DuplicateDismissal, Event, LexiconEntry, Need
from app.services import need_duplicates
from app.services.seeding_lexicon import entries
from app.settings import ROOT
from app.workers import relay
from tests.routers.client_systems import connected
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, submitted
from tests.worlds import World

LAMP: dict[str, Any] = {"title": "楼道灯不亮", "details": "声控灯坏了两天", "category": None}


@pytest.fixture
async def wordy(world: World, owner: Database) -> World:
    """The world with the first lexicon."""
    stamp = {"version": 0, "created_at": now(), "updated_at": now()}
    rows = entries(world.district_id, world.places["district"], ROOT / "seeds", stamp)
    async with owner.transaction(world.district_id) as session:
        await session.execute(insert(LexiconEntry), [row | {"path": world.paths["district"]} for row in rows])
    return world


async def suggest(world: World, who: str, place: str = "home1", **form: Any) -> Any:
    return await world.ok(
        who, "POST", "/v1/needs/suggest", json={"place_id": str(world.places[place]), "title": "楼道灯不亮"} | form
    )


async def duplicates(world: World, need: Any, who: str = "grid", **asked: Any) -> list[str]:
    found = await world.ok(who, "GET", f"/v1/needs/{need['id']}/duplicates", params=asked)
    return [item["need_id"] for item in found["items"]]


async def worklist(world: World, who: str = "grid", **query: Any) -> list[tuple[str, list[str]]]:
    page = await world.ok(who, "GET", "/v1/need-duplicates", params=query)
    return [(item["need_id"], [near["need_id"] for near in item["near"]]) for item in page["items"]]


async def test_a_text_is_told_its_likely_kinds_and_why(wordy: World) -> None:
    found = await suggest(wordy, "resident1", details="三楼的声控灯坏了")
    assert found["categories"][0]["code"] == "property.lighting"
    assert "提到“楼道灯不亮”" in found["categories"][0]["reasons"]
    assert sum(one["score"] for one in found["categories"]) <= 100
    need = await submitted(wordy, **LAMP)
    kinds = await wordy.ok("community", "GET", f"/v1/needs/{need['id']}/suggestions")
    assert kinds["categories"][0]["code"] == "property.lighting"
    assert (await wordy.call("resident1", "GET", f"/v1/needs/{need['id']}/suggestions")).status_code == 403
    assert (await wordy.call("resident2", "GET", f"/v1/needs/{need['id']}/suggestions")).status_code == 404


async def test_what_the_community_accepted_before_counts(world: World) -> None:
    for _ in range(2):
        need = await submitted(world, title="大白菜冻坏了", category="errand")
        await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    first, *_ = (await suggest(world, "resident2", title="大白菜冻坏"))["categories"]
    assert (first["code"], first["reasons"]) == ("errand", ["本社区近期有 2 件用词相近的需求归入此类"])


async def test_suggesting_writes_nothing_but_who_asked(world: World, owner: Database) -> None:
    await suggest(world, "resident1")
    async with owner.transaction(world.district_id) as session:
        count = select(func.count()).select_from(Need).where(Need.district_id == world.district_id)
        assert (await session.execute(count)).scalar_one() == 0
    assert (await world.call("auditor", "POST", "/v1/needs/suggest", json={})).status_code in {403, 422}


@pytest.mark.parametrize(
    ("privacy", "who", "sees"),
    [
        ("handlers", "resident2", False),
        ("community", "resident2", True),
        ("public", "resident2", True),
        ("community", "sibling_grid", False),
        ("public", "sibling_grid", True),
        ("handlers", "grid", True),
        ("handlers", "resident1", True),
    ],
)
async def test_of_others_needs_only_what_they_opened(world: World, privacy: str, who: str, sees: bool) -> None:
    title = "测试resident1说3号楼2单元501楼道灯不亮，电话13812345678"
    need = await submitted(world, **LAMP | {"title": title, "privacy": privacy})
    near = (await suggest(world, who, title="楼道灯不亮", details="测试说楼道灯不亮"))["near"]
    assert bool(near) is sees
    if sees and who in {"grid", "resident1"}:
        assert (near[0]["need_id"], near[0]["title"]) == (need["id"], title)
    elif sees:
        assert near[0]["need_id"] is None
        assert not [word for word in ("测试resident1", "501", "138", "3号楼") if word in near[0]["title"]]
        assert near[0]["place_name"] == "测试grid"
        assert set(near[0]) == {
            *("need_id", "title", "state", "category", "place_name", "asked_at", "score", "parts", "reasons")
        }


async def test_a_client_sees_only_what_it_sent(world: World) -> None:
    await submitted(world, **LAMP | {"privacy": "public"})
    system = await connected(world, scopes=["needs:suggest"])
    form = {"title": "楼道灯不亮", "place_id": str(world.places["home1"])}
    assert (await system.ok("POST", "/v1/needs/suggest", json=form))["near"] == []


async def test_a_pair_is_on_the_worklist_until_it_is_dismissed_or_merged(world: World, owner: Database) -> None:
    one = await submitted(world, **LAMP)
    two = await submitted(world, "resident2", **LAMP | {"title": "楼道灯不亮了"})
    three = await submitted(world, "resident2", title="想请人理发", details="行动不便", category=None)
    assert await duplicates(world, one) == [two["id"]]
    assert await worklist(world) == [(two["id"], [one["id"]])]
    assert await worklist(world, place_id=str(world.places["compound"])) == [(two["id"], [one["id"]])]
    assert await worklist(world, "sibling_grid") == []
    assert (await world.call("resident1", "GET", "/v1/need-duplicates")).status_code == 403
    assert await duplicates(world, three) == []
    path = f"/v1/needs/{one['id']}/dismiss-duplicate"
    form = {"other_id": two["id"]}
    assert (await world.call("sibling_grid", "POST", path, json=form)).status_code == 404
    assert (await world.call("resident1", "POST", path, json=form)).status_code == 403
    assert (await world.call("grid", "POST", path, json={"other_id": one["id"]})).status_code == 422
    await world.ok("grid", "POST", path, json=form)
    assert (await world.call("community", "POST", path, json=form)).status_code == 409
    assert (await duplicates(world, one), await duplicates(world, two), await worklist(world)) == ([], [], [])
    async with owner.transaction(world.district_id) as session:
        said = select(DuplicateDismissal.dismissed_by).where(DuplicateDismissal.district_id == world.district_id)
        assert (await session.scalars(said)).all() == [world.people["grid"]]


async def test_a_dismissal_can_be_taken_back(world: World, owner: Database) -> None:
    """From either of the two, by whoever may dismiss; then the pair is shown as before."""
    one, two = await submitted(world, **LAMP), await submitted(world, "resident2", **LAMP | {"title": "楼道灯不亮了"})
    path, form = f"/v1/needs/{two['id']}/restore-duplicate", {"other_id": one["id"]}
    assert (await world.call("grid", "POST", path, json=form)).status_code == 409, "nobody has dismissed it"
    await world.ok("grid", "POST", f"/v1/needs/{one['id']}/dismiss-duplicate", json={"other_id": two["id"]})
    assert (await duplicates(world, one), await duplicates(world, one, dismissed="true")) == ([], [two["id"]])
    for who, status in (("sibling_grid", 404), ("resident2", 403), ("subdistrict", 403)):
        assert (await world.call(who, "POST", path, json=form)).status_code == status, who
    assert (await world.call("grid", "POST", path, json={"other_id": two["id"]})).status_code == 422
    codes = await asyncio.gather(*(world.call(who, "POST", path, json=form) for who in ("grid", "community")))
    assert sorted(answer.status_code for answer in codes) == [200, 409]
    assert (await duplicates(world, one), await duplicates(world, one, dismissed="true")) == ([two["id"]], [])
    assert await worklist(world) == [(two["id"], [one["id"]])]
    await world.ok("grid", "POST", f"/v1/needs/{two['id']}/dismiss-duplicate", json=form)
    async with owner.transaction(world.district_id) as session:
        ours = (Event.aggregate_id.in_([one["id"], two["id"]]), Event.action.contains("duplicate"))
        said = select(Event.action).where(*ours).order_by(Event.id)
        assert (await session.scalars(said)).all() == ["dismiss_duplicate", "restore_duplicate", "dismiss_duplicate"]


async def test_the_worklist_is_paged(world: World) -> None:
    needs = [await submitted(world, **LAMP | {"title": f"楼道灯不亮{i}"}) for i in range(4)]
    seen, query = [], {"limit": 1}
    while True:
        page = await world.ok("community", "GET", "/v1/need-duplicates", params=query)
        seen += [item["need_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {"limit": 1, "cursor": page["next_cursor"]}
    assert seen == [need["id"] for need in reversed(needs[1:])]


async def told(world: World, app: FastAPI, who: str) -> list[str]:
    await relay.relay_district(app.state.database, world.district_id)
    page = await world.ok(who, "GET", "/v1/notices", params={"limit": 100})
    return [notice["text"] for notice in page["items"]]


async def merge(world: World, need: Any, into: Any) -> None:
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/merge", json={"into_id": into["id"]})


async def test_everybody_is_told_through_chains_of_merges(world: World, app: FastAPI) -> None:
    """volunteer1's need into resident2's, that into resident1's; asked on behalf by the grid worker as well."""
    proxy = {"asker_id": str(world.people["volunteer1"])}
    first = await submitted(world, "grid", **LAMP | proxy)
    second = await submitted(world, "resident2", **LAMP)
    master = await submitted(world, "resident1", category="property.lighting")
    await merge(world, first, second)
    merged = "您的需求：并单。已与同一事项合并办理，之后的进展会继续通知您"
    assert merged in await told(world, app, "volunteer1")
    assert merged in await told(world, app, "grid")
    await merge(world, second, master)
    assert merged in await told(world, app, "resident2")
    assert (await told(world, app, "volunteer1")).count(merged) == 2
    await world.ok("community", "POST", f"/v1/needs/{master['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, master)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    for who in ("resident1", "resident2", "volunteer1", "grid"):
        assert "您的需求：已有人接单" in await told(world, app, who), who
    read = await world.ok("volunteer1", "GET", f"/v1/needs/{first['id']}")
    assert read["progress"] == "已与同一事项合并办理：志愿者已接单"
    await world.ok("community", "POST", f"/v1/needs/{second['id']}/unmerge", json={})
    for who in ("resident2", "volunteer1", "grid"):
        assert any("撤销并单" in text for text in await told(world, app, who)), who
    apart = await world.ok("volunteer1", "GET", f"/v1/needs/{first['id']}")
    assert apart["progress"] == "已与同一事项合并办理：已提交，等待社区受理"
    before = await told(world, app, "volunteer1")
    await act(world, "member1", order, "start", position=AT_HOME)
    assert "您的需求：服务已开始" in await told(world, app, "resident1")
    assert await told(world, app, "volunteer1") == before, "the master is no longer theirs"


async def test_progress_tells_the_next_thing(world: World) -> None:
    need = await submitted(world)
    assert need["progress"] == "已提交，等待社区受理"
    need = await accepted_need(world)
    assert need["progress"] == "已受理，等待网格员派单"
    await act(world, "grid", await only_order(world, need), "publish")
    page = await world.ok("resident1", "GET", "/v1/needs")
    assert [item["progress"] for item in page["items"]] == ["已受理，正在等党员和志愿者接单", "已提交，等待社区受理"]


async def test_the_worklist_goes_on_behind_what_one_page_looks_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks at a bounded number of needs: what is older stands on the next."""
    monkeypatch.setattr(need_duplicates, "_ANCHORS", 2)
    old = [await submitted(world, **LAMP) for _ in range(2)]
    for title in ("想请人理发", "学写毛笔字"):
        await submitted(world, title=title, details=title, category=None)
    first = await world.ok("grid", "GET", "/v1/need-duplicates")
    assert first["items"] == []
    assert await worklist(world, cursor=first["next_cursor"]) == [(old[1]["id"], [old[0]["id"]])]
