"""What a joint meeting decided that units do: rows once the minutes are sealed, done with a result, told of when they are not."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.db import Database
from tests.routers.rotating import DECEMBER, liaison_of, on, published, seat_units, travel
from tests.routers.test_joint_leaving import leave
from tests.services.histories import broken_histories
from tests.stories.test_rights import told
from tests.worlds import World

DUE = date(2027, 2, 1)
"""A Monday."""


@pytest.fixture(autouse=True)
def december() -> Iterator[Any]:
    with time_machine.travel(DECEMBER) as clock:
        yield clock


@pytest.fixture
async def turn(world: World, app: FastAPI, owner: Database, december: Any) -> Any:
    await seat_units(app, owner, world, 8)
    found = (await published(december, world))[0]
    await travel(december, app, owner, world, date(2027, 1, 5))
    return found


async def decided(world: World, app: FastAPI, owner: Database, clock: Any, turn: Any, *said: dict[str, Any]) -> Any:
    """A meeting that was held on 12 January, sealed on the day after."""
    who = liaison_of(world, turn)
    form = {"turn_id": turn["id"], "title": "联席会议", "venue": "二楼", "agenda": ["通报"]}
    meeting = await world.ok(
        who, "POST", "/v1/joint-meetings", json=form | {"starts_at": on(date(2027, 1, 12)).isoformat()}
    )
    await travel(clock, app, owner, world, date(2027, 1, 13))
    minutes = {"attendances": [], "minutes": "议定三件", "decisions": list(said)}
    await world.ok(who, "POST", f"/v1/joint-meetings/{meeting['id']}/minute", json=minutes)
    assert (await found(world, meeting_id=meeting["id"])) == [], "nothing is decided before the community has sealed it"
    return await world.ok("community", "POST", f"/v1/joint-meetings/{meeting['id']}/seal", json={})


async def found(world: World, who: str = "community", **asked: Any) -> list[Any]:
    rows: list[Any] = (await world.ok(who, "GET", "/v1/meeting-decisions", params=asked))["items"]
    return rows


def of(world: World, unit: str, due: date | None = DUE, what: str = "加装扶手") -> dict[str, Any]:
    return {"what": what, "organization_id": str(world.units[unit]), "due_on": due.isoformat() if due else None}


async def go(world: World, who: str, row: Any, action: str, **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/meeting-decisions/{row['id']}/{action}", json=form)


async def test_what_a_unit_does_is_done_with_a_result(
    world: World, app: FastAPI, owner: Database, december: Any, turn: Any
) -> None:
    said = ({"what": "同意年度计划"}, of(world, "unit2"), of(world, "unit3", None, "整理车棚"))
    meeting = await decided(world, app, owner, december, turn, *said)
    second, first = await found(world, meeting_id=meeting["id"])
    assert [(one["number"], one["what"], one["due_on"]) for one in (first, second)] == [
        (2, "加装扶手", "2027-02-01"),
        (3, "整理车棚", None),
    ]
    assert "联席会议决定由本单位办理一件事项，请查看" in await told(world, app, "unit2")
    assert [one["id"] for one in await found(world, "unit2", organization_id=str(world.units["unit2"]))] == [
        first["id"]
    ]
    done = await go(world, "unit2", first, "complete", result="扶手已装好")
    assert (done["state"], done["result"], done["overdue"]) == ("done", "扶手已装好", False)
    assert "联席会议的一件决定事项已办结，请查看结果" in await told(world, app, "community")
    again = await go(world, "community", first, "reopen", words="还差一层")
    assert (again["state"], again["words"], again["done_at"]) == ("open", "还差一层", None)
    assert "本单位办理的联席会议决定事项被退回，请查看理由" in await told(world, app, "unit2")
    await go(world, "unit2", first, "complete", result="四层都装好了")
    dropped = await go(world, "community", second, "drop", words="车棚已拆")
    assert dropped["state"] == "dropped"
    assert await broken_histories(owner, world.district_id) == []


async def test_who_may_do_what(world: World, app: FastAPI, owner: Database, december: Any, turn: Any) -> None:
    await decided(world, app, owner, december, turn, of(world, "unit2"))
    (row,) = await found(world)
    path = f"/v1/meeting-decisions/{row['id']}"
    for who, code in (("unit3", 403), ("community", 403), ("resident1", 404)):
        assert (await world.call(who, "POST", f"{path}/complete", json={"result": "好了"})).status_code == code, who
    assert (await world.call("unit2", "POST", f"{path}/drop", json={"words": "不办"})).status_code == 403
    assert (await world.call("resident1", "GET", path)).status_code == 404
    blank = await world.call("unit2", "POST", f"{path}/complete", json={"result": " "})
    assert blank.status_code == 422


async def test_what_is_late_is_told_ahead_and_then_climbs(
    world: World, app: FastAPI, owner: Database, december: Any, turn: Any
) -> None:
    await decided(world, app, owner, december, turn, of(world, "unit2"), of(world, "unit3", None))
    (_, row) = await found(world)
    day = date(2027, 1, 14)
    seen: dict[tuple[str, str], date] = {}
    while day < date(2027, 2, 24):
        await travel(december, app, owner, world, day)
        for who in ("unit2", "community", "subdistrict"):
            for words in await told(world, app, who):
                if "决定事项" in words and "2027-02-01" in words:
                    seen.setdefault((who, words), day)
        day += timedelta(days=1)
    prompt, late = "联席会议决定事项提醒：须于 2027-02-01 前办结", "联席会议决定事项逾期：应于 2027-02-01 前办结"
    assert seen[("unit2", prompt)] < DUE < seen[("unit2", late)]
    climbed = "成员单位逾期：联席会议决定事项应于 2027-02-01 前办结"
    street = "社区联席会议决定事项逾期：应于 2027-02-01 前办结"
    assert seen[("unit2", late)] < seen[("community", climbed)] < seen[("subdistrict", street)]
    assert len(seen) == 4, "nobody else, and nothing twice"
    (shown,) = await found(world, overdue="true")
    assert (shown["id"], shown["overdue"]) == (row["id"], True)


async def test_another_unit_or_day_begins_the_prompts_anew(
    world: World, app: FastAPI, owner: Database, december: Any, turn: Any
) -> None:
    await decided(world, app, owner, december, turn, of(world, "unit2"))
    (row,) = await found(world)
    await travel(december, app, owner, world, date(2027, 2, 10))
    path = f"/v1/meeting-decisions/{row['id']}/reassign"
    for wrong in (
        {},
        {"due_on": "2027-02-01"},
        {"due_on": "2027-02-09"},
        {"organization_id": str(world.units["society"])},
    ):
        answer = await world.call("community", "POST", path, json=wrong | {"words": "改派"})
        assert answer.status_code == 422, wrong
    form = {"organization_id": str(world.units["unit3"]), "due_on": "2027-02-12", "words": "原单位迁走"}
    moved = await go(world, "community", row, "reassign", **form)
    assert (moved["organization_id"], moved["due_on"], moved["overdue"]) == (
        form["organization_id"],
        "2027-02-12",
        False,
    )
    assert "联席会议决定由本单位办理一件事项，请查看" in await told(world, app, "unit3")
    await travel(december, app, owner, world, date(2027, 2, 11))
    assert "联席会议决定事项提醒：须于 2027-02-12 前办结" in await told(world, app, "unit3")
    assert (
        await world.call("unit2", "POST", path.replace("reassign", "complete"), json={"result": "好"})
    ).status_code == 403
    await go(world, "unit3", row, "complete", result="已装好")


async def test_the_record_counts_them(world: World, app: FastAPI, owner: Database, december: Any, turn: Any) -> None:
    said = (of(world, "unit2"), of(world, "unit2", date(2027, 1, 20)), of(world, "unit2", None), of(world, "unit3"))
    await decided(world, app, owner, december, turn, *said)
    other, undated, late, early = await found(world)
    await go(world, "unit2", early, "complete", result="已办")
    await go(world, "community", other, "drop", words="不需要了")
    await travel(december, app, owner, world, date(2027, 1, 25))
    await go(world, "unit2", undated, "complete", result="已办")

    async def record(unit: str, year: int = 2027) -> Any:
        rows = await world.ok("community", "GET", "/v1/duty-records", params={"year": year, "limit": 100})
        one = next(row for row in rows["items"] if row["organization_id"] == str(world.units[unit]))
        return one["decisions"], one["decisions_done"], one["decisions_late"]

    assert await record("unit2") == (3, 2, 1)
    await go(world, "unit2", late, "complete", result="晚了几天")
    assert await record("unit2") == (3, 3, 1), "done late stays late"
    assert await record("unit3") == (0, 0, 0), "what was dropped does not count"
    assert await record("unit2", 2026) == (0, 0, 0)


async def test_the_community_gives_on_what_a_unit_that_left_was_to_do(
    world: World, app: FastAPI, owner: Database, december: Any, turn: Any
) -> None:
    await decided(world, app, owner, december, turn, of(world, "unit8"))
    (row,) = await found(world)
    assert await leave(world, "unit8") == 200
    assert "退出的成员单位还有未办结的联席会议决定事项，请改派" in await told(world, app, "community")
    await go(world, "community", row, "reassign", organization_id=str(world.units["unit3"]), words="原单位退出")
