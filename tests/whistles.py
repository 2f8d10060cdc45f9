"""The usual first steps with whistles: departments with somebody to act for them, a type, a draft, a whistle that is blown."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain.levels import Level
from app.domain.people import Role
from tests import worlds
from tests.services.rows_whistles import put_type
from tests.worlds import World

WHISTLES, CALLS = "/v1/whistles", "/v1/whistle-calls"


async def seat_departments(app: FastAPI, owner: Database, world: World, *names: str) -> None:
    """A department each, and somebody of the same name who acts for it in the community."""
    async with owner.transaction(world.district_id) as session:
        for name in names:
            await _add(session, worlds.unit_row(world, name, "department"))
            await _add(session, worlds.person_row(world, app.state.sealer, name, "home1", name))
            await _add(session, worlds.account_row(world, name))
            grant = worlds.grant_row(world, name, Role.DEPARTMENT_STAFF, "community")
            await _add(session, worlds.sign_in_row(world, name), grant)


async def seat_admin(app: FastAPI, owner: Database, world: World, who: str, role: Role, at: str) -> None:
    """One more of the leadership."""
    async with owner.transaction(world.district_id) as session:
        await _add(session, worlds.person_row(world, app.state.sealer, who, "home2", None))
        await _add(session, worlds.account_row(world, who))
        await _add(session, worlds.sign_in_row(world, who), worlds.grant_row(world, who, role, at))


async def _add(session: AsyncSession, *rows: Any) -> None:
    session.add_all(rows)
    await session.flush()


async def kind(owner: Database, world: World, level: Level = Level.COMMUNITY) -> str:
    """A type whose limits run by the clock: an hour to sign, four between two rungs."""
    async with owner.transaction(world.district_id) as session:
        return str((await put_type(session, world, level=level)).id)


async def draft(world: World, type_id: str, who: str = "grid", status: int = 201, **more: Any) -> Any:
    units = [str(world.units[name]) for name in more.pop("departments", ["department"])]
    where = {} if "order_id" in more else {"place_id": str(world.places["compound"])}
    form = {"type_id": type_id, "title": "主供水管爆裂", "words": "请到场关阀抢修", "department_ids": units}
    answer = await world.call(who, "POST", WHISTLES, json=form | where | more)
    assert answer.status_code == status, answer.text
    return answer.json()


async def step(world: World, who: str, whistle: Any, action: str, status: int = 200, **form: Any) -> Any:
    answer = await world.call(who, "POST", f"{WHISTLES}/{whistle['id']}/{action}", json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def blown(world: World, owner: Database, *departments: str, **more: Any) -> Any:
    """Drafted by the grid worker, approved by the community, blown."""
    found = await draft(world, await kind(owner, world), departments=departments or ["department"], **more)
    await step(world, "community", found, "approve")
    return await step(world, "grid", found, "blow")


async def calls(world: World, who: str = "community", **asked: Any) -> list[Any]:
    found: list[Any] = (await world.ok(who, "GET", CALLS, params=asked))["items"]
    return found


async def call_of(world: World, whistle: Any, unit: str = "department") -> Any:
    (found,) = await calls(world, whistle_id=whistle["id"], organization_id=str(world.units[unit]))
    return found


async def do(world: World, who: str, call: Any, action: str, status: int = 200, **form: Any) -> Any:
    answer = await world.call(who, "POST", f"{CALLS}/{call['id']}/{action}", json=form)
    assert answer.status_code == status, answer.text
    return answer.json()


async def acted(world: World, who: str, call: Any) -> Any:
    """From the call to its result."""
    await do(world, who, call, "sign")
    await do(world, who, call, "contact", words="半小时内到")
    await do(world, who, call, "report")
    return await do(world, who, call, "act", result="已处置", evidence={"photo": "现场照片一"})
