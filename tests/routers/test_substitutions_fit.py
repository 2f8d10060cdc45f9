"""A substitute is staff there themselves: when it is arranged, when it begins, and for as long as it lasts."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.models import Event, Grant, Person
from app.workers import relay
from tests.profiles import tag_of
from tests.routers.authority import HOUR, change, give, own_grant, revoke
from tests.routers.test_substitutions import DAY, arrange, plan, refused, stands_in
from tests.worlds import World


async def lent(world: World, made: Any) -> Any:
    (found,) = (await world.ok("security", "GET", f"/v1/substitutions/{made['id']}"))["grants"]
    return found


async def lasts(owner: Database, world: World, who: str, until: datetime) -> None:
    """Their own role ends then."""
    own = (Grant.person_id == world.people[who], Grant.lent_by.is_(None))
    await change(owner, world, update(Grant).where(*own).values(ends_at=until))


async def notices(world: World, who: str) -> list[str]:
    return [notice["text"] for notice in (await world.ok(who, "GET", "/v1/notices"))["items"]]


@pytest.mark.parametrize("who", ["security", "grid"])
async def test_whoever_is_no_longer_staff_keeps_nothing_they_were_lent(
    world: World, owner: Database, app: FastAPI, who: str
) -> None:
    """Dismissed, or having laid it down."""
    own = await own_grant(world, "grid")
    made = await arrange(world, "community", "grid", ends_at=now() + 30 * DAY)
    await give(world, "community", "grid", "resident", "community")
    await revoke(world, who, own)
    assert await stands_in(world, "grid") == {"resident": None}
    assert (await world.call("grid", "GET", "/v1/imports")).status_code == 403
    over = await lent(world, made)
    async with owner.transaction(world.district_id) as session:
        about = (Event.district_id == world.district_id, Event.aggregate == "grant", Event.action == "lapse")
        (event,) = (await session.scalars(select(Event).where(*about))).all()
    assert (str(event.aggregate_id), event.data["lent_by"]) == (over["id"], str(world.people["community"]))
    assert event.actor_id == world.people[who]
    await relay.relay_district(app.state.database, world.district_id)
    told = "“社区管理员”的代理已结束：代理人已不是同一辖区、同一单位的工作人员"
    assert (await notices(world, "community")).count(told) == 1
    assert (await notices(world, "grid")).count(told) == (who != "grid"), "not news to whoever did it"


async def test_dismissed_while_it_is_arranged_they_keep_nothing_either(world: World) -> None:
    own = await own_grant(world, "grid")
    plans = [plan(world, "grid", starts_at=now() + n * DAY, ends_at=now() + (n + 1) * DAY) for n in range(1, 7)]
    arranging = [world.call("community", "POST", "/v1/substitutions", json=one) for one in plans]
    answers = await asyncio.gather(*arranging[:3], revoke(world, "security", own), *arranging[3:])
    assert {answer.status_code for answer in answers if isinstance(answer, httpx.Response)} <= {201, 404}
    held = await world.ok("security", "GET", "/v1/grants", params={"person_id": str(world.people["grid"])})
    assert all(grant["revoked_at"] for grant in held["items"])


async def test_what_was_planned_is_not_held_later(world: World) -> None:
    own = await own_grant(world, "grid")
    made = await arrange(world, "community", "grid", starts_at=now() + DAY, ends_at=now() + 2 * DAY)
    await revoke(world, "community", own)
    over = await lent(world, made)
    assert over["starts_at"] == over["ends_at"]


async def test_other_roles_of_their_own_may_do(world: World) -> None:
    own = await own_grant(world, "grid")
    await arrange(world, "community", "grid")
    colleague = await give(world, "community", "grid", "unit_liaison", "community")
    helper = await give(world, "community", "grid", "volunteer", "community")
    await revoke(world, "community", own)
    assert set(await stands_in(world, "grid")) == {"community_admin", "unit_liaison", "volunteer"}
    await revoke(world, "community", colleague)
    assert set(await stands_in(world, "grid")) == {"volunteer"}, "helping is nobody's work"
    await revoke(world, "community", helper)


async def test_those_elsewhere_do_not(world: World) -> None:
    own = await own_grant(world, "grid")
    await arrange(world, "community", "grid")
    await give(world, "security", "grid", "grid_worker", "sibling_grid")
    await revoke(world, "community", own)
    assert await stands_in(world, "grid") == {"grid_worker": None}


async def test_what_is_left_is_no_longer_than_the_role_that_is_left(world: World, app: FastAPI) -> None:
    own = await own_grant(world, "grid")
    made = await arrange(world, "community", "grid", ends_at=now() + 30 * DAY)
    left = await give(world, "community", "grid", "unit_liaison", "community", ends_at=now() + DAY)
    await revoke(world, "community", own)
    assert (await lent(world, made))["ends_at"] == left["ends_at"]
    await relay.relay_district(app.state.database, world.district_id)
    for who in ("grid", "community"):
        told = (await notices(world, who)).count("“社区管理员”的代理期限已缩短：不长于代理人自己的任期")
        assert told == (who != "community"), "whoever took it away knows"


async def test_losing_what_was_lent_ends_nothing_else(world: World) -> None:
    own = await own_grant(world, "subdistrict")
    first = await arrange(world, "community", "grid")
    await arrange(world, "subdistrict", "grid")
    await revoke(world, "subdistrict", (await lent(world, first)))
    assert set(await stands_in(world, "grid")) == {"grid_worker", "subdistrict_admin"}
    await revoke(world, "security", own)
    assert set(await stands_in(world, "grid")) == {"grid_worker"}


async def test_it_lasts_no_longer_than_the_substitute_is_staff_there(world: World, owner: Database) -> None:
    until = now() + 2 * HOUR
    await lasts(owner, world, "grid", until)
    made = await arrange(world, "community", "grid")
    assert datetime.fromisoformat(made["grants"][0]["ends_at"]) == until < datetime.fromisoformat(made["ends_at"])


async def test_they_are_staff_there_when_it_begins(world: World, owner: Database) -> None:
    await lasts(owner, world, "grid", now() + HOUR)
    later: dict[str, Any] = {"starts_at": now() + 2 * HOUR}
    assert await refused(world, "community", "grid", **later) == (404, "not_found")
    ends_at = now() + 3 * HOUR
    await give(world, "community", "grid", "grid_worker", "grid", starts_at=now() + HOUR, ends_at=ends_at)
    made = await arrange(world, "community", "grid", **later)
    assert datetime.fromisoformat(made["grants"][0]["ends_at"]) == ends_at
    await give(world, "community", "nobody", "grid_worker", "grid", starts_at=now() + HOUR)
    assert await refused(
        world, "district", "nobody", "community", starts_at=made["ends_at"], ends_at=now() + 2 * DAY
    ) == (
        404,
        "not_found",
    ), "not yet"


@pytest.mark.parametrize("mover", ["manager", "liaison"])
async def test_a_change_of_unit_ends_what_was_lent_for_it(world: World, owner: Database, mover: str) -> None:
    same = update(Person).where(Person.id == world.people["manager"])
    await change(owner, world, same.values(organization_id=world.units["unit"]))
    made = await arrange(world, "liaison", "manager")
    path = f"/v1/people/{world.people[mover]}"
    moved = {"organization_id": str(world.units["society"])}
    await world.ok("community", "PATCH", path, json=moved, headers=await tag_of(world, "community", path))
    assert datetime.fromisoformat((await lent(world, made))["ends_at"]) <= now()
    assert await stands_in(world, "manager") == {"social_org_manager": None}
