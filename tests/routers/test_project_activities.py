"""Activities held for a project: who may count one to it, where it shows, and that it is over before the project is delivered."""

import asyncio
from typing import Any

import pytest

from app.core.ids import new_id
from tests.activities import drafted, opened, step
from tests.projects import deliver, go, proposed, running, seen, try_to
from tests.routers.test_activity_series import act, begun, made
from tests.worlds import World

DELIVERY = {"result": "已完成", "people_reached": 12, "evidence": {"photo": "相册一"}}


async def refused(world: World, who: str, project: Any, **more: Any) -> int:
    """With which status an activity for this project is refused."""
    kept = await world.ok("community", "GET", "/v1/activities", params={"project_id": project["id"]})
    form = (await drafted(world)) | {"project_id": project["id"]} | more
    sent = ("title", "category", "place_id", "starts_at", "ends_at", "project_id")
    roles = [{"name": "参加者", "kind": "participant", "places": 2}]
    answer = await world.call(
        who, "POST", "/v1/activities", json={name: form[name] for name in sent} | {"roles": roles}
    )
    again = await world.ok("community", "GET", "/v1/activities", params={"project_id": project["id"]})
    assert again == kept
    return int(answer.status_code)


async def test_the_community_and_the_units_in_it_hold_activities_for_a_project(world: World) -> None:
    project, other = await running(world), await running(world)
    own = [await opened(world, who, project_id=project["id"]) for who in ("community", "liaison", "manager")]
    await drafted(world, "liaison", project_id=project["id"])
    await opened(world, project_id=other["id"])
    await opened(world)
    found = await world.ok("resident1", "GET", "/v1/activities", params={"project_id": project["id"]})
    assert {item["id"] for item in found["items"]} == {activity["id"] for activity in own}
    assert {item["project_id"] for item in found["items"]} == {project["id"]}
    assert (await seen(world, "resident1", project))["activities"] == 3, "drafts are not counted"
    await step(world, "community", own[0], "cancel", reason="大雨")
    assert (await seen(world, "resident1", project))["activities"] == 2
    page = await world.ok("community", "GET", "/v1/projects")
    assert {item["id"]: item["activities"] for item in page["items"]} == {project["id"]: 2, other["id"]: 1}


async def test_nobody_else_does_and_only_in_its_time(world: World, other_world: World) -> None:
    project = await proposed(world)
    assert await refused(world, "liaison", project) == 404, "not listed, and not theirs"
    assert await refused(world, "community", project) == 409
    await go(world, "community", project, "publish")
    assert await refused(world, "liaison", project) == 403, "not in it"
    assert await refused(world, "community", project, place_id=str(world.places["district"])) in {403, 422}
    assert await refused(world, "district", project, place_id=str(world.places["district"])) == 422
    assert await refused(world, "community", {"id": str(new_id())}) == 404
    assert await refused(world, "community", await proposed(other_world)) == 404
    await go(world, "liaison", project, "claim", part="lead")
    await drafted(world, "liaison", project_id=project["id"])
    await go(world, "community", project, "cancel", reason="no_money", words="资金未落实")
    assert await refused(world, "community", project) == 409


@pytest.mark.parametrize("state", ["draft", "proposed", "open", "closed", "held"])
async def test_a_project_is_not_delivered_while_an_activity_is_to_be_held(world: World, state: str) -> None:
    project = await running(world)
    activity = await drafted(world, "liaison", project_id=project["id"], days=0.01)
    steps = {"draft": [], "proposed": ["propose"], "open": ["publish"], "closed": ["publish", "close"]}
    for action in steps.get(state, ["publish", "start"]):
        await step(world, "liaison" if action == "propose" else "community", activity, action)
    answer = await try_to(world, "liaison", project, "deliver", **DELIVERY)
    assert (answer.status_code, answer.json()["activity_ids"]) == (409, [activity["id"]])
    over = ("conclude", {"report": "很好"}) if state == "held" else ("cancel", {"reason": "大雨"})
    await step(world, "community", activity, over[0], **over[1])
    assert (await deliver(world, project))["state"] == "delivered"
    assert await refused(world, "community", project) == 409


async def test_a_series_of_a_project_hands_it_on_and_ends_before_it(world: World) -> None:
    project = await running(world)
    series = await begun(world, project_id=project["id"])
    assert series["project_id"] == project["id"]
    assert {item["project_id"] for item in await made(world, series)} == {project["id"]}
    assert (await seen(world, "community", project))["activities"] == 8
    answer = await try_to(world, "liaison", project, "deliver", **DELIVERY)
    assert (answer.status_code, answer.json()["series_ids"]) == (409, [series["id"]])
    await act(world, "community", series, "end", reason="项目完成")
    assert (await deliver(world, project))["activities"] == 0


async def test_no_activity_slips_past_a_delivery(world: World) -> None:
    for _ in range(4):
        project = await running(world)
        delivery, status = await asyncio.gather(
            try_to(world, "liaison", project, "deliver", **DELIVERY), refused_or_made(world, project)
        )
        assert sorted((delivery.status_code, status)) in ([200, 409], [201, 409])


async def refused_or_made(world: World, project: Any) -> int:
    form = {"title": "书法课", "category": "culture", "place_id": str(world.places["compound"])}
    form |= {"starts_at": "2099-01-01T09:00:00+08:00", "ends_at": "2099-01-01T10:00:00+08:00"}
    roles = [{"name": "参加者", "kind": "participant", "places": 2}]
    more = {"project_id": project["id"], "roles": roles}
    return int((await world.call("community", "POST", "/v1/activities", json=form | more)).status_code)
