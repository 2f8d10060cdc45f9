"""Steps of stories about projects."""

from datetime import timedelta
from typing import Any

import httpx

from app.core.clock import now
from tests.worlds import World


def form(world: World, **more: Any) -> dict[str, Any]:
    today = now().date()
    return {
        "title": "楼道照明改造",
        "aims": "更换六个单元的楼道灯",
        "kind": "practical",
        "link": "services",
        "place_id": str(world.places["community"]),
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=60)).isoformat(),
    } | more


async def proposed(world: World, who: str = "community", **more: Any) -> Any:
    return await world.ok(who, "POST", "/v1/projects", json=form(world, **more))


async def go(world: World, who: str, project: Any, action: str, **said: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/projects/{project['id']}/{action}", json=said)


async def try_to(world: World, who: str, project: Any, action: str, **said: Any) -> httpx.Response:
    return await world.call(who, "POST", f"/v1/projects/{project['id']}/{action}", json=said)


async def seen(world: World, who: str, project: Any) -> Any:
    return await world.ok(who, "GET", f"/v1/projects/{project['id']}")


async def running(world: World, **more: Any) -> Any:
    """Proposed and listed by the community, led by the liaison's unit, supported by the social organization, begun."""
    project = await proposed(world, **more)
    await go(world, "subdistrict", project, "publish")
    await go(world, "liaison", project, "claim", part="lead")
    await go(world, "manager", project, "claim", part="support")
    return await go(world, "community", project, "start")


async def delivered(world: World, **more: Any) -> Any:
    project = await running(world, **more)
    return await deliver(world, project)


async def deliver(world: World, project: Any) -> Any:
    evidence = {"photo": "相册一"}
    return await go(world, "liaison", project, "deliver", result="已完成", people_reached=120, evidence=evidence)
