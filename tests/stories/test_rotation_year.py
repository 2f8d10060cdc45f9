"""A year of the joint committee: drawn, exchanged, met, claimed, done, reported, and what stands in the record."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.db import Database
from tests.routers.rotating import DECEMBER, liaison_of, on, published, seat_units, travel, turns_of
from tests.stories.steps import act, only_order, submitted
from tests.stories.test_rights import told
from tests.worlds import World


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


async def checklist(world: World, turn: Any) -> dict[str, tuple[bool, bool]]:
    steps = await world.ok("community", "GET", f"/v1/duty-turns/{turn['id']}/checklist")
    return {step["step"]: (step["done"], step["overdue"]) for step in steps}


async def meet(world: World, app: FastAPI, owner: Database, clock: Any, turn: Any, units: list[str]) -> Any:
    """Called, held a week later, minuted by the unit on duty, sealed by the community."""
    who, today = liaison_of(world, turn), date.fromisoformat(turn["starts_on"]) + timedelta(days=4)
    form = {
        "turn_id": turn["id"],
        "title": "大党委联席会议",
        "starts_at": on(today + timedelta(days=2)).isoformat(),
        "venue": "党群服务中心二楼",
        "agenda": ["通报需求清单", "认领服务事项"],
    }
    early = await world.call(who, "POST", "/v1/joint-meetings", json=form)
    assert early.status_code == 422, "too soon for notice"
    form["starts_at"] = on(today + timedelta(days=7)).isoformat()
    meeting = await world.ok(who, "POST", "/v1/joint-meetings", json=form)
    assert any("联席会议" in words for words in await told(world, app, liaison_of(world, turn))) is False
    path = f"/v1/joint-meetings/{meeting['id']}"
    minutes = {
        "attendances": [{"organization_id": str(world.units[unit])} for unit in units],
        "minutes": "通报需求一件，现场认领。",
        "decisions": [{"what": "加装扶手", "organization_id": str(world.units["unit2"]), "due_on": "2027-02-01"}],
    }
    assert (await world.call(who, "POST", f"{path}/minute", json=minutes)).status_code == 409, "not held yet"
    await travel(clock, app, owner, world, today + timedelta(days=8))
    held = await world.ok(who, "POST", f"{path}/minute", json=minutes)
    assert (held["quorate"], len(held["attendances"])) == (2 * len(units) > held["members"], len(units))
    sealed = await world.ok("community", "POST", f"{path}/seal", json={})
    assert len(sealed["digest"]) == 64
    assert (await world.call(who, "POST", f"{path}/minute", json=minutes)).status_code == 409
    added = await world.ok(who, "POST", f"{path}/add", json={"words": "更正：扶手为二号楼"})
    assert [(one["words"], added["minutes"]) for one in added["additions"]] == [
        ("更正：扶手为二号楼", sealed["minutes"])
    ]
    return sealed


async def claimed(world: World, turn: Any) -> Any:
    """A need is listed, two units claim it, the first withdraws, the second leads and gets the order."""
    need = await submitted(world, category="environment")
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    form = {"turn_id": turn["id"], "need_id": need["id"], "title": "清理楼道", "most_units": 2}
    hidden = await world.call(liaison_of(world, turn), "POST", "/v1/claim-items", json=form)
    assert hidden.status_code == 404, "the unit lists what it may see"
    item = await world.ok("community", "POST", "/v1/claim-items", json=form)
    first, second, third = ["unit4", "unit2", "unit3"]
    claims = [
        await world.ok(unit, "POST", "/v1/service-claims", json={"item_id": item["id"]}) for unit in (first, second)
    ]
    assert [claim["leads"] for claim in claims] == [True, False]
    full = await world.call(third, "POST", "/v1/service-claims", json={"item_id": item["id"]})
    assert full.status_code == 409
    assert (
        await world.call(second, "POST", f"/v1/service-claims/{claims[0]['id']}/withdraw", json={})
    ).status_code == 403
    await world.ok(first, "POST", f"/v1/service-claims/{claims[0]['id']}/withdraw", json={})
    done = await world.ok("community", "POST", f"/v1/claim-items/{item['id']}/confirm", json={})
    assert [(one["organization_id"], one["leads"]) for one in done["claims"]] == [(str(world.units[second]), True)]
    order = await only_order(world, need)
    assert (order["id"], order["state"]) == (done["order_id"], "accepted")
    late = await world.call(second, "POST", f"/v1/service-claims/{claims[1]['id']}/withdraw", json={})
    assert late.status_code == 409
    return order


async def test_a_year(world: World, app: FastAPI, owner: Database, december: Any) -> None:
    units = await seat_units(app, owner, world, 7)
    turns = await published(december, world)
    pair = {"turn_id": turns[1]["id"], "other_turn_id": turns[2]["id"]}
    asked = await world.ok(liaison_of(world, turns[1]), "POST", "/v1/duty-exchanges", json=pair)
    await world.ok(liaison_of(world, turns[2]), "POST", f"/v1/duty-exchanges/{asked['id']}/agree", json={})
    await travel(december, app, owner, world, date(2026, 12, 20))
    assert (await turns_of(world))[1]["organization_id"] == turns[2]["organization_id"]
    turn = turns[0]
    await travel(december, app, owner, world, date(2027, 1, 5))
    assert set((await checklist(world, turn)).values()) == {(False, False)}
    await meet(world, app, owner, december, turn, units[:4])
    order = await claimed(world, turn)
    await act(world, "unit2", order, "start")
    await act(world, "unit2", order, "report", result="楼道已清理")
    await act(world, "resident1", order, "confirm", rating=5)
    await travel(december, app, owner, world, date(2027, 3, 1))
    who = liaison_of(world, turn)
    await world.ok(who, "POST", f"/v1/duty-turns/{turn['id']}/report", json={"words": "开会一次，认领一件，已办结。"})
    await world.ok("community", "POST", f"/v1/duty-turns/{turn['id']}/close", json={})
    assert set((await checklist(world, turn)).values()) == {(True, False)}
    await check_records(world, turn)


async def check_records(world: World, turn: Any) -> None:
    found = await world.ok("community", "GET", "/v1/duty-records", params={"year": 2027, "limit": 100})
    records = {record["organization_id"]: record for record in found["items"]}
    mine, done = records[turn["organization_id"]], records[str(world.units["unit2"])]
    assert (mine["turns"], mine["meetings_convened"]) == (1, 1)
    assert (done["claims_confirmed"], done["orders_done"], done["ratings"], done["rating"]) == (1, 1, 1, 5)
    assert sum(record["meetings_attended"] for record in records.values()) == 4
    assert sum(record["turns"] for record in records.values()) == 6
    one = await world.ok("auditor", "GET", f"/v1/duty-records/{done['id']}", params={"year": 2026})
    assert (one["orders_done"], one["claims"], one["rating"]) == (0, 0, None)


async def test_what_is_not_done_climbs_each_told_once(
    world: World, app: FastAPI, owner: Database, december: Any
) -> None:
    await seat_units(app, owner, world, 7)
    turn = (await published(december, world))[0]
    day = date(2027, 1, 1)
    while day < date(2027, 4, 1):
        await travel(december, app, owner, world, day)
        day += timedelta(days=1)
    late = {name: overdue for name, (_, overdue) in (await checklist(world, turn)).items()}
    assert set(late.values()) == {True}
    unit, community = await told(world, app, liaison_of(world, turn)), await told(world, app, "community")
    street = await told(world, app, "subdistrict")
    for name in ("发出联席会议通知", "召开联席会议并记录", "组织成员单位认领服务事项", "提交轮值报告"):
        assert [words.split("：")[0] for words in unit if name in words and "：" in words] == ["轮值逾期", "轮值提醒"]
    assert len([words for words in street if words.startswith("社区轮值逾期")]) >= 3
    assert all(len(set(said)) == len(said) for said in ([w for w in unit if "轮值提醒" in w], street))
    assert [words for words in community if "轮值单位逾期" in words]
