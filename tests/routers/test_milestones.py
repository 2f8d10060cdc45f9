"""Milestones: who sets and completes them, what the clock says of them, and that nothing is delivered before they are done."""

from datetime import timedelta
from typing import Any

import time_machine
from fastapi import FastAPI

from app.core.clock import now, today
from app.workers import clocks, relay
from tests.profiles import tag_of
from tests.projects import deliver, proposed, running, try_to
from tests.worlds import World

EVIDENCE = {"photo": "相册一"}


def day(ahead: int) -> str:
    return (today() + timedelta(days=ahead)).isoformat()


async def milestone(world: World, project: Any, ahead: int = 10, who: str = "liaison") -> Any:
    form = {"project_id": project["id"], "title": "灯具到货", "due_on": day(ahead)}
    return await world.ok(who, "POST", "/v1/milestones", json=form)


async def act(world: World, who: str, found: Any, action: str, **form: Any) -> int:
    return (await world.call(who, "POST", f"/v1/milestones/{found['id']}/{action}", json=form)).status_code


async def told(world: World, app: FastAPI, who: str) -> list[str]:
    await relay.relay_district(app.state.database, world.district_id)
    page = await world.ok(who, "GET", "/v1/notices", params={"limit": 100})
    return [notice["text"] for notice in page["items"] if "节点" in notice["text"]]


async def tick(world: World, app: FastAPI, ahead: int) -> None:
    with time_machine.travel(now() + timedelta(days=ahead), tick=True):
        await clocks.tick(app.state.database, world.district_id)


async def test_a_milestone_is_done_by_a_unit_of_the_project(world: World) -> None:
    project = await running(world)
    found = await milestone(world, project)
    assert await act(world, "resident1", found, "complete") == 404
    assert await act(world, "department", found, "complete") == 404
    assert await act(world, "auditor", found, "complete") == 403
    assert await act(world, "manager", found, "complete", words="到齐") == 200
    shown = await world.ok("community", "GET", f"/v1/milestones/{found['id']}")
    assert (shown["done_by"], shown["words"]) == (str(world.people["manager"]), "到齐")
    assert await act(world, "liaison", found, "complete") == 409


async def test_nothing_is_delivered_before_its_milestones_are_done(world: World) -> None:
    project = await running(world)
    first, second = await milestone(world, project), await milestone(world, project)
    answer = await try_to(world, "liaison", project, "deliver", result="完", people_reached=1, evidence=EVIDENCE)
    assert answer.status_code == 409
    assert await act(world, "liaison", first, "complete") == 200
    assert await act(world, "liaison", second, "drop", words="不再需要") == 403, "the community says what is dropped"
    assert await act(world, "community", second, "drop", words="不再需要") == 200
    assert (await deliver(world, project))["state"] == "delivered"


async def test_its_units_are_reminded_once_and_told_once_when_it_is_late(world: World, app: FastAPI) -> None:
    found = await milestone(world, await running(world), ahead=10)
    await tick(world, app, 6)
    assert await told(world, app, "liaison") == []
    for _ in range(2):
        await tick(world, app, 7)
    reminder = f"共建项目的一个节点将于{day(10)}到期"
    assert await told(world, app, "liaison") == await told(world, app, "manager") == [reminder]
    assert await told(world, app, "community") == []
    await tick(world, app, 10)
    assert len(await told(world, app, "liaison")) == 1, "its day is not over yet"
    for _ in range(2):
        await tick(world, app, 11)
    alarm = f"共建项目的一个节点已逾期（{day(10)}），请尽快完成"
    assert await told(world, app, "community") == [alarm]
    assert sorted(await told(world, app, "liaison")) == sorted([reminder, alarm])
    late = await world.ok("community", "GET", "/v1/milestones", params={"open": True})
    assert late["items"][0]["overdue_at"] is not None
    path = f"/v1/milestones/{found['id']}"
    moved = {"due_on": day(30)}
    changed = await world.ok("liaison", "PATCH", path, json=moved, headers=await tag_of(world, "liaison", path))
    assert (changed["reminded_at"], changed["overdue_at"]) == (None, None)


async def test_the_clock_leaves_alone_what_is_done_or_not_under_way(world: World, app: FastAPI) -> None:
    done = await milestone(world, await running(world), ahead=1)
    await act(world, "liaison", done, "complete")
    await milestone(world, await proposed(world), ahead=1, who="community")
    await tick(world, app, 20)
    assert await told(world, app, "community") == await told(world, app, "liaison") == []


async def test_milestones_are_listed_by_project_and_standing(world: World) -> None:
    project = await running(world)
    first, second = await milestone(world, project), await milestone(world, project, -3)
    await act(world, "liaison", first, "complete")

    async def listed(who: str, **query: Any) -> list[str]:
        page = await world.ok(who, "GET", "/v1/milestones", params={"project_id": project["id"]} | query)
        return [item["id"] for item in page["items"]]

    assert await listed("manager") == [first["id"], second["id"]]
    assert await listed("community", open=True) == await listed("auditor", overdue=True) == [second["id"]]
    assert await listed("community", open=False) == [first["id"]]
    assert await listed("department") == [], "a unit that is not in it"
