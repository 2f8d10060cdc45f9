"""The usual first steps with activities."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import time_machine

from app.core.clock import now
from tests.worlds import World

PARTICIPANTS = {"name": "参加者", "kind": "participant", "places": 2}
HELPERS = {"name": "志愿者", "kind": "helper", "places": 1}


async def drafted(world: World, who: str = "community", *, days: float = 3, **more: Any) -> Any:
    """An activity at the compound, two hours long, with places for two participants and one helper."""
    begins = now().replace(microsecond=0) + timedelta(days=days)
    form = {
        "title": "书法课",
        "category": "culture",
        "place_id": str(world.places["compound"]),
        "venue": "二楼教室",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
        "roles": [PARTICIPANTS, HELPERS],
    }
    return await world.ok(who, "POST", "/v1/activities", json=form | more)


async def opened(world: World, who: str = "community", **more: Any) -> Any:
    return await step(world, "community", await drafted(world, who, **more), "publish")


async def step(world: World, who: str, activity: Any, action: str, **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/activities/{activity['id']}/{action}", json=form)


def role_of(activity: Any, kind: str = "participant") -> str:
    return str(next(role["id"] for role in activity["roles"] if role["kind"] == kind))


async def try_sign_up(world: World, who: str, activity: Any, kind: str = "participant", **more: Any) -> Any:
    form = {"activity_id": activity["id"], "role_id": role_of(activity, kind)}
    return await world.call(who, "POST", "/v1/sign-ups", json=form | more)


async def signed_up(world: World, who: str, activity: Any, kind: str = "participant", **more: Any) -> Any:
    answer = await try_sign_up(world, who, activity, kind, **more)
    assert answer.is_success, answer.text
    return answer.json()


async def do(world: World, who: str, sign_up: Any, action: str, **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/sign-ups/{sign_up['id']}/{action}", json=form)


async def status_of(world: World, who: str, sign_up: Any, action: str, **form: Any) -> int:
    return int((await world.call(who, "POST", f"/v1/sign-ups/{sign_up['id']}/{action}", json=form)).status_code)


async def again(world: World, sign_up: Any, who: str = "community") -> Any:
    return await world.ok(who, "GET", f"/v1/sign-ups/{sign_up['id']}")


async def read(world: World, activity: Any, who: str = "community") -> Any:
    return await world.ok(who, "GET", f"/v1/activities/{activity['id']}")


def at(moment: datetime) -> AbstractContextManager[Any]:
    """The clock, from this moment on."""
    return time_machine.travel(moment)


def begins(activity: Any) -> datetime:
    return datetime.fromisoformat(activity["starts_at"])
