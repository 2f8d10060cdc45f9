"""A substitute for one occurrence, found by the rules of dispatch: asked one after the other, and nobody is told to come."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.models import Person
from app.workers import clocks
from tests import activities
from tests.activities import HELPERS, PARTICIPANTS, again, do, opened, signed_up, status_of
from tests.routers import test_consents as consents
from tests.services.histories import broken_histories
from tests.stories.test_rights import told
from tests.worlds import World

PLUMBERS: dict[str, Any] = {"roles": [PARTICIPANTS, HELPERS | {"skill": "plumbing"}]}
HELPING = ("member1", "member2", "member3", "volunteer1", "volunteer2")


async def asked(world: World, activity: Any) -> list[tuple[str, Any]]:
    """Who is asked to stand in now, with their invitation."""
    query = {"activity_id": activity["id"], "state": "invited"}
    names = {str(person): who for who, person in world.people.items()}
    rows = (await world.ok("community", "GET", "/v1/sign-ups", params=query))["items"]
    return [(names[row["person_id"]], row) for row in rows]


async def only_these_know_plumbing(owner: Database, world: World, *who: str) -> None:
    async with owner.transaction(world.district_id) as session:
        for name in HELPING:
            skills = ["plumbing"] if name in who else []
            await session.execute(update(Person).where(Person.id == world.people[name]).values(skills=skills))


async def test_the_nearest_is_asked_then_the_next(world: World, app: FastAPI, owner: Database) -> None:
    await only_these_know_plumbing(owner, world, "member1", "member2", "member3")
    activity = await opened(world, days=2, **PLUMBERS)
    mine = await signed_up(world, "member1", activity, "helper")
    searching = await do(world, "member1", mine, "hand-over")
    assert (searching["state"], searching["search"]) == ("confirmed", "looking")
    ((first, row),) = await asked(world, activity)
    assert first in {"member2", "member3"}, "who knows plumbing, and not oneself"
    assert (row["replaces_id"], row["signed_up_by"]) == (mine["id"], None)
    assert row["answer_by"] < (now() + timedelta(hours=13)).isoformat(), (
        "a quarter of two days, so that others can be asked"
    )
    assert await status_of(world, "member1", mine, "hand-over") == 409, "one at a time"
    await do(world, first, row, "decline")
    ((second, row),) = await asked(world, activity)
    assert {first, second} == {"member2", "member3"}
    assert any("系统接着找" in text for text in await told(world, app, "member1"))
    assert any("代为参加" in text for text in await told(world, app, second))
    assert (await do(world, second, row, "accept"))["state"] == "confirmed"
    given = await again(world, mine)
    assert (given["state"], given["search"]) == ("substituted", None)
    assert await broken_histories(owner, world.district_id) == []


async def test_nobody_is_left_and_it_is_said(world: World, app: FastAPI, owner: Database) -> None:
    """Whoever cannot come keeps the place and learns it at once; the organizer is told; by name somebody may still be asked."""
    await only_these_know_plumbing(owner, world, "member1", "member2")
    activity = await opened(world, **PLUMBERS)
    mine = await signed_up(world, "member1", activity, "helper")
    await do(world, "member1", mine, "hand-over")
    ((who, row),) = await asked(world, activity)
    assert who == "member2"
    with activities.at(now() + timedelta(hours=25)):
        await clocks.tick(app.state.database, world.district_id, app.state.sealer)
        left = await again(world, mine)
        assert (left["state"], left["search"]) == ("confirmed", "nobody")
        assert (await again(world, row))["state"] == "expired"
        assert (await do(world, "member1", mine, "hand-over"))["search"] == "nobody", "nobody is asked twice"
        for told_so in ("member1", "community"):
            assert any("没有找到能代替的人" in text for text in await told(world, app, told_so)), told_so
        assert await asked(world, activity) == []
        cancelled = await do(world, "member1", mine, "cancel")
        assert cancelled["search"] is None
    assert await broken_histories(owner, world.district_id) == []


async def test_who_is_busy_or_does_not_wish_to_be_matched_is_not_asked(world: World, owner: Database) -> None:
    await only_these_know_plumbing(owner, world, "member1", "member2", "member3")
    activity = await opened(world, **PLUMBERS)
    elsewhere = await opened(world, **PLUMBERS)
    await signed_up(world, "member2", elsewhere, "helper")
    given = await consents.given(world, "member3", "matching")
    await world.ok("member3", "POST", f"/v1/consents/{given['id']}/withdraw", json={})
    mine = await signed_up(world, "member1", activity, "helper")
    assert (await do(world, "member1", mine, "hand-over"))["search"] == "nobody"


async def test_only_for_helpers_nobody_waits_for(world: World) -> None:
    activity = await opened(world)
    guest = await signed_up(world, "resident1", activity)
    assert await status_of(world, "resident1", guest, "hand-over") == 422
    mine = await signed_up(world, "member1", activity, "helper")
    await signed_up(world, "member2", activity, "helper")
    assert await status_of(world, "member1", mine, "hand-over") == 409, "who waits moves up when they cancel"
    with activities.at(activities.begins(activity) + timedelta(minutes=1)):
        assert await status_of(world, "member1", mine, "hand-over") == 409
