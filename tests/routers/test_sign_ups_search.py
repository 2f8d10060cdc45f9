"""Looking for somebody to come instead: not in quiet hours, not of people whose age cannot be judged, never beyond the start."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import CHINA, now
from app.core.crypto import SealBroken
from app.core.db import Database
from app.domain.quiet_hours import clock_of
from app.domain.sign_ups import LOOK_AGAIN_AFTER
from app.models import Person, SignUp
from app.services import people_seal, sign_ups_case
from app.workers import clocks
from tests import activities
from tests.activities import again, do, opened, signed_up, status_of
from tests.routers.test_dispatch_rules import POOL, made
from tests.routers.test_sign_ups_substitutes import PLUMBERS, asked, only_these_know_plumbing
from tests.worlds import World


async def searching(world: World, owner: Database, **more: Any) -> tuple[Any, Any]:
    """member1 cannot come; member2 and member3 could."""
    await only_these_know_plumbing(owner, world, "member1", "member2", "member3")
    activity = await opened(world, **PLUMBERS, **more)
    return activity, await signed_up(world, "member1", activity, "helper")


def quiet_since(moment: datetime) -> str:
    local = moment.astimezone(CHINA)
    return str(clock_of(local.hour * 60 + local.minute))


async def test_in_quiet_hours_nobody_is_asked_before_they_end(world: World, app: FastAPI, owner: Database) -> None:
    activity, mine = await searching(world, owner, days=2)
    hours = {"quiet_since": quiet_since(now()), "quiet_until": quiet_since(now() + timedelta(hours=3))}
    await made(world, POOL, category=None, **hours)
    waits = await do(world, "member1", mine, "hand-over")
    assert (waits["search"], await asked(world, activity)) == ("looking", [])
    with activities.at(now() + timedelta(hours=2)):
        await clocks.tick(app.state.database, world.district_id, app.state.sealer)
        assert await asked(world, activity) == []
    with activities.at(now() + timedelta(hours=3, minutes=1)):
        await clocks.tick(app.state.database, world.district_id, app.state.sealer)
        ((_, row),) = await asked(world, activity)
    until = datetime.fromisoformat(row["answer_by"])
    assert now() + timedelta(hours=13) < until < now() + timedelta(hours=16), "a quarter of what is left"


async def test_who_is_asked_in_the_evening_may_answer_in_the_morning(world: World, owner: Database) -> None:
    activity, mine = await searching(world, owner, days=0.5)
    hours = {
        "quiet_since": quiet_since(now() + timedelta(hours=1)),
        "quiet_until": quiet_since(now() + timedelta(hours=7)),
    }
    await made(world, POOL, category=None, **hours)
    await do(world, "member1", mine, "hand-over")
    ((_, row),) = await asked(world, activity)
    assert datetime.fromisoformat(row["answer_by"]) > now() + timedelta(hours=8), (
        "three hours, of which one is left today"
    )


async def test_with_no_waking_hour_before_the_start_it_is_said_at_once(world: World, owner: Database) -> None:
    _, mine = await searching(world, owner, days=0.1)
    hours = {"quiet_since": quiet_since(now()), "quiet_until": quiet_since(now() + timedelta(hours=3))}
    await made(world, POOL, category=None, **hours)
    assert (await do(world, "member1", mine, "hand-over"))["search"] == "nobody"


async def test_where_ages_cannot_be_read_the_search_waits_and_asks_nobody(
    world: World, app: FastAPI, owner: Database
) -> None:
    """Without the keys a clock cannot tell who is of age: it neither asks whoever is next, nor says that nobody is left."""
    activity, mine = await searching(world, owner)
    await do(world, "member1", mine, "hand-over")
    ((_, row),) = await asked(world, activity)
    with activities.at(datetime.fromisoformat(row["answer_by"]) + timedelta(minutes=1)):
        await clocks.tick(app.state.database, world.district_id)
        assert (await again(world, row))["state"] == "expired"
        assert ((await again(world, mine))["search"], await asked(world, activity)) == ("looking", [])
    later = datetime.fromisoformat(row["answer_by"]) + LOOK_AGAIN_AFTER + timedelta(minutes=2)
    with activities.at(later):
        await clocks.tick(app.state.database, world.district_id, app.state.sealer)
        ((who, _),) = await asked(world, activity)
    assert who in {"member2", "member3"}


async def test_a_key_that_is_not_there_is_said_plainly(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity, mine = await searching(world, owner)

    def broken(*_: Any) -> None:
        raise SealBroken("unknown key number")

    monkeypatch.setattr(sign_ups_case, "birth_date", broken)
    answer = await world.call("member1", "POST", f"/v1/sign-ups/{mine['id']}/hand-over", json={})
    assert (answer.status_code, answer.json()["detail"]) == (503, "目前读不出出生日期，无法核对年龄")
    assert ((await again(world, mine))["search"], await asked(world, activity)) == (None, [])


async def test_whoever_is_under_age_is_not_asked_by_the_clock(world: World, app: FastAPI, owner: Database) -> None:
    await only_these_know_plumbing(owner, world, "member1", "member2", "member3")
    activity = await opened(world, **PLUMBERS)
    mine = await signed_up(world, "member1", activity, "helper")
    await do(world, "member1", mine, "hand-over")
    ((first, row),) = await asked(world, activity)
    other = ({"member2", "member3"} - {first}).pop()
    async with owner.transaction(world.district_id) as session:
        person = await session.get_one(Person, (world.district_id, world.people[other]))
        people_seal.put(app.state.sealer, person, "birth_date", str(now().year - 16) + "-01-01")
    for sealer in (None, app.state.sealer):
        with activities.at(datetime.fromisoformat(row["answer_by"]) + timedelta(hours=0 if sealer is None else 1)):
            await clocks.tick(app.state.database, world.district_id, sealer)
            assert await asked(world, activity) == []
    assert (await again(world, mine))["search"] == "nobody"


async def test_an_activity_that_is_moved_earlier_takes_the_time_to_answer_along(world: World, owner: Database) -> None:
    activity, mine = await searching(world, owner)
    await do(world, "member1", mine, "hand-over", person_id=str(world.people["member2"]))
    ((_, row),) = await asked(world, activity)
    begins = now().replace(microsecond=0) + timedelta(hours=3)
    form = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=2)).isoformat()}
    etag = (await world.call("community", "GET", f"/v1/activities/{activity['id']}")).headers["etag"]
    moved = await world.call(
        "community", "PATCH", f"/v1/activities/{activity['id']}", json=form, headers={"if-match": etag}
    )
    assert moved.status_code == 200, moved.text
    assert datetime.fromisoformat((await again(world, row))["answer_by"]) == begins


async def test_once_it_has_started_nobody_stands_in_any_more(world: World, owner: Database) -> None:
    activity, mine = await searching(world, owner, days=0.5)
    await do(world, "member1", mine, "hand-over", person_id=str(world.people["member2"]))
    ((who, row),) = await asked(world, activity)
    async with owner.transaction(world.district_id) as session:
        late = activities.begins(activity) + timedelta(hours=1)
        await session.execute(update(SignUp).where(SignUp.id == UUID(row["id"])).values(answer_by=late))
    with activities.at(activities.begins(activity) + timedelta(minutes=1)):
        assert await status_of(world, who, row, "accept") == 409
    assert (await again(world, mine))["state"] == "confirmed"
