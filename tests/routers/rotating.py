"""A joint committee and its year, for tests: units with their liaisons, and a clock that is moved by days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import CHINA
from app.core.db import Database
from app.domain.people import Role
from app.models import SignIn
from app.workers import clocks, relay
from tests import worlds
from tests.services.committee import put_member
from tests.worlds import World

DECEMBER = datetime(2026, 12, 10, 9, tzinfo=CHINA)
"""A Thursday."""


def on(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), CHINA)


async def seat_units(app: FastAPI, owner: Database, world: World, count: int) -> list[str]:
    """So many member units, each with a liaison of the same name; the world's three and others."""
    names = ["unit"]
    async with owner.transaction(world.district_id) as session:
        await put_member(session, world, "unit")
        for number in range(2, count + 1):
            name = f"unit{number}"
            row = worlds.unit_row(world, name, "work_unit")
            session.add(row)
            await session.flush()
            person = worlds.person_row(world, app.state.sealer, name, "home1", name)
            session.add(person)
            await session.flush()
            session.add(worlds.account_row(world, name))
            await session.flush()
            session.add_all(
                [
                    worlds.sign_in_row(world, name),
                    worlds.grant_row(world, name, Role.UNIT_LIAISON, "community"),
                ]
            )
            await session.flush()
            await put_member(session, world, name)
            names.append(name)
    return names


async def renew(owner: Database, world: World, moment: datetime) -> None:
    """Everybody stays signed in, however long it takes."""
    async with owner.transaction(world.district_id) as session:
        mine = update(SignIn).where(SignIn.district_id == world.district_id)
        await session.execute(mine.values(expires_at=moment + timedelta(days=2)))


async def travel(clock: Any, app: FastAPI, owner: Database, world: World, day: date) -> None:
    """Go to a day and let the clocks run, twice: what ends makes room for what begins."""
    clock.move_to(on(day))
    await renew(owner, world, on(day))
    for _ in range(2):
        await clocks.tick(app.state.database, world.district_id)
    await relay.relay_district(app.state.database, world.district_id)


def freezing(world: World, **more: Any) -> dict[str, Any]:
    form = {
        "community_id": str(world.places["community"]),
        "year": 2027,
        "source": "中国福利彩票双色球第2026143期开奖号码",
        "source_on": "2026-12-11",
    }
    return form | more


async def drawn(clock: Any, world: World, **more: Any) -> Any:
    """Frozen today, revealed tomorrow."""
    draw = await world.ok("community", "POST", "/v1/duty-draws", json=freezing(world, **more))
    clock.move_to(on(date.fromisoformat(draw["source_on"])))
    return await world.ok("community", "POST", f"/v1/duty-draws/{draw['id']}/reveal", json={"word": "03 08+07"})


async def published(clock: Any, world: World) -> list[Any]:
    """The six turns."""
    draw = await drawn(clock, world)
    await world.ok("community", "POST", f"/v1/duty-draws/{draw['id']}/publish", json={})
    return await turns_of(world)


async def turns_of(world: World, year: int = 2027) -> list[Any]:
    found: list[Any] = (await world.ok("resident1", "GET", f"/v1/duty-turns?year={year}"))["items"]
    return found


def liaison_of(world: World, turn: Any) -> str:
    """Who speaks for the unit of a turn."""
    names = {str(unit): name for name, unit in world.units.items()}
    name = names[turn["organization_id"]]
    return "liaison" if name == "unit" else name
