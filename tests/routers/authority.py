"""Giving and taking roles, for tests."""

from datetime import datetime, timedelta
from typing import Any

from app.core.db import Database
from tests.worlds import World

HOUR = timedelta(hours=1)


def form(world: World, person: str, role: str, place: str, **more: Any) -> dict[str, Any]:
    spans = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in more.items()}
    return {"person_id": str(world.people[person]), "role": role, "place_id": str(world.places[place])} | spans


async def give(world: World, who: str, person: str, role: str, place: str, **more: Any) -> Any:
    return await world.ok(who, "POST", "/v1/grants", json=form(world, person, role, place, **more))


async def refused(world: World, who: str, person: str, role: str, place: str, **more: Any) -> tuple[int, str]:
    answer = await world.call(who, "POST", "/v1/grants", json=form(world, person, role, place, **more))
    assert not answer.is_success, answer.text
    return answer.status_code, answer.json()["code"]


async def revoke(world: World, who: str, grant: Any, status: int = 200) -> Any:
    answer = await world.call(who, "POST", f"/v1/grants/{grant['id']}/revoke", json={"reason": "调离"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def own_grant(world: World, who: str) -> Any:
    """The one role somebody of the world has."""
    (found,) = (await world.ok(who, "GET", "/v1/me"))["grants"]
    return found


async def change(owner: Database, world: World, statement: Any) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(statement)
